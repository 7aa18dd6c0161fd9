"""The reactions table: one row for each pair of a member and a Dwipp with a reaction.

member_id     the partition key
dwipp_id      the sort key, so that the reactions to a page of the feed are one range
upvoted_at    the time of the upvote; absent without one
favorited_at  the time of the favorite; absent without one; the sort key of the sparse index `favorites`

A row with neither time is deleted. The Dwipp holds its count of upvotes. The count equals the number of rows with
`upvoted_at`, because one transaction writes both.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from app.aws.errors import CONDITION_FAILED, TRANSACTION_CONFLICT, error_code, existing_item, was_sdk_retry
from app.aws.items import batch_get, deserialize, query, serialize
from app.aws.retries import WriteConflictError, condition_results, retry_on_conflict
from app.aws.timestamps import now, to_text
from app.dwipps.ids import is_id
from app.dwipps.models import Favorite, Reaction
from app.errors import DwippNotFoundError, RemovedError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Extra rows that the range query may read, for reactions to Dwipps between those of the page. A page of 20 reads at
# most 24 rows. They are below 4 KB and cost half a read unit.
_SPARE_ROWS = 4

_Attribute = Literal["upvoted_at", "favorited_at"]
_OTHER_ATTRIBUTE: dict[_Attribute, _Attribute] = {"upvoted_at": "favorited_at", "favorited_at": "upvoted_at"}


class Change(Enum):
    """A change to an upvote or a favorite. All but TOGGLE are idempotent."""

    TOGGLE = "toggle"
    SET = "set"
    CLEAR = "clear"

    def apply(self, *, is_present: bool) -> bool:
        """Return whether the reaction is present after the change."""
        return not is_present if self is Change.TOGGLE else self is Change.SET


class ReactionRepository:
    """The repository of reactions. It also updates the count of upvotes in the Dwipp."""

    def __init__(self, client: "DynamoDBClient", table: str, dwipps_table: str) -> None:
        self._client = client
        self._table = table
        self._dwipps_table = dwipps_table

    def get(self, member_id: str, dwipp_id: str) -> Reaction:
        """Return the member's current reaction to a Dwipp.

        Raises:
            DwippNotFoundError: if the id is malformed.
        """
        response = self._client.get_item(TableName=self._table, Key=_key(member_id, dwipp_id), ConsistentRead=True)
        return Reaction.from_item(response.get("Item", {}))

    def get_many(self, member_id: str, dwipp_ids: Sequence[str]) -> dict[str, Reaction]:
        """Return the member's reactions to the Dwipps of a page, as a dict from Dwipp id to reaction.

        One query reads the range between the oldest and the newest, so the dict may contain other Dwipps too. Dwipps
        beyond the limit of the query are read by key.
        """
        if not dwipp_ids:
            return {}
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="member_id = :member AND dwipp_id BETWEEN :oldest AND :newest",
            ExpressionAttributeValues=serialize(
                {":member": member_id, ":oldest": min(dwipp_ids), ":newest": max(dwipp_ids)}
            ),
            Limit=len(dwipp_ids) + _SPARE_ROWS,
        )
        rows: list[Any] = list(response["Items"])
        if "LastEvaluatedKey" in response:
            last = deserialize(response["LastEvaluatedKey"])["dwipp_id"]
            rest = [_key(member_id, dwipp_id) for dwipp_id in dwipp_ids if dwipp_id > last]
            rows += batch_get(self._client, self._table, rest)
        return {deserialize(row)["dwipp_id"]: Reaction.from_item(row) for row in rows}

    def list_favorites(self, member_id: str, limit: int, after: tuple[str, str] | None) -> list[Favorite]:
        """Return the member's favorites, latest first.

        Args:
            member_id: the member.
            limit: the maximum number of favorites.
            after: the position (`favorited_at`, Dwipp id) of the last favorite of the previous page. None for the first
                page.
        """
        start: Any = {}
        if after:
            key = serialize({"favorited_at": after[0]}) | _key(member_id, after[1])
            start = {"ExclusiveStartKey": key}
        items = query(
            self._client,
            limit,
            TableName=self._table,
            IndexName="favorites",
            KeyConditionExpression="member_id = :member",
            ExpressionAttributeValues=serialize({":member": member_id}),
            ScanIndexForward=False,
            **start,
        )
        return [Favorite.from_item(item) for item in items]

    def list_by_dwipp_id(self, member_id: str, limit: int, after: str) -> list[tuple[str, Reaction]]:
        """Return at most `limit` current reactions with ids above `after`, as pairs of id and reaction, by id."""
        items = query(
            self._client,
            limit,
            TableName=self._table,
            KeyConditionExpression="member_id = :member AND dwipp_id > :after",
            ExpressionAttributeValues=serialize({":member": member_id, ":after": after}),
            ConsistentRead=True,
        )
        return [(deserialize(item)["dwipp_id"], Reaction.from_item(item)) for item in items]

    def list_by_newest_dwipp(self, member_id: str, limit: int, before: str | None) -> list[tuple[str, Reaction]]:
        """Return at most `limit` reactions with ids below `before`, as pairs of id and reaction, newest Dwipp first.

        The read is eventually consistent, for half the cost.
        """
        items = query(
            self._client,
            limit,
            TableName=self._table,
            KeyConditionExpression="member_id = :member" + (" AND dwipp_id < :before" if before else ""),
            ExpressionAttributeValues=serialize({":member": member_id, ":before": before}),
            ScanIndexForward=False,
        )
        return [(deserialize(item)["dwipp_id"], Reaction.from_item(item)) for item in items]

    def change_upvote(self, member: Member, dwipp_id: str, change: Change) -> tuple[Reaction, bool]:
        """Change the member's upvote, and with it the Dwipp's count. The upvote of a removed Dwipp can only be cleared.

        Return the resulting reaction, and whether the upvote changed.

        Raises:
            DwippNotFoundError: if there is no such Dwipp, or if the id is malformed.
            RemovedError: if the Dwipp was removed. If nothing has to change, the Dwipp is not read.
            UnavailableError: if other writes interfere until the deadline, or if the outcome of a toggle is unknown.
        """
        attempt = partial(self._upvote, member.id, dwipp_id, change)
        return retry_on_conflict(attempt, member.write_deadline, repeatable=change is not Change.TOGGLE)

    def change_favorite(self, member: Member, dwipp_id: str, change: Change) -> tuple[Reaction, bool]:
        """Change the member's favorite. SET leaves an existing favorite unchanged.

        Return the resulting reaction, and whether the favorite changed.

        Raises:
            DwippNotFoundError: if the id is malformed. The Dwipp itself is not read.
            UnavailableError: if writes by the same member interfere until the deadline, or if the outcome of a toggle
                is unknown.
        """
        attempt = partial(self._favorite, member.id, dwipp_id, change)
        return retry_on_conflict(attempt, member.write_deadline, repeatable=change is not Change.TOGGLE)

    def clear(self, member: Member, dwipp_id: str) -> bool:
        """Clear the upvote and the favorite. If the Dwipp no longer exists, delete only the row.

        Return True if there was a reaction.
        """
        try:
            _, had_upvote = self.change_upvote(member, dwipp_id, Change.CLEAR)
            _, had_favorite = self.change_favorite(member, dwipp_id, Change.CLEAR)
        except DwippNotFoundError:
            return retry_on_conflict(partial(self._delete_orphaned_row, member.id, dwipp_id), member.write_deadline)
        return had_upvote or had_favorite

    def _upvote(self, member_id: str, dwipp_id: str, change: Change) -> tuple[Reaction, bool]:
        before = self.get(member_id, dwipp_id)
        is_present = before.upvoted_at is not None
        if change.apply(is_present=is_present) == is_present:
            return before, False
        after = before._replace(upvoted_at=None if is_present else now())
        row = self._row_request(member_id, dwipp_id, "upvoted_at", after)
        try:
            # boto3 sends a ClientRequestToken, so DynamoDB recognises a retry of the SDK for ten minutes:
            # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
            self._client.transact_write_items(
                TransactItems=[row, self._count_request(dwipp_id, -1 if is_present else 1, change)]
            )
        except self._client.exceptions.TransactionCanceledException as error:
            _, can_count = condition_results(error)
            if can_count:
                raise WriteConflictError from error
            is_removed = "Item" in error.response["CancellationReasons"][1]
            raise (RemovedError if is_removed else DwippNotFoundError) from error
        return after, True

    def _favorite(self, member_id: str, dwipp_id: str, change: Change) -> tuple[Reaction, bool]:
        before = self.get(member_id, dwipp_id)
        is_present = before.favorited_at is not None
        if change.apply(is_present=is_present) == is_present:
            return before, False
        after = before._replace(favorited_at=None if is_present else now())
        row = self._row_request(member_id, dwipp_id, "favorited_at", after)
        try:
            if "Delete" in row:
                self._client.delete_item(**row["Delete"])
            else:
                self._client.update_item(**row["Update"])
        except ClientError as error:
            if error_code(error) not in (CONDITION_FAILED, TRANSACTION_CONFLICT):
                raise
            # If the SDK retried, its first attempt may have written the row. The row has our time then.
            is_retry = error_code(error) == CONDITION_FAILED and was_sdk_retry(error)
            if not is_retry or Reaction.from_item(existing_item(error) or {}).favorited_at != after.favorited_at:
                raise WriteConflictError from error
        return after, True

    def _delete_orphaned_row(self, member_id: str, dwipp_id: str) -> bool:
        try:
            response = self._client.delete_item(
                TableName=self._table, Key=_key(member_id, dwipp_id), ReturnValues="ALL_OLD"
            )
        except ClientError as error:
            if error_code(error) == TRANSACTION_CONFLICT:
                raise WriteConflictError from error
            raise
        return "Attributes" in response

    def _count_request(self, dwipp_id: str, delta: int, change: Change) -> Any:
        removed_condition = "" if change is Change.CLEAR else " AND attribute_not_exists(removed)"
        update = {
            "TableName": self._dwipps_table,
            "Key": serialize({"dwipp_id": dwipp_id}),
            "UpdateExpression": "ADD upvotes :delta",
            "ConditionExpression": "attribute_exists(dwipp_id)" + removed_condition,
            "ExpressionAttributeValues": serialize({":delta": delta}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return {"Update": update}

    def _row_request(self, member_id: str, dwipp_id: str, attribute: _Attribute, after: Reaction) -> Any:
        """Return the request that changes one attribute of a row, unless another write changed it."""
        if moment := getattr(after, attribute):
            return {"Update": self._set_request(member_id, dwipp_id, attribute, moment)}
        if after == Reaction():
            return {"Delete": self._delete_row_request(member_id, dwipp_id, attribute)}
        return {"Update": self._remove_request(member_id, dwipp_id, attribute)}

    def _set_request(self, member_id: str, dwipp_id: str, attribute: _Attribute, moment: datetime) -> Any:
        return self._row_parameters(member_id, dwipp_id) | {
            "UpdateExpression": f"SET {attribute} = :now",
            "ConditionExpression": f"attribute_not_exists({attribute})",
            "ExpressionAttributeValues": serialize({":now": to_text(moment)}),
        }

    def _remove_request(self, member_id: str, dwipp_id: str, attribute: _Attribute) -> Any:
        return self._row_parameters(member_id, dwipp_id) | {
            "UpdateExpression": f"REMOVE {attribute}",
            "ConditionExpression": f"attribute_exists({attribute}) AND attribute_exists({_OTHER_ATTRIBUTE[attribute]})",
        }

    def _delete_row_request(self, member_id: str, dwipp_id: str, attribute: _Attribute) -> Any:
        other = _OTHER_ATTRIBUTE[attribute]
        return self._row_parameters(member_id, dwipp_id) | {
            "ConditionExpression": f"attribute_exists({attribute}) AND attribute_not_exists({other})",
        }

    def _row_parameters(self, member_id: str, dwipp_id: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": _key(member_id, dwipp_id),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _key(member_id: str, dwipp_id: str) -> Any:
    if not is_id(dwipp_id):
        raise DwippNotFoundError
    return serialize({"member_id": member_id, "dwipp_id": dwipp_id})
