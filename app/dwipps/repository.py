"""The table of Dwipps: one item each, with its count of upvotes; knows neither who reads nor HTTP.

dwipp_id       UUIDv7, the key; also the sort key of both indexes, so that lists come in order of time
author_handle  key of the index `by_author`
feed_shard     key of the index `feed`
text, version, upvotes, edited_at (only if edited)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

from botocore.exceptions import ClientError

from app.aws.clients import CONDITION_FAILED, CONFLICT, all_at_once, error_code, refused_item, was_retried
from app.aws.items import batch_get, from_item, to_item
from app.aws.retries import ContendedError, until_settled
from app.aws.timestamps import from_text, now, to_text
from app.dwipps.ids import is_id, new_id, shard_of, time_of
from app.errors import DwippNotFoundError, EditConflictError, NotTheAuthorError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Dwipp:
    """A Dwipp as everybody may know it."""

    id: str
    text: str
    author_handle: str
    version: int
    upvotes: int
    edited_at: datetime | None

    @classmethod
    def of(cls, item: Any) -> Self:
        """The Dwipp that an item of the table, or of one of its indexes, holds."""
        values = from_item(item)
        edited_at = values.get("edited_at")
        return cls(
            id=values["dwipp_id"],
            text=values["text"],
            author_handle=values["author_handle"],
            version=int(values["version"]),
            upvotes=int(values["upvotes"]),
            edited_at=from_text(edited_at) if edited_at else None,
        )

    @property
    def created_at(self) -> datetime:
        """The time that is in the id."""
        return time_of(self.id)


class DwippRepository:
    """Reads and writes Dwipps.

    Every write carries its condition, so that nothing is decided on what was read before.
    """

    def __init__(self, client: "DynamoDBClient", table: str, feed_shards: int) -> None:
        self._client = client
        self._table = table
        self._feed_shards = feed_shards

    def create(self, author: Member, text: str) -> Dwipp:
        """Write a new Dwipp."""
        return until_settled(partial(self._create, draft(new_id(), author, text)), author.write_by)

    def get(self, dwipp_id: str) -> Dwipp:
        """The Dwipp as it is now.

        Raises:
            DwippNotFoundError: also for what is no id at all.
        """
        answer = self._client.get_item(TableName=self._table, Key=_key(dwipp_id), ConsistentRead=True)
        if "Item" not in answer:
            raise DwippNotFoundError
        return Dwipp.of(answer["Item"])

    def edit(self, member: Member, dwipp_id: str, text: str, version: int | None) -> Dwipp:
        """Give a Dwipp another text, and raise its version; the text that it has already changes nothing.

        So a repeated edit is one edit.

        Args:
            member: who edits.
            dwipp_id: what is edited.
            text: that it should have.
            version: that it has to have; None for any.

        Raises:
            DwippNotFoundError: if there is none.
            NotTheAuthorError: if somebody else wrote it.
            EditConflictError: if it has another version.
            UnavailableError: if too many upvote it at this moment.
        """
        attempt = partial(self._edit, _key(dwipp_id), member.handle, text, version)
        return until_settled(attempt, member.write_by, repeatable=version is None)

    def delete(self, member: Member, dwipp_id: str) -> None:
        """Remove a Dwipp.

        Raises:
            DwippNotFoundError: if there is none.
            NotTheAuthorError: if somebody else wrote it.
            UnavailableError: if too many upvote it at this moment.
        """
        until_settled(partial(self._delete, _key(dwipp_id), member.handle), member.write_by, repeatable=False)

    def newest(self, limit: int, before: str | None) -> list[Dwipp]:
        """Everybody's Dwipps, newest first, those with ids below `before`: the feed's partitions, merged by id."""
        shards = all_at_once(
            partial(self._index, "feed", "feed_shard", shard, limit, before) for shard in range(self._feed_shards)
        )
        merged = sorted((dwipp for shard in shards for dwipp in shard), key=lambda dwipp: dwipp.id, reverse=True)
        return merged[:limit]

    def newest_of(self, author_handle: str, limit: int, before: str | None) -> list[Dwipp]:
        """One author's Dwipps, newest first, those with ids below `before`."""
        return self._index("by_author", "author_handle", author_handle, limit, before)

    def get_many(self, dwipp_ids: Sequence[str]) -> dict[str, Dwipp]:
        """Those of the Dwipps that there are, by id, as they were a moment ago at most."""
        keys = [_key(dwipp_id) for dwipp_id in dict.fromkeys(dwipp_ids)]  # DynamoDB refuses a key twice.
        found = batch_get(self._client, self._table, keys)
        return {dwipp.id: dwipp for dwipp in map(Dwipp.of, found)}

    def _create(self, dwipp: Dwipp) -> Dwipp:
        try:
            self._client.put_item(**self.new_item(dwipp))
        except ClientError as error:
            # A retry of the SDK meets what its first try wrote; upvotes may have come since, so it must not overwrite.
            if error_code(error) != CONDITION_FAILED or not was_retried(error):
                raise
        return dwipp

    def _edit(self, key: Any, author_handle: str, text: str, version: int | None) -> Dwipp:
        same_version = " AND version = :version" if version is not None else ""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET #text = :text, edited_at = :now ADD version :one",
                ConditionExpression="author_handle = :author AND #text <> :text" + same_version,
                ExpressionAttributeNames={"#text": "text"},
                ExpressionAttributeValues=to_item(
                    {":text": text, ":now": to_text(now()), ":one": 1, ":author": author_handle, ":version": version}
                ),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            dwipp = _own(error, author_handle)
            # A retry of the SDK meets what its first try wrote.
            own_effect = was_retried(error) and (dwipp.text, dwipp.version - 1) == (text, version)
            if version not in (None, dwipp.version) and not own_effect:
                raise EditConflictError from error
            return dwipp
        return Dwipp.of(answer["Attributes"])

    def _delete(self, key: Any, author_handle: str) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=key,
                ConditionExpression="author_handle = :author",
                ExpressionAttributeValues=to_item({":author": author_handle}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            # A retry of the SDK finds nothing where its first try deleted.
            if error_code(error) == CONDITION_FAILED and was_retried(error) and refused_item(error) is None:
                return
            _own(error, author_handle)

    def new_item(self, dwipp: Dwipp) -> Any:
        """The put that writes a new Dwipp, alone or in a transaction."""
        item = {
            "dwipp_id": dwipp.id,
            "author_handle": dwipp.author_handle,
            "feed_shard": shard_of(dwipp.id, self._feed_shards),
            "text": dwipp.text,
            "version": dwipp.version,
            "upvotes": dwipp.upvotes,
        }
        return {
            "TableName": self._table,
            "Item": to_item(item),
            "ConditionExpression": "attribute_not_exists(dwipp_id)",
        }

    def _index(
        self, index: Literal["feed", "by_author"], key: str, value: str | int, limit: int, before: str | None
    ) -> list[Dwipp]:
        answer = self._client.query(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=f"{key} = :key" + (" AND dwipp_id < :before" if before else ""),
            ExpressionAttributeValues=to_item({":key": value, ":before": before}),
            ScanIndexForward=False,
            Limit=limit,
        )
        return [Dwipp.of(item) for item in answer["Items"]]


def draft(dwipp_id: str, author: Member, text: str) -> Dwipp:
    """A Dwipp as it is when it has just been written."""
    return Dwipp(dwipp_id, text, author.handle, version=1, upvotes=0, edited_at=None)


def _key(dwipp_id: str) -> Any:
    if not is_id(dwipp_id):
        raise DwippNotFoundError
    return to_item({"dwipp_id": dwipp_id})


def _own(error: ClientError, author_handle: str) -> Dwipp:
    """The author's own Dwipp, where a condition failed for another reason than whose it is."""
    if error_code(error) == CONFLICT:
        raise ContendedError from error
    if error_code(error) != CONDITION_FAILED:
        raise error
    item = refused_item(error)
    if item is None:
        raise DwippNotFoundError from error
    dwipp = Dwipp.of(item)
    if dwipp.author_handle != author_handle:
        raise NotTheAuthorError from error
    return dwipp
