"""Blocks: the handles of the members whose Dwipps a member does not want to see.

Rows of the members table:

    pk = blocks#<id of the blocker>  handles, a set of strings

One row holds all blocks of a member, so that a page of a list costs only one more read. With 500 handles of 20
characters, the row has 10 KB. A block writes no row of the blocked member, so nothing that they can read depends on it.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from app.aws.errors import existing_item, was_sdk_retry
from app.aws.items import deserialize, serialize
from app.aws.retries import retry_on_conflict
from app.errors import TooManyBlocksError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MAX_BLOCKS = 500


class BlockRepository:
    """The repository of blocks, by blocker."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def list_recent(self, member_id: str) -> frozenset[str]:
        """Return the handles that a member blocks. The read is eventually consistent: a block may need a second."""
        return self._get(member_id, consistent=False) or frozenset()

    def list_current(self, member_id: str) -> list[str]:
        """Return the handles that a member blocks, in sorted order. The read is consistent."""
        return sorted(self._get(member_id, consistent=True) or ())

    def has_row(self, member_id: str) -> bool:
        """Return True if the member has a row, which may have no handle left."""
        return self._get(member_id, consistent=True) is not None

    def add(self, member: Member, handle: str) -> bool:
        """Block a member. Return False if the member is blocked already.

        Args:
            member: the blocker.
            handle: the handle of an existing member.

        Raises:
            TooManyBlocksError: if the blocker has the maximum number of blocks.
        """
        return retry_on_conflict(partial(self._add, member.id, handle), member.write_deadline)

    def remove(self, member: Member, handle: str) -> bool:
        """Unblock a member. Return False if the member is not blocked."""
        return retry_on_conflict(partial(self._remove, member.id, handle), member.write_deadline)

    def delete_all(self, member_id: str) -> None:
        """Delete the row of a blocker."""
        self._client.delete_item(TableName=self._table, Key=_key(member_id))

    def _add(self, member_id: str, handle: str) -> bool:
        # The condition bounds the row under concurrent writes too.
        condition = "attribute_not_exists(handles) OR (NOT contains(handles, :handle) AND size(handles) < :max)"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(member_id),
                UpdateExpression="ADD handles :handles",
                ConditionExpression=condition,
                ExpressionAttributeValues=serialize({":handles": {handle}, ":handle": handle, ":max": MAX_BLOCKS}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            if handle not in deserialize(existing_item(error))["handles"]:
                raise TooManyBlocksError from error
            return was_sdk_retry(error)  # The first attempt of the SDK may have blocked the member.
        return True

    def _remove(self, member_id: str, handle: str) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(member_id),
                UpdateExpression="DELETE handles :handles",
                ConditionExpression="contains(handles, :handle)",  # Without it, the update would create a row.
                ExpressionAttributeValues=serialize({":handles": {handle}, ":handle": handle}),
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return was_sdk_retry(error)  # The first attempt of the SDK may have unblocked the member.
        return True

    def _get(self, member_id: str, *, consistent: bool) -> frozenset[str] | None:
        """Return the handles in a row. None if there is no row."""
        response = self._client.get_item(TableName=self._table, Key=_key(member_id), ConsistentRead=consistent)
        return frozenset(deserialize(response["Item"]).get("handles", ())) if "Item" in response else None


def _key(member_id: str) -> Any:
    return serialize({"pk": f"blocks#{member_id}"})
