"""The removals of Dwipps by moderators, in the Dwipps table (app/dwipps/repository.py).

A removed Dwipp has the attribute `removed`, and no `feed_shard`. So the index `by_author` has it, and the index `feed`
does not.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize
from app.dwipps.ids import feed_shard
from app.dwipps.models import Removal
from app.dwipps.repository import to_key

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DwippRemovals:
    """The repository of removals. It returns requests for the transactions of decisions."""

    def __init__(self, client: "DynamoDBClient", table: str, feed_shards: int) -> None:
        self._client = client
        self._table = table
        self._feed_shards = feed_shards

    def iter_not_removed(self, author_handle: str) -> Iterator[str]:
        """Yield the ids of an author's Dwipps that are not removed, newest first. See `iter_removed` for the cost."""
        return self._iter_ids(author_handle, "attribute_not_exists(removed)")

    def iter_removed(self, author_handle: str, bulk_id: str | None = None) -> Iterator[str]:
        """Yield the ids of an author's removed Dwipps, newest first. It reads all Dwipps of the author.

        Args:
            author_handle: the author.
            bulk_id: the id of a bulk removal. None for all removed Dwipps.
        """
        condition = "removed.bulk_id = :bulk_id" if bulk_id else "attribute_exists(removed)"
        return self._iter_ids(author_handle, condition, bulk_id)

    def removal_request(self, dwipp_id: str, removal: Removal) -> Any:
        """Return the update that removes a Dwipp, for a transaction. It also replaces an earlier removal.

        Its condition fails if there is no such Dwipp.

        Raises:
            DwippNotFoundError: if the id is malformed.
        """
        return {
            "TableName": self._table,
            "Key": to_key(dwipp_id),
            "UpdateExpression": "SET removed = :removed REMOVE feed_shard",
            "ConditionExpression": "attribute_exists(dwipp_id)",
            "ExpressionAttributeValues": serialize({":removed": removal.to_value()}),
        }

    def restoration_request(self, dwipp_id: str) -> Any:
        """Return the update that restores a removed Dwipp, for a transaction.

        Its condition fails if the Dwipp is not removed. The failure has the item, if there is one.

        Raises:
            DwippNotFoundError: if the id is malformed.
        """
        key = to_key(dwipp_id)
        return {
            "TableName": self._table,
            "Key": key,
            "UpdateExpression": "SET feed_shard = :shard REMOVE removed",
            "ConditionExpression": "attribute_exists(removed)",
            "ExpressionAttributeValues": serialize({":shard": feed_shard(dwipp_id, self._feed_shards)}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _iter_ids(self, author_handle: str, condition: str, bulk_id: str | None = None) -> Iterator[str]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_author",
            KeyConditionExpression="author_handle = :author",
            FilterExpression=condition,
            ExpressionAttributeValues=serialize({":author": author_handle, ":bulk_id": bulk_id}),
            ProjectionExpression="dwipp_id",
            ScanIndexForward=False,
        )
        for page in pages:
            for item in page["Items"]:
                yield deserialize(item)["dwipp_id"]
