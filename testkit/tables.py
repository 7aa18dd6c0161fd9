"""The tables of an embedded AWS that many tests share."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def list_tables(client: "DynamoDBClient") -> list[str]:
    """Return the names of all tables. One call returns at most 100 of them."""
    return [name for page in client.get_paginator("list_tables").paginate() for name in page["TableNames"]]
