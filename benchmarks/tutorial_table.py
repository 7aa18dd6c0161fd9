"""The table of the tutorial's functions, and what is in it."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks import rows

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NAME = "tutorial"


def make(client: "DynamoDBClient", dwipps: int) -> None:
    """Make it anew, with so many Dwipps."""
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_table(TableName=NAME)
    client.create_table(
        TableName=NAME,
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
    rows.write(client, NAME, map(dwipp, range(dwipps)))


def dwipp(number: int) -> dict[str, Any]:
    """A Dwipp of its table; the one with a higher number is newer."""
    return {
        "id": rows.old_id(number),
        "feed": "all",
        "text": rows.TEXT,
        "author": rows.HANDLE,
        "created_at": f"2026-01-01T00:00:00.{number:06}+00:00",
        "upvoters": [rows.HANDLE],
    }
