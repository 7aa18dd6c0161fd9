"""The table of the tutorial's functions, and its content."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks import rows

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TABLE = "tutorial"


def create(client: "DynamoDBClient", dwipps: int) -> None:
    """Replace the table with one that has this number of Dwipps."""
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_table(TableName=TABLE)
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "feed", "created_at")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "feed",
                "KeySchema": [
                    {"AttributeName": "feed", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    rows.write(client, TABLE, map(make_dwipp, range(dwipps)))


def make_dwipp(number: int) -> dict[str, Any]:
    """Return an item of the table. Higher numbers are newer."""
    return {
        "id": rows.make_old_id(number),
        "feed": "all",
        "text": rows.TEXT,
        "author": rows.HANDLE,
        "created_at": f"2026-01-01T00:00:00.{number:06}+00:00",
        "upvoters": [rows.HANDLE],
    }
