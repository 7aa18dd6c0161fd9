"""DynamoDB items: conversion from and to Python values, and batches."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from app.errors import UnavailableError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_MAX_BATCH_KEYS = 100
_MAX_BATCH_ATTEMPTS = 5

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def serialize(values: Mapping[str, Any]) -> "dict[str, AttributeValueTypeDef]":
    """Return the values in DynamoDB's form. Values of None are left out."""
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def deserialize(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of an item. Numbers become `decimal.Decimal`."""
    return {name: _deserialize(value) for name, value in item.items()}


def query(client: "DynamoDBClient", limit: int, **parameters: Any) -> list[Mapping[str, Any]]:
    """Return up to `limit` items of a query, in its order.

    A page of a query may be short, or even empty, although more items follow. Only a missing LastEvaluatedKey ends it.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html

    Args:
        client: the client.
        limit: the maximum number of items.
        parameters: the parameters of the query, other than `Limit`.
    """
    items: list[Mapping[str, Any]] = []
    while True:
        response = client.query(**parameters, Limit=limit - len(items))
        items += response["Items"]
        if "LastEvaluatedKey" not in response or len(items) >= limit:
            return items
        parameters["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def batch_get(client: "DynamoDBClient", table: str, keys: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Read the items of these keys, in any order, eventually consistent. Missing items are left out.

    Raises:
        UnavailableError: if DynamoDB repeatedly leaves keys unprocessed.
    """
    items: list[Mapping[str, Any]] = []
    for start in range(0, len(keys), _MAX_BATCH_KEYS):
        items += _get_batch(client, {table: {"Keys": list(keys[start : start + _MAX_BATCH_KEYS])}})
    return items


def _get_batch(client: "DynamoDBClient", unprocessed: Any) -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = []
    for attempt in range(_MAX_BATCH_ATTEMPTS):
        response = client.batch_get_item(RequestItems=unprocessed)
        for found in response["Responses"].values():
            items += found
        unprocessed = response["UnprocessedKeys"]
        if not unprocessed:
            return items
        time.sleep(0.05 * 2**attempt)
    cause: Any = {"Error": {"Code": "UnprocessedKeys"}, "ResponseMetadata": {"Service": "dynamodb"}}
    raise UnavailableError from ClientError(cause, "BatchGetItem")
