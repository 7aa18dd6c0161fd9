"""Items keep their values, and batches return all existing items. Moto or a stub stands in for DynamoDB."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from app.aws.clients import dynamodb_client
from app.aws.errors import describe_cause
from app.aws.items import batch_get, deserialize, query, serialize
from app.dwipps.ids import new_id
from app.errors import UnavailableError
from testkit.hypothesis_settings import without_deadline

TABLE = "squares"

_VALUES = st.one_of(st.text(), st.integers(-(10**30), 10**30), st.booleans(), st.lists(st.text(), max_size=3))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a client, with a table of 250 items."""
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


@without_deadline
@given(st.dictionaries(st.text(), _VALUES))
def test_values_round_trip(values: dict[str, Any]) -> None:
    assert deserialize(serialize(values)) == values


def test_none_is_left_out_and_numbers_are_exact() -> None:
    assert serialize({"a": None, "b": 1}) == {"b": {"N": "1"}}
    assert deserialize({"b": {"N": "12345678901234567890"}}) == {"b": Decimal(12345678901234567890)}


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_batches_have_at_most_100_keys(count: int, client: Any) -> None:
    batch_sizes: list[int] = []
    client.meta.events.register(
        "before-parameter-build.dynamodb.BatchGetItem",
        lambda params, **_: batch_sizes.append(len(params["RequestItems"][TABLE]["Keys"])),
    )
    items = batch_get(client, TABLE, [serialize({"id": str(number)}) for number in range(count)])
    squares = {deserialize(item)["id"]: int(deserialize(item)["square"]) for item in items}
    assert squares == {str(number): number**2 for number in range(count)}
    assert sum(batch_sizes) == count
    assert all(size <= 100 for size in batch_sizes)


def test_missing_items_are_left_out(client: Any) -> None:
    items = batch_get(client, TABLE, [serialize({"id": key}) for key in ("7", "none", "8")])
    assert {deserialize(item)["id"] for item in items} == {"7", "8"}


@pytest.mark.parametrize("page_sizes", [[3], [0, 3], [1, 1, 1], [2, 0, 2], [1, 0, 0, 2]])
def test_query_reads_on_while_there_is_a_last_evaluated_key(page_sizes: list[int]) -> None:
    client: Any = dynamodb_client("us-east-1")
    key = serialize({"id": "last"})
    limits: list[int] = []
    client.meta.events.register(
        "before-parameter-build.dynamodb.Query", lambda params, **_: limits.append(params["Limit"])
    )
    with Stubber(client) as stubber:
        for number, size in enumerate(page_sizes):
            start = {"ExclusiveStartKey": key} if number else {}
            last = {"LastEvaluatedKey": key} if number < len(page_sizes) - 1 else {}
            page = [serialize({"id": f"{number} {item}"}) for item in range(size)]
            expected = {"TableName": TABLE, "Limit": 4 - sum(page_sizes[:number]), **start}
            stubber.add_response("query", {"Items": page, **last}, expected)
        items = query(client, 4, TableName=TABLE)
        stubber.assert_no_pending_responses()
    expected_ids = [f"{number} {item}" for number, size in enumerate(page_sizes) for item in range(size)]
    assert [deserialize(item)["id"] for item in items] == expected_ids
    assert limits == [4 - sum(page_sizes[:number]) for number in range(len(page_sizes))]


def test_query_ends_at_its_limit() -> None:
    client: Any = dynamodb_client("us-east-1")
    with Stubber(client) as stubber:
        response = {"Items": [serialize({"id": "1"})], "LastEvaluatedKey": serialize({"id": "1"})}
        stubber.add_response("query", response, {"TableName": TABLE, "Limit": 1})
        assert len(query(client, 1, TableName=TABLE)) == 1


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.aws.items.time.sleep", lambda _seconds: None)


def test_unprocessed_keys_are_requested_again(no_pauses: None) -> None:
    client = dynamodb_client("us-east-1")
    ids = sorted(new_id() for _ in range(3))
    keys = [serialize({"dwipp_id": dwipp_id}) for dwipp_id in ids]
    with Stubber(client) as stubber:
        unprocessed = {"dwipps": {"Keys": keys[1:]}}
        stubber.add_response("batch_get_item", {"Responses": {"dwipps": keys[:1]}, "UnprocessedKeys": unprocessed})
        unprocessed = {"dwipps": {"Keys": keys[2:]}}
        stubber.add_response(
            "batch_get_item",
            {"Responses": {}, "UnprocessedKeys": unprocessed},
            {"RequestItems": {"dwipps": {"Keys": keys[1:]}}},
        )
        stubber.add_response(
            "batch_get_item", {"Responses": {"dwipps": keys[2:]}, "UnprocessedKeys": {}}, {"RequestItems": unprocessed}
        )
        assert batch_get(client, "dwipps", keys) == [keys[0], keys[2]]
        stubber.assert_no_pending_responses()


def test_repeatedly_unprocessed_keys_raise_unavailable(no_pauses: None) -> None:
    client = dynamodb_client("us-east-1")
    keys = [serialize({"dwipp_id": new_id()})]
    with Stubber(client) as stubber:
        for _ in range(5):
            stubber.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {"dwipps": {"Keys": keys}}})
        with pytest.raises(UnavailableError) as raised:
            batch_get(client, "dwipps", keys)
    cause = {"aws_error": "UnprocessedKeys", "aws_service": "dynamodb", "aws_operation": "BatchGetItem"}
    assert describe_cause(raised.value) == cause
