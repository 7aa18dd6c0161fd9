"""The table of reactions: one row per member and Dwipp; knows neither the text of a Dwipp nor HTTP.

    member_id     the key
    dwipp_id      its sort key, so that a page of the feed meets one range of the member's rows
    upvoted_at    if upvoted
    favorited_at  if a favorite; sort key of the sparse index `favorites`

A row with neither is removed. The count of upvotes stands in the Dwipp and equals the rows, because both are written
in one transaction or not at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

from botocore.exceptions import ClientError

from app.aws.clients import CONDITION_FAILED, CONFLICT, error_code, refused_item, was_retried
from app.aws.items import batch_get, from_item, to_item
from app.aws.retries import ContendedError, conditions_held, until_settled
from app.aws.timestamps import from_text, now, to_text
from app.dwipps.ids import is_id
from app.errors import DwippNotFoundError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Rows of the member's that are read for a page, beyond one for each of its Dwipps. With a page of 20 that makes 24,
# which are below 4 KB: half a read unit.
_SPARE_ROWS = 4

_Attribute = Literal["upvoted_at", "favorited_at"]

# What a member wants of a reaction: given whether it is there, whether it should be.
Wish = Callable[[bool], bool]


def toggled(there: bool) -> bool:
    """Set what is not there, clear what is."""
    return not there


def present(there: bool) -> bool:  # noqa: ARG001 -- a wish is told what is there, and this one does not care
    """Set it, whatever it was."""
    return True


def absent(there: bool) -> bool:  # noqa: ARG001 -- the same
    """Clear it, whatever it was."""
    return False


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one member thinks of one Dwipp, and since when."""

    upvoted_at: datetime | None = None
    favorited_at: datetime | None = None

    @classmethod
    def of(cls, item: Any) -> Self:
        """The reaction that a row holds."""
        values = from_item(item)
        upvoted_at, favorited_at = values.get("upvoted_at"), values.get("favorited_at")
        return cls(
            upvoted_at=from_text(upvoted_at) if upvoted_at else None,
            favorited_at=from_text(favorited_at) if favorited_at else None,
        )


@dataclass(frozen=True, slots=True)
class Favorite:
    """A row of the favorites list: a place in it, and the reaction."""

    dwipp_id: str
    favorited_at: str
    reaction: Reaction

    @classmethod
    def of(cls, item: Any) -> Self:
        """The favorite that an item of the index holds."""
        values = from_item(item)
        return cls(values["dwipp_id"], values["favorited_at"], Reaction.of(item))


