"""Calls to AWS are bounded in time, and their errors mean one thing each."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from app.aws.clients import cognito_client, dynamodb_client
from app.aws.concurrency import gather, run_concurrently
from app.aws.deadline import remaining_seconds, request_deadline
from app.aws.errors import TRANSPORT_ERRORS, error_code, existing_item, to_domain_error, was_sdk_retry
from app.errors import TooManyRequestsError, UnavailableError
from app.observability import request_context

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
        client: Any = cognito_client("us-east-1", single_attempt=True)
        assert client.meta.config.retries["total_max_attempts"] == 1

    def test_there_is_a_connection_for_every_thread_that_serves(self) -> None:
        client: Any = dynamodb_client("us-east-1")
        assert client.meta.config.max_pool_connections >= 40


def _read_item() -> None:
    dynamodb_client("us-east-1").get_item(TableName="dwipps", Key={})


def _find_user() -> None:
    cognito_client("us-east-1").admin_get_user(UserPoolId="us-east-1_pool", Username="kay")


class TestRequestTime:
    """Behind both clients is an AWS that never answers."""

    @pytest.fixture
    def sent(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The calls that were really sent."""
        sent: list[str] = []

        def hang(_: Any, request: Any) -> NoReturn:
            sent.append(request.url)
            raise ReadTimeoutError(endpoint_url=request.url)

        monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", hang)
        monkeypatch.setattr("time.sleep", lambda _: None)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        return sent

    def test_a_call_is_tried_as_often_as_ever_where_there_is_time(self, sent: list[str]) -> None:
        with request_deadline(20), pytest.raises(ReadTimeoutError):
            _read_item()
        assert len(sent) == 3

    def test_where_there_is_no_request_there_is_time(self, sent: list[str]) -> None:
        with pytest.raises(ReadTimeoutError):
            _find_user()
        assert len(sent) == 2

    def test_no_call_begins_that_could_end_too_late(self, sent: list[str]) -> None:
        with request_deadline(2.9), pytest.raises(UnavailableError):
            _read_item()
        with request_deadline(6.9), pytest.raises(UnavailableError):
            _find_user()
        assert sent == []

    def test_a_call_is_not_tried_again_when_its_pause_has_taken_the_time(
        self, sent: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("time.sleep", lambda _: threading.Event().wait(1.2))
        with request_deadline(4.1), pytest.raises(UnavailableError):
            _read_item()
        assert len(sent) == 1

    def test_calls_side_by_side_have_the_same_time(self) -> None:
        with request_deadline(5):
            left = [
                *run_concurrently(remaining_seconds, remaining_seconds),
                *gather([remaining_seconds, remaining_seconds]),
            ]
        assert all(4 < seconds <= 5 for seconds in left)


class TestFailuresOfCognito:
    """Behind the client is a Cognito that gives one answer to everything."""

    @pytest.fixture
    def answered(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
        """What is noted where this status and body, or this exception, is what comes of each attempt."""
        monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

        def noted(status: Any, body: bytes = b"", call: Callable[[], Any] = _find_user) -> list[str]:
            def send(_: Any, request: Any) -> Any:
                if isinstance(status, Exception):
                    raise status
                answer: Any = AWSResponse(request.url, status, HTTPHeaders(), None)
                answer._content = body
                return answer

            monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
            with request_context.bind("one") as taken, suppress(ClientError, *TRANSPORT_ERRORS, UnavailableError):
                call()
            return taken.cognito_failures

        return noted

    @pytest.mark.parametrize(
        ("status", "body", "failures"),
        [
            pytest.param(400, b'{"__type": "TooManyRequestsException"}', ["TooManyRequestsException"] * 2, id="busy"),
            pytest.param(429, b'{"__type": "ThrottlingException"}', ["ThrottlingException"] * 2, id="throttled"),
            pytest.param(400, b'{"__type": "LimitExceededException"}', ["LimitExceededException"] * 2, id="limited"),
            pytest.param(500, b'{"__type": "InternalErrorException"}', ["InternalErrorException"] * 2, id="failing"),
            pytest.param(503, b"<html>", ["503"] * 2, id="a page for a failure"),
            pytest.param(200, b"<html>", ["ResponseParserError"], id="garbled"),
            pytest.param(400, b"{", ["ResponseParserError"], id="a garbled refusal"),
            pytest.param(ReadTimeoutError(endpoint_url="x"), b"", ["ReadTimeoutError"] * 2, id="silent"),
            pytest.param(ConnectTimeoutError(endpoint_url="x"), b"", ["ConnectTimeoutError"] * 2, id="not there"),
            pytest.param(EndpointConnectionError(endpoint_url="x"), b"", ["EndpointConnectionError"] * 2, id="away"),
            pytest.param(200, b"{}", [], id="content"),
            pytest.param(400, b'{"__type": "UserNotFoundException"}', [], id="refusing"),
            pytest.param(400, b'{"__type": "NotAuthorizedException"}', [], id="refusing a password"),
        ],
    )
    def test_each_attempt_that_failed_is_noted_and_no_refusal(
        self, status: Any, body: bytes, failures: list[str], answered: Callable[..., list[str]]
    ) -> None:
        assert answered(status, body) == failures

    def test_a_call_that_is_made_once_is_noted_once(self, answered: Callable[..., list[str]]) -> None:
        def call() -> None:
            cognito_client("us-east-1", single_attempt=True).sign_up(ClientId="client", Username="kay", Password="x")

        assert answered(500, b"{}", call) == ["500"]

    def test_a_call_that_comes_too_late_to_be_made_is_nobodys_failure(self, answered: Callable[..., list[str]]) -> None:
        def call() -> None:
            with request_deadline(1):
                _find_user()

        assert answered(200, b"{}", call) == []

    def test_dynamodbs_failures_are_not_cognitos(self, answered: Callable[..., list[str]]) -> None:
        assert answered(500, b"{}", _read_item) == []


class TestErrors:
    def test_its_name_is_what_aws_calls_it(self) -> None:
        assert error_code(_error("Throttling")) == "Throttling"
        assert error_code(ClientError({}, "Call")) == ""

    def test_a_refused_item_is_there_where_it_was_asked_for(self) -> None:
        assert existing_item(_error(Item={"pk": {"S": "x"}})) == {"pk": {"S": "x"}}
        assert existing_item(_error()) is None

    def test_a_retry_is_known(self) -> None:
        assert was_sdk_retry(_error(retries=1))
        assert not was_sdk_retry(_error())
        assert not was_sdk_retry(ClientError({}, "Call"))

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
        assert type(to_domain_error(error)) is expected


class TestSideBySide:
    def test_both_are_under_way_at_the_same_time(self) -> None:
        meeting = threading.Barrier(2, timeout=5)
        assert all(number in (0, 1) for number in run_concurrently(meeting.wait, meeting.wait))

    def test_the_answers_come_in_order(self) -> None:
        second_is_done = threading.Event()

        def first() -> bool:
            return second_is_done.wait(5)

        def second() -> str:
            second_is_done.set()
            return "second"

        assert run_concurrently(first, second) == (True, "second")

    def test_the_firsts_error_comes_first(self) -> None:
        def first() -> None:
            raise KeyError

        def second() -> None:
            raise ValueError

        with pytest.raises(KeyError):
            run_concurrently(first, second)
        with pytest.raises(ValueError, match=r"^$"):
            run_concurrently(lambda: None, second)

    def test_any_number_of_answers_comes_in_order(self) -> None:
        assert gather([]) == []
        assert gather([lambda: 1]) == [1]
        assert gather(lambda number=number: number for number in range(100)) == list(range(100))  # type: ignore[misc]

    def test_they_are_under_way_at_the_same_time(self) -> None:
        meeting = threading.Barrier(8, timeout=5)
        assert sorted(gather([meeting.wait] * 8)) == list(range(8))

    def test_an_error_of_one_is_the_error_of_all(self) -> None:
        def fail() -> int:
            raise KeyError

        with pytest.raises(KeyError):
            gather([lambda: 1, fail, lambda: 3])
