"""Items of DynamoDB: to values and back, and many of them at once. moto stands in for DynamoDB, in this process."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from app.aws.items import batch_get, deserialize, serialize
from testkit.hypothesis_settings import unhurried

TABLE = "things"

_VALUES = st.one_of(st.text(), st.integers(-(10**30), 10**30), st.booleans(), st.lists(st.text(), max_size=3))


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client, and a table of 250 things."""
    for name in ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for number in range(250):
            client.put_item(TableName=TABLE, Item=serialize({"id": str(number), "square": number**2}))
        yield client


@unhurried
@given(st.dictionaries(st.text(), _VALUES))
def test_values_come_back_as_they_were(values: dict[str, Any]) -> None:
    assert deserialize(serialize(values)) == values


def test_what_is_none_is_left_out_and_numbers_are_exact() -> None:
    assert serialize({"a": None, "b": 1}) == {"b": {"N": "1"}}
    assert deserialize({"b": {"N": "12345678901234567890"}}) == {"b": Decimal(12345678901234567890)}


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_any_number_of_items_is_read_in_as_many_calls_as_it_takes(count: int, things: Any) -> None:
    calls: list[int] = []
    things.meta.events.register(
        "before-parameter-build.dynamodb.BatchGetItem",
        lambda params, **_: calls.append(len(params["RequestItems"][TABLE]["Keys"])),
    )
    found = batch_get(things, TABLE, [serialize({"id": str(number)}) for number in range(count)])
    squares = {deserialize(item)["id"]: int(deserialize(item)["square"]) for item in found}
    assert squares == {str(number): number**2 for number in range(count)}
    assert sum(calls) == count
    assert all(call <= 100 for call in calls)


def test_what_is_not_there_is_left_out(things: Any) -> None:
    found = batch_get(things, TABLE, [serialize({"id": each}) for each in ("7", "none", "8")])
    assert {deserialize(item)["id"] for item in found} == {"7", "8"}
