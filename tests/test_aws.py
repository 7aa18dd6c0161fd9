"""Calls to AWS are bounded in time, and their errors mean one thing each."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app.aws import (
    all_at_once,
    cognito_client,
    dynamodb_client,
    error_code,
    meaning,
    refused_item,
    side_by_side,
    was_retried,
)
from app.errors import TooManyRequestsError, UnavailableError

LAMBDA_SECONDS = 29


def _error(code: str = "", status: int = 400, retries: int = 0, **more: Any) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": metadata, **more}
    return ClientError(response, "Call")


class TestClients:
    @pytest.mark.parametrize(
        "client", [dynamodb_client("us-east-1"), cognito_client("us-east-1")], ids=["db", "cognito"]
    )
    def test_a_call_that_hangs_ends_before_api_gateway_gives_up(self, client: Any) -> None:
        config = client.meta.config
        attempts = config.retries["total_max_attempts"]
        assert attempts > 1
        assert attempts * (config.connect_timeout + config.read_timeout) < LAMBDA_SECONDS
        assert config.retries["mode"] == "standard"

    def test_a_call_that_must_not_be_repeated_is_not(self) -> None:
        client: Any = cognito_client("us-east-1", once=True)
        assert client.meta.config.retries["total_max_attempts"] == 1

    def test_there_is_a_connection_for_every_thread_that_serves(self) -> None:
        client: Any = dynamodb_client("us-east-1")
        assert client.meta.config.max_pool_connections >= 40


class TestErrors:
    def test_its_name_is_what_aws_calls_it(self) -> None:
        assert error_code(_error("Throttling")) == "Throttling"
        assert error_code(ClientError({}, "Call")) == ""

    def test_a_refused_item_is_there_where_it_was_asked_for(self) -> None:
        assert refused_item(_error(Item={"pk": {"S": "x"}})) == {"pk": {"S": "x"}}
        assert refused_item(_error()) is None

    def test_a_retry_is_known(self) -> None:
        assert was_retried(_error(retries=1))
        assert not was_retried(_error())
        assert not was_retried(ClientError({}, "Call"))

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            (_error("ThrottlingException"), UnavailableError),
            (_error("ProvisionedThroughputExceededException"), UnavailableError),
            (_error("InternalServerError", 500), UnavailableError),
            (_error("SomethingNew", 503), UnavailableError),
            (_error("TooManyRequestsException"), TooManyRequestsError),
            (_error("LimitExceededException"), TooManyRequestsError),
            (EndpointConnectionError(endpoint_url="x"), UnavailableError),
            (_error("ValidationException"), type(None)),
            (_error("AccessDeniedException"), type(None)),
            (_error("ResourceNotFoundException"), type(None)),
            (ZeroDivisionError(), type(None)),
            (OSError(), type(None)),
        ],
        ids=lambda case: case.__name__ if isinstance(case, type) else str(case),
    )
    def test_an_error_means(self, error: Exception, expected: type) -> None:
        assert type(meaning(error)) is expected


class TestSideBySide:
    def test_both_are_under_way_at_the_same_time(self) -> None:
        meeting = threading.Barrier(2, timeout=5)
        assert all(number in (0, 1) for number in side_by_side(meeting.wait, meeting.wait))

    def test_the_answers_come_in_order(self) -> None:
        second_is_done = threading.Event()

        def first() -> bool:
            return second_is_done.wait(5)

        def second() -> str:
            second_is_done.set()
            return "second"

        assert side_by_side(first, second) == (True, "second")

    def test_the_firsts_error_comes_first(self) -> None:
        def first() -> None:
            raise KeyError

        def second() -> None:
            raise ValueError

        with pytest.raises(KeyError):
            side_by_side(first, second)
        with pytest.raises(ValueError, match=r"^$"):
            side_by_side(lambda: None, second)

    def test_any_number_of_answers_comes_in_order(self) -> None:
        assert all_at_once([]) == []
        assert all_at_once([lambda: 1]) == [1]
        assert all_at_once(lambda number=number: number for number in range(100)) == list(range(100))  # type: ignore[misc]

    def test_they_are_under_way_at_the_same_time(self) -> None:
        meeting = threading.Barrier(8, timeout=5)
        assert sorted(all_at_once([meeting.wait] * 8)) == list(range(8))

    def test_an_error_of_one_is_the_error_of_all(self) -> None:
        def fail() -> int:
            raise KeyError

        with pytest.raises(KeyError):
            all_at_once([lambda: 1, fail, lambda: 3])
