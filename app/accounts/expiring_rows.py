"""Rows of the members table that expire. DynamoDB may take days to remove an expired row."""

import time
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def get(client: "DynamoDBClient", table: str, pk: str) -> dict[str, Any] | None:
    """Return the current row with this key. None if there is none, or if it has expired."""
    response = client.get_item(TableName=table, Key=serialize({"pk": pk}), ConsistentRead=True)
    row = deserialize(response.get("Item", {}))
    return row if row and row["expires_at"] > time.time() else None


def expires_in(seconds: int) -> int:
    """Return the `expires_at` of a row that expires in this number of seconds."""
    return int(time.time()) + seconds
