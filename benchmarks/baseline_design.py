"""The baseline design, as a first version is often written: one table, a Scan for every list, and emails in the item.

It exists only to be measured. Its writes have no conditions, so a member can upvote a Dwipp twice. A full item accepts
no more upvotes.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize
from benchmarks import rows
from benchmarks.capacity_units import CapacityUnits

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TABLE = "baseline"


class BaselineDesign:
    """The table of the baseline design. Its operations return the capacity that they consumed."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def create_table(self, dwipps: int) -> None:
        """Replace the table with one that has this number of Dwipps."""
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_table(TableName=TABLE)
        self._client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        rows.write(self._client, TABLE, map(make_dwipp, range(dwipps)))

    def list_recent(self, limit: int) -> tuple[list[dict[str, Any]], CapacityUnits]:
        """Scan the table, sort all items, and keep the newest ones. Return this page of the feed and the capacity."""
        items: list[dict[str, Any]] = []
        read = 0.0
        for page in self._scan():
            items += map(deserialize, page["Items"])
            read += page["ConsumedCapacity"]["CapacityUnits"]
        return sorted(items, key=lambda item: item["created_at"], reverse=True)[:limit], CapacityUnits(read=read)

    def upvote(self, dwipp_id: str, email: str) -> CapacityUnits:
        """Read the item, and append an email to its upvotes. Return the capacity."""
        key = serialize({"id": dwipp_id})
        read = self._client.get_item(TableName=TABLE, Key=key, ReturnConsumedCapacity="TOTAL")
        update = self._client.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET upvotes = list_append(upvotes, :email)",
            ExpressionAttributeValues=serialize({":email": [email]}),
            ReturnConsumedCapacity="TOTAL",
        )
        return CapacityUnits(update["ConsumedCapacity"]["CapacityUnits"], read["ConsumedCapacity"]["CapacityUnits"])

    def put_popular_dwipp(self, dwipp_id: str, upvotes: int) -> None:
        """Write a Dwipp that has this number of upvotes."""
        item = make_dwipp(0) | {"id": dwipp_id, "upvotes": [make_email(number) for number in range(upvotes)]}
        self._client.put_item(TableName=TABLE, Item=serialize(item))

    def _scan(self) -> Iterator[Any]:
        paginator = self._client.get_paginator("scan")
        yield from paginator.paginate(TableName=TABLE, ReturnConsumedCapacity="TOTAL")


def make_dwipp(number: int) -> dict[str, Any]:
    """Return an item of the baseline's table. Higher numbers are newer."""
    return {
        "id": rows.make_old_id(number),
        "text": rows.TEXT,
        "author": make_email(number),
        "created_at": f"2026-01-01T00:00:00.{number:06}Z",
        "upvotes": [make_email(number + 1)],
    }


def make_email(number: int) -> str:
    """Return an email address of 24 characters, the length that the model assumes."""
    return f"member{number:06}@example.org"
