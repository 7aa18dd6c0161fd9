"""Tables of one DynamoDB, made again in another."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from devstack.tables import mirror


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two regions of an Amazon in this process, which know nothing of each other's tables."""
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


def test_keys_and_indexes_are_those_of_the_source(dynamodb: Any) -> None:
    source, target = dynamodb
    _create(source, "things")
    mirror(source, target, ["things"])
    made = target.describe_table(TableName="things")["Table"]
    assert made["KeySchema"] == [{"AttributeName": "a", "KeyType": "HASH"}]
    (index,) = made["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]["NonKeyAttributes"]) == ("by_b", ["c"])


def test_a_table_that_is_there_stays_as_it_is_among_however_many(dynamodb: Any) -> None:
    """DynamoDB lists a hundred tables at a time."""
    source, target = dynamodb
    for client in (source, target):
        for number in range(100):
            _create(client, f"a_{number}")
        _create(client, "things")
    target.put_item(TableName="things", Item={"a": {"S": "kept"}})
    mirror(source, target, ["things"])
    assert target.scan(TableName="things")["Count"] == 1
