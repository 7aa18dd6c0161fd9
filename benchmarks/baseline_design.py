"""The usual design, as it is written first: one table, a Scan for every list, the emails of who upvoted in the item.

It is here to be measured. No condition guards it, two upvotes at once are one, and an item that is full takes no more.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize
from benchmarks import rows
from benchmarks.designs import Units

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TABLE = "usual"


class UsualDesign:
    """Reads and writes its one table, and says what each operation consumed."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def make(self, dwipps: int) -> None:
        """Make the table anew, with so many Dwipps."""
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_table(TableName=TABLE)
        self._client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        rows.write(self._client, TABLE, map(dwipp, range(dwipps)))

    def newest(self, limit: int) -> tuple[list[dict[str, Any]], Units]:
        """A page of the feed: all there is, sorted, and the rest thrown away."""
        items: list[dict[str, Any]] = []
        read = 0.0
        for page in self._pages():
            items += map(deserialize, page["Items"])
            read += page["ConsumedCapacity"]["CapacityUnits"]
        return sorted(items, key=lambda item: item["created_at"], reverse=True)[:limit], Units(read=read)

    def upvote(self, dwipp_id: str, email: str) -> Units:
        """Read who upvoted, and add somebody."""
        key = serialize({"id": dwipp_id})
        found = self._client.get_item(TableName=TABLE, Key=key, ReturnConsumedCapacity="TOTAL")
        written = self._client.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET upvotes = list_append(upvotes, :email)",
            ExpressionAttributeValues=serialize({":email": [email]}),
            ReturnConsumedCapacity="TOTAL",
        )
        return Units(written["ConsumedCapacity"]["CapacityUnits"], found["ConsumedCapacity"]["CapacityUnits"])

    def make_popular(self, dwipp_id: str, upvotes: int) -> None:
        """Have so many people have upvoted a Dwipp."""
        item = dwipp(0) | {"id": dwipp_id, "upvotes": [email(number) for number in range(upvotes)]}
        self._client.put_item(TableName=TABLE, Item=serialize(item))

    def _pages(self) -> Iterator[Any]:
        scan = self._client.get_paginator("scan")
        yield from scan.paginate(TableName=TABLE, ReturnConsumedCapacity="TOTAL")


def dwipp(number: int) -> dict[str, Any]:
    """A Dwipp of its table."""
    return {
        "id": rows.old_id(number),
        "text": rows.TEXT,
        "author": email(number),
        "created_at": f"2026-01-01T00:00:00.{number:06}Z",
        "upvotes": [email(number + 1)],
    }


def email(number: int) -> str:
    """Somebody's address, of 24 characters as many are."""
    return f"member{number:06}@example.org"
