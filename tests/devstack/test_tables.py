"""Mirrored tables have the keys and indexes of the source, and existing tables stay as they are."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from devstack.tables import mirror


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield clients of two regions of moto, which share no tables."""
    for name in ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield [boto3.client("dynamodb", region_name=region) for region in ("us-east-1", "eu-central-1")]


def _create(client: Any, name: str) -> None:
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("a", "b")],
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_b",
                "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["c"]},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def test_mirrored_table_has_the_keys_and_indexes_of_the_source(dynamodb: Any) -> None:
    source, target = dynamodb
    _create(source, "things")
    mirror(source, target, ["things"])
    table = target.describe_table(TableName="things")["Table"]
    assert table["KeySchema"] == [{"AttributeName": "a", "KeyType": "HASH"}]
    (index,) = table["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]["NonKeyAttributes"]) == ("by_b", ["c"])


def test_existing_table_stays_as_it_is_among_many_tables(dynamodb: Any) -> None:
    # A single ListTables would not find the table: it returns at most a hundred names.
    source, target = dynamodb
    for client in (source, target):
        for number in range(100):
            _create(client, f"a_{number}")
        _create(client, "things")
    target.put_item(TableName="things", Item={"a": {"S": "kept"}})
    mirror(source, target, ["things"])
    assert target.scan(TableName="things")["Count"] == 1
