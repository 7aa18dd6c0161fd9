"""Items of DynamoDB as Python values, and many at once; knows no table."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from app.errors import UnavailableError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

_BATCH = 100  # BatchGetItem takes no more keys.
_BATCH_ATTEMPTS = 5

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_item(values: Mapping[str, Any]) -> "dict[str, AttributeValueTypeDef]":
    """The values as DynamoDB's API writes them; what is None is left out."""
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of an item; numbers come as `decimal.Decimal`."""
    return {name: _deserialize(value) for name, value in item.items()}


def batch_get(client: "DynamoDBClient", table: str, keys: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The items of these keys, as many as there are and in any order, as they were a moment ago at most.

    Raises:
        UnavailableError: if DynamoDB leaves keys for another call again and again.
    """
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(keys), _BATCH):
        found += _batch(client, {table: {"Keys": list(keys[start : start + _BATCH])}})
    return found


def _batch(client: "DynamoDBClient", left: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for attempt in range(_BATCH_ATTEMPTS):
        answer = client.batch_get_item(RequestItems=left)
        for items in answer["Responses"].values():
            found += items
        left = answer["UnprocessedKeys"]
        if not left:
            return found
        time.sleep(0.05 * 2**attempt)
    raise UnavailableError
