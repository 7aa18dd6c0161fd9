"""The Dwipps table: one item for each Dwipp, with its count of upvotes.

dwipp_id       the partition key, a UUIDv7; also the sort key of both indexes, so that lists are in order of time
author_handle  the partition key of the index `by_author`
feed_shard     the partition key of the sparse index `feed`; absent from a removed Dwipp
removed        `at`, `reason`, and `bulk_id` of a bulk removal, if moderators removed the Dwipp
text, version, upvotes, edited_at (after the first edit)
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from botocore.exceptions import ClientError

from app.aws.concurrency import gather
from app.aws.errors import CONDITION_FAILED, TRANSACTION_CONFLICT, error_code, existing_item, was_sdk_retry
from app.aws.items import batch_get, query, serialize
from app.aws.retries import WriteConflictError, retry_on_conflict
from app.aws.timestamps import now, to_text
from app.dwipps.ids import MAX_ID, MIN_ID, bound_above, bound_below, feed_shard, is_id, new_id
from app.dwipps.models import Dwipp, new_dwipp
from app.errors import DwippNotFoundError, EditConflictError, NotTheAuthorError, RemovedError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class _IdRange(NamedTuple):
    """The ids of a query, both ends included, and its direction."""

    lowest: str
    highest: str
    is_ascending: bool = False


class DwippRepository:
    """The repository of Dwipps. Every write carries its condition; none relies on a value that was read before."""

    def __init__(self, client: "DynamoDBClient", table: str, feed_shards: int) -> None:
        self._client = client
        self._table = table
        self._feed_shards = feed_shards

    def create(self, author: Member, text: str) -> Dwipp:
        """Write a new Dwipp, and return it.

        Raises:
            UnavailableError: if other writes interfere until the deadline.
        """
        return retry_on_conflict(partial(self._create, new_dwipp(new_id(), author, text)), author.write_deadline)

    def get(self, dwipp_id: str) -> Dwipp:
        """Return the current state of a Dwipp.

        Raises:
            DwippNotFoundError: if there is none, or if the id is malformed.
        """
        response = self._client.get_item(TableName=self._table, Key=to_key(dwipp_id), ConsistentRead=True)
        if "Item" not in response:
            raise DwippNotFoundError
        return Dwipp.from_item(response["Item"])

    def find(self, dwipp_id: str) -> Dwipp | None:
        """Return the current state of a Dwipp. None if there is none, or if the id is malformed."""
        try:
            return self.get(dwipp_id)
        except DwippNotFoundError:
            return None

    def edit(self, member: Member, dwipp_id: str, text: str, version: int | None) -> tuple[Dwipp, bool]:
        """Replace the text of a Dwipp, and raise its version. An edit to the same text changes nothing.

        Return the Dwipp, and whether it changed. After a retry of the SDK, the change may come from its first attempt.

        Args:
            member: the editor.
            dwipp_id: the Dwipp.
            text: the new text.
            version: the version that the Dwipp must have, None for any.

        Raises:
            DwippNotFoundError: if there is no such Dwipp, or if another member wrote it and it was removed.
            NotTheAuthorError: if another member wrote it.
            RemovedError: if it was removed.
            EditConflictError: if it has another version.
            UnavailableError: if other writes interfere until the deadline, or if the outcome is unknown.
        """
        attempt = partial(self._edit, to_key(dwipp_id), member.handle, text, version)
        return retry_on_conflict(attempt, member.write_deadline, repeatable=version is None)

    def delete(self, member: Member, dwipp_id: str) -> None:
        """Delete a Dwipp, which may be a removed one.

        Raises:
            DwippNotFoundError: if there is no such Dwipp, or if another member wrote it and it was removed.
            NotTheAuthorError: if another member wrote it.
            UnavailableError: if other writes interfere until the deadline, or if the outcome is unknown.
        """
        attempt = partial(self._delete, to_key(dwipp_id), member.handle)
        retry_on_conflict(attempt, member.write_deadline, repeatable=False)

    def list_recent(self, limit: int, before: str | None, lowest: str = MIN_ID) -> list[Dwipp]:
        """Return everybody's Dwipps with ids below `before` and not below `lowest`, newest first."""
        return self._list_feed(limit, _IdRange(lowest, bound_below(before) if before else MAX_ID))

    def list_oldest(self, limit: int, after: str | None) -> list[Dwipp]:
        """Return everybody's Dwipps with ids above `after`, oldest first."""
        return self._list_feed(limit, _IdRange(bound_above(after) if after else MIN_ID, MAX_ID, is_ascending=True))

    def list_by_author(self, author_handle: str, limit: int, before: str | None) -> list[Dwipp]:
        """Return one author's Dwipps with ids below `before`, newest first."""
        ids = _IdRange(MIN_ID, bound_below(before) if before else MAX_ID)
        return self._query_index("by_author", "author_handle", author_handle, limit, ids)

    def get_many(self, dwipp_ids: Sequence[str]) -> dict[str, Dwipp]:
        """Return the existing ones of these Dwipps by id, eventually consistent."""
        keys = [to_key(dwipp_id) for dwipp_id in dict.fromkeys(dwipp_ids)]  # DynamoDB refuses a repeated key.
        items = batch_get(self._client, self._table, keys)
        return {dwipp.id: dwipp for dwipp in map(Dwipp.from_item, items)}

    def put_request(self, dwipp: Dwipp) -> Any:
        """Return the put of a new Dwipp, for a call of its own or for a transaction."""
        item = {
            "dwipp_id": dwipp.id,
            "author_handle": dwipp.author_handle,
            "feed_shard": feed_shard(dwipp.id, self._feed_shards),
            "text": dwipp.text,
            "version": dwipp.version,
            "upvotes": dwipp.upvotes,
        }
        return {
            "TableName": self._table,
            "Item": serialize(item),
            "ConditionExpression": "attribute_not_exists(dwipp_id)",
        }

    def visibility_check(self, dwipp_id: str) -> Any:
        """Return the condition that a Dwipp exists and is not removed, for a transaction.

        Raises:
            DwippNotFoundError: if the id is malformed.
        """
        return {
            "TableName": self._table,
            "Key": to_key(dwipp_id),
            "ConditionExpression": "attribute_exists(dwipp_id) AND attribute_not_exists(removed)",
        }

    def _create(self, dwipp: Dwipp) -> Dwipp:
        try:
            self._client.put_item(**self.put_request(dwipp))
        except ClientError as error:
            # If the SDK retried, its first attempt may have written the item. Upvotes may have changed it, so it stays.
            if error_code(error) != CONDITION_FAILED or not was_sdk_retry(error):
                raise
        return dwipp

    def _edit(self, key: Any, author_handle: str, text: str, version: int | None) -> tuple[Dwipp, bool]:
        condition = "author_handle = :author AND #text <> :text AND attribute_not_exists(removed)"
        version_condition = " AND version = :version" if version is not None else ""
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET #text = :text, edited_at = :now ADD version :one",
                ConditionExpression=condition + version_condition,
                ExpressionAttributeNames={"#text": "text"},
                ExpressionAttributeValues=serialize(
                    {":text": text, ":now": to_text(now()), ":one": 1, ":author": author_handle, ":version": version}
                ),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            _raise_unless_condition_failed(error)
            dwipp = _check_author(error, author_handle)
            # If the SDK retried, its first attempt may have made this edit.
            may_be_own_effect = was_sdk_retry(error) and dwipp.text == text and version in (None, dwipp.version - 1)
            if dwipp.removed and not may_be_own_effect:
                raise RemovedError from error
            if version not in (None, dwipp.version) and not may_be_own_effect:
                raise EditConflictError from error
            return dwipp, may_be_own_effect
        return Dwipp.from_item(response["Attributes"]), True

    def _delete(self, key: Any, author_handle: str) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=key,
                ConditionExpression="author_handle = :author",
                ExpressionAttributeValues=serialize({":author": author_handle}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            _raise_unless_condition_failed(error)
            # If the SDK retried, its first attempt may have deleted the item.
            if was_sdk_retry(error) and existing_item(error) is None:
                return
            _check_author(error, author_handle)

    def _list_feed(self, limit: int, ids: _IdRange) -> list[Dwipp]:
        """Return the Dwipps of a range from the feed's partitions, merged by id."""
        shards = gather(
            partial(self._query_index, "feed", "feed_shard", shard, limit, ids) for shard in range(self._feed_shards)
        )
        dwipps = (dwipp for shard in shards for dwipp in shard)
        return sorted(dwipps, key=lambda dwipp: dwipp.id, reverse=not ids.is_ascending)[:limit]

    def _query_index(
        self, index: Literal["feed", "by_author"], key: str, value: str | int, limit: int, ids: _IdRange
    ) -> list[Dwipp]:
        if ids.lowest > ids.highest:
            return []  # DynamoDB refuses an empty range.
        items = query(
            self._client,
            limit,
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=f"{key} = :key AND dwipp_id BETWEEN :lowest AND :highest",
            ExpressionAttributeValues=serialize({":key": value, ":lowest": ids.lowest, ":highest": ids.highest}),
            ScanIndexForward=ids.is_ascending,
        )
        return [Dwipp.from_item(item) for item in items]


def to_key(dwipp_id: str) -> Any:
    """Return the key of a Dwipp.

    Raises:
        DwippNotFoundError: if the id is malformed.
    """
    if not is_id(dwipp_id):
        raise DwippNotFoundError
    return serialize({"dwipp_id": dwipp_id})


def _raise_unless_condition_failed(error: ClientError) -> None:
    if error_code(error) == TRANSACTION_CONFLICT:
        raise WriteConflictError from error
    if error_code(error) != CONDITION_FAILED:
        raise error


def _check_author(error: ClientError, author_handle: str) -> Dwipp:
    """Return the Dwipp whose write failed its condition.

    Raises:
        DwippNotFoundError: if there is no such Dwipp, or if another member wrote it and it was removed.
        NotTheAuthorError: if another member wrote it.
    """
    item = existing_item(error)
    if item is None:
        raise DwippNotFoundError from error
    dwipp = Dwipp.from_item(item)
    if dwipp.author_handle != author_handle:
        raise (DwippNotFoundError() if dwipp.removed else NotTheAuthorError(dwipp.author_handle)) from error
    return dwipp
