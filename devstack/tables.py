"""Empty copies of DynamoDB tables in another DynamoDB."""

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
    """Create each table in the target, with the keys and indexes of the source but without its items.

    Existing tables stay as they are.
    """
    for name in names:
        with suppress(target.exceptions.ResourceInUseException):
            target.create_table(**_create_request(source, name))


def _create_request(source: "DynamoDBClient", name: str) -> "CreateTableInputTypeDef":
    table = source.describe_table(TableName=name)["Table"]
    request: CreateTableInputTypeDef = {
        "TableName": name,
        "AttributeDefinitions": table["AttributeDefinitions"],
        "KeySchema": table["KeySchema"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexes := table.get("GlobalSecondaryIndexes"):
        request["GlobalSecondaryIndexes"] = [_index_request(index) for index in indexes]
    return request


def _index_request(index: "GlobalSecondaryIndexDescriptionTypeDef") -> "GlobalSecondaryIndexTypeDef":
    return {
        "IndexName": index["IndexName"],
        "KeySchema": index["KeySchema"],
        "Projection": index["Projection"],
    }
