"""Clients bound the time of a call, and record failed calls to Cognito."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from app import __version__
from app.aws.clients import cognito_client, dynamodb_client, secrets_client, sqs_client
from app.aws.deadline import request_deadline
from app.aws.errors import TRANSPORT_ERRORS
from app.errors import UnavailableError
from app.observability import request_context

API_GATEWAY_TIMEOUT_SECONDS = 29


class TestClients:
    @pytest.mark.parametrize(
        "client", [dynamodb_client("us-east-1"), cognito_client("us-east-1")], ids=["dynamodb", "cognito"]
    )
    def test_hanging_call_ends_before_api_gateway_times_out(self, client: Any) -> None:
        config = client.meta.config
        attempts = config.retries["total_max_attempts"]
        assert attempts > 1
        assert attempts * (config.connect_timeout + config.read_timeout) < API_GATEWAY_TIMEOUT_SECONDS
        assert config.retries["mode"] == "standard"

    def test_single_attempt_client_never_retries(self) -> None:
        client: Any = cognito_client("us-east-1", single_attempt=True)
        assert client.meta.config.retries["total_max_attempts"] == 1

    @pytest.mark.parametrize("create", [dynamodb_client, cognito_client, sqs_client, secrets_client])
    def test_calls_name_the_app_and_the_sdk(self, create: Callable[[str], Any]) -> None:
        name = create("us-east-1").meta.config.user_agent
        assert re.fullmatch(rf"dwipper/{re.escape(__version__)} Boto3/[\d.]+ Botocore/[\d.]+", name)

    def test_pool_has_a_connection_for_each_thread(self) -> None:
        client: Any = dynamodb_client("us-east-1")
        assert client.meta.config.max_pool_connections >= 40


def _get_item() -> None:
    dynamodb_client("us-east-1").get_item(TableName="dwipps", Key={})


def _get_user() -> None:
    cognito_client("us-east-1").admin_get_user(UserPoolId="us-east-1_pool", Username="kay")


class TestDeadline:
    """Each attempt of a call times out."""

    @pytest.fixture
    def sent_urls(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Return the list of the URLs of all attempts."""
        sent_urls: list[str] = []

        def hang(_: Any, request: Any) -> NoReturn:
            sent_urls.append(request.url)
            raise ReadTimeoutError(endpoint_url=request.url)

        monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", hang)
        monkeypatch.setattr("time.sleep", lambda _: None)
        return sent_urls

    def test_call_uses_all_attempts_within_the_deadline(self, sent_urls: list[str]) -> None:
        with request_deadline(20), pytest.raises(ReadTimeoutError):
            _get_item()
        assert len(sent_urls) == 3

    def test_call_without_a_deadline_uses_all_attempts(self, sent_urls: list[str]) -> None:
        with pytest.raises(ReadTimeoutError):
            _get_user()
        assert len(sent_urls) == 2

    def test_call_that_could_miss_the_deadline_is_not_sent(self, sent_urls: list[str]) -> None:
        with request_deadline(2.9), pytest.raises(UnavailableError):
            _get_item()
        with request_deadline(6.9), pytest.raises(UnavailableError):
            _get_user()
        assert sent_urls == []

    def test_retry_that_could_miss_the_deadline_is_not_sent(
        self, sent_urls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("time.sleep", lambda _: threading.Event().wait(1.2))
        with request_deadline(4.1), pytest.raises(UnavailableError):
            _get_item()
        assert len(sent_urls) == 1


class TestRecordedFailures:
    """Each attempt of a call gets the same response."""

    @pytest.fixture
    def record_failures(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
        """Return a function that makes a call and returns the recorded failures.

        The function takes the status and the body of the response. An exception as status is raised instead.
        """
        monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)

        def record(status: Any, body: bytes = b"", call: Callable[[], Any] = _get_user) -> list[str]:
            def send(_: Any, request: Any) -> Any:
                if isinstance(status, Exception):
                    raise status
                response: Any = AWSResponse(request.url, status, HTTPHeaders(), None)
                response._content = body
                return response

            monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
            with request_context.bind("one") as context, suppress(ClientError, *TRANSPORT_ERRORS, UnavailableError):
                call()
            return context.cognito_failures

        return record

    @pytest.mark.parametrize(
        ("status", "body", "failures"),
        [
            pytest.param(
                400,
                b'{"__type": "TooManyRequestsException"}',
                ["TooManyRequestsException"] * 2,
                id="TooManyRequestsException",
            ),
            pytest.param(
                429, b'{"__type": "ThrottlingException"}', ["ThrottlingException"] * 2, id="ThrottlingException"
            ),
            pytest.param(
                400,
                b'{"__type": "LimitExceededException"}',
                ["LimitExceededException"] * 2,
                id="LimitExceededException",
            ),
            pytest.param(
                500,
                b'{"__type": "InternalErrorException"}',
                ["InternalErrorException"] * 2,
                id="InternalErrorException",
            ),
            pytest.param(503, b"<html>", ["503"] * 2, id="503 with HTML"),
            pytest.param(200, b"<html>", ["ResponseParserError"], id="200 with HTML"),
            pytest.param(400, b"{", ["ResponseParserError"], id="400 with invalid JSON"),
            pytest.param(ReadTimeoutError(endpoint_url="x"), b"", ["ReadTimeoutError"] * 2, id="read timeout"),
            pytest.param(ConnectTimeoutError(endpoint_url="x"), b"", ["ConnectTimeoutError"] * 2, id="connect timeout"),
            pytest.param(
                EndpointConnectionError(endpoint_url="x"), b"", ["EndpointConnectionError"] * 2, id="connection error"
            ),
            pytest.param(200, b"{}", [], id="success"),
            pytest.param(400, b'{"__type": "UserNotFoundException"}', [], id="UserNotFoundException"),
            pytest.param(400, b'{"__type": "NotAuthorizedException"}', [], id="NotAuthorizedException"),
        ],
    )
    def test_each_failed_attempt_is_recorded_and_refusals_are_not(
        self, status: Any, body: bytes, failures: list[str], record_failures: Callable[..., list[str]]
    ) -> None:
        assert record_failures(status, body) == failures

    def test_single_attempt_failure_is_recorded_once(self, record_failures: Callable[..., list[str]]) -> None:
        def call() -> None:
            cognito_client("us-east-1", single_attempt=True).sign_up(ClientId="client", Username="kay", Password="x")

        assert record_failures(500, b"{}", call) == ["500"]

    def test_unsent_call_is_not_recorded(self, record_failures: Callable[..., list[str]]) -> None:
        def call() -> None:
            with request_deadline(1):
                _get_user()

        assert record_failures(200, b"{}", call) == []

    def test_dynamodb_failures_are_not_recorded(self, record_failures: Callable[..., list[str]]) -> None:
        assert record_failures(500, b"{}", _get_item) == []
