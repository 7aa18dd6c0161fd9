"""Tables of one DynamoDB made again in another; which tables, the caller says."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import (
        CreateTableInputTypeDef,
        GlobalSecondaryIndexDescriptionTypeDef,
        GlobalSecondaryIndexTypeDef,
    )


def mirror(source: "DynamoDBClient", target: "DynamoDBClient", names: Iterable[str]) -> None:
    """Make each table with the source's keys and indexes, and without its items, unless it is there."""
    for name in names:
        with suppress(target.exceptions.ResourceInUseException):
            target.create_table(**_wish(source, name))


def _wish(source: "DynamoDBClient", name: str) -> "CreateTableInputTypeDef":
    table = source.describe_table(TableName=name)["Table"]
    wish: CreateTableInputTypeDef = {
        "TableName": name,
        "AttributeDefinitions": table["AttributeDefinitions"],
        "KeySchema": table["KeySchema"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexes := table.get("GlobalSecondaryIndexes"):
        wish["GlobalSecondaryIndexes"] = [_index(index) for index in indexes]
    return wish


def _index(index: "GlobalSecondaryIndexDescriptionTypeDef") -> "GlobalSecondaryIndexTypeDef":
    return {
        "IndexName": index["IndexName"],
        "KeySchema": index["KeySchema"],
        "Projection": index["Projection"],
    }