class ReactionRepository:
    """Reads and writes reactions, and with an upvote the Dwipp's count."""

    def __init__(self, client: "DynamoDBClient", table: str, dwipps_table: str) -> None:
        self._client = client
        self._table = table
        self._dwipps_table = dwipps_table

    def get(self, member_id: str, dwipp_id: str) -> Reaction:
        """The member's reaction to one Dwipp as it is now."""
        answer = self._client.get_item(TableName=self._table, Key=_key(member_id, dwipp_id), ConsistentRead=True)
        return Reaction.of(answer.get("Item", {}))

    def get_many(self, member_id: str, dwipp_ids: Sequence[str]) -> dict[str, Reaction]:
        """The member's reactions to the Dwipps of a page, by their ids.

        One range query between the oldest and the newest; what lies beyond its limit is looked up by key.
        """
        if not dwipp_ids:
            return {}
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="member_id = :member AND dwipp_id BETWEEN :oldest AND :newest",
            ExpressionAttributeValues=to_item(
                {":member": member_id, ":oldest": min(dwipp_ids), ":newest": max(dwipp_ids)}
            ),
            Limit=len(dwipp_ids) + _SPARE_ROWS,
        )
        rows: list[Any] = list(answer["Items"])
        if "LastEvaluatedKey" in answer:
            reached = from_item(answer["LastEvaluatedKey"])["dwipp_id"]
            beyond = [_key(member_id, dwipp_id) for dwipp_id in dwipp_ids if dwipp_id > reached]
            rows += batch_get(self._client, self._table, beyond)
        return {from_item(row)["dwipp_id"]: Reaction.of(row) for row in rows}

    def favorites(self, member_id: str, limit: int, after: tuple[str, str] | None) -> list[Favorite]:
        """The member's favorites, the latest first, those behind the given `favorited_at` and Dwipp."""
        start: Any = {}
        if after:
            key = to_item({"favorited_at": after[0]}) | _key(member_id, after[1])
            start = {"ExclusiveStartKey": key}
        answer = self._client.query(
            TableName=self._table,
            IndexName="favorites",
            KeyConditionExpression="member_id = :member",
            ExpressionAttributeValues=to_item({":member": member_id}),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [Favorite.of(item) for item in answer["Items"]]

    def rows(self, member_id: str, limit: int, after: str) -> list[tuple[str, Reaction]]:
        """The member's reactions with their Dwipps' ids, by id, those above `after`; as they are now."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="member_id = :member AND dwipp_id > :after",
            ExpressionAttributeValues=to_item({":member": member_id, ":after": after}),
            ConsistentRead=True,
            Limit=limit,
        )
        return [(from_item(item)["dwipp_id"], Reaction.of(item)) for item in answer["Items"]]

    def withdraw(self, member: Member, dwipp_id: str) -> None:
        """Remove a reaction, whatever it is, and take an upvote off the Dwipp's count, if there still is one."""
        try:
            self.upvote(member, dwipp_id, absent)
            self.favorite(member, dwipp_id, absent)
        except DwippNotFoundError:
            until_settled(partial(self._remove, member.id, dwipp_id), member.write_by)

    def upvote(self, member: Member, dwipp_id: str, wish: Wish) -> Reaction:
        """Bring the member's upvote, and with it the Dwipp's count, to what is wished.

        Raises:
            DwippNotFoundError: if the Dwipp is gone.
            UnavailableError: if too many write to the same Dwipp at this moment.
        """
        attempt = partial(self._upvote, member.id, dwipp_id, wish)
        return until_settled(attempt, member.write_by, repeatable=wish is not toggled)

    def favorite(self, member: Member, dwipp_id: str, wish: Wish) -> Reaction:
        """Bring the member's favorite to what is wished; one that is there keeps its place.

        Raises:
            UnavailableError: if the same member changes it again and again at this moment.
        """
        attempt = partial(self._favorite, member.id, dwipp_id, wish)
        return until_settled(attempt, member.write_by, repeatable=wish is not toggled)

    def _remove(self, member_id: str, dwipp_id: str) -> None:
        try:
            self._client.delete_item(TableName=self._table, Key=_key(member_id, dwipp_id))
        except ClientError as error:
            if error_code(error) == CONFLICT:
                raise ContendedError from error
            raise

    def _upvote(self, member_id: str, dwipp_id: str, wish: Wish) -> Reaction:
        seen = self.get(member_id, dwipp_id)
        if wish(seen.upvoted_at is not None) == (seen.upvoted_at is not None):
            return seen
        after = replace(seen, upvoted_at=None if seen.upvoted_at else now())
        count: Any = {
            "TableName": self._dwipps_table,
            "Key": to_item({"dwipp_id": dwipp_id}),
            "UpdateExpression": "ADD upvotes :by",
            "ConditionExpression": "attribute_exists(dwipp_id)",
            "ExpressionAttributeValues": to_item({":by": 1 if after.upvoted_at else -1}),
        }
        row = self._row(member_id, dwipp_id, "upvoted_at", after)
        try:
            # boto3 adds a ClientRequestToken, by which DynamoDB knows a retry of the SDK for ten minutes.
            self._client.transact_write_items(TransactItems=[row, {"Update": count}])
        except self._client.exceptions.TransactionCanceledException as error:
            _, dwipp_exists = conditions_held(error)
            raise (ContendedError if dwipp_exists else DwippNotFoundError) from error
        return after

    def _favorite(self, member_id: str, dwipp_id: str, wish: Wish) -> Reaction:
        seen = self.get(member_id, dwipp_id)
        if wish(seen.favorited_at is not None) == (seen.favorited_at is not None):
            return seen
        after = replace(seen, favorited_at=None if seen.favorited_at else now())
        row = self._row(member_id, dwipp_id, "favorited_at", after)
        try:
            if "Delete" in row:
                self._client.delete_item(**row["Delete"])
            else:
                self._client.update_item(**row["Update"])
        except ClientError as error:
            if error_code(error) not in (CONDITION_FAILED, CONFLICT):
                raise
            # A retry of the SDK meets what its first try wrote.
            retried = error_code(error) == CONDITION_FAILED and was_retried(error)
            if not retried or Reaction.of(refused_item(error) or {}).favorited_at != after.favorited_at:
                raise ContendedError from error
        return after

    def _row(self, member_id: str, dwipp_id: str, attribute: _Attribute, after: Reaction) -> Any:
        """The write that brings one attribute of a row to what comes after, if nobody has changed it since."""
        write: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(member_id, dwipp_id),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if moment := getattr(after, attribute):
            write["UpdateExpression"] = f"SET {attribute} = :now"
            write["ConditionExpression"] = f"attribute_not_exists({attribute})"
            write["ExpressionAttributeValues"] = to_item({":now": to_text(moment)})
            return {"Update": write}
        other = "favorited_at" if attribute == "upvoted_at" else "upvoted_at"
        if after == Reaction():
            write["ConditionExpression"] = f"attribute_exists({attribute}) AND attribute_not_exists({other})"
            return {"Delete": write}
        write["UpdateExpression"] = f"REMOVE {attribute}"
        write["ConditionExpression"] = f"attribute_exists({attribute}) AND attribute_exists({other})"
        return {"Update": write}


def _key(member_id: str, dwipp_id: str) -> Any:
    if not is_id(dwipp_id):
        raise DwippNotFoundError
    return to_item({"member_id": member_id, "dwipp_id": dwipp_id})
