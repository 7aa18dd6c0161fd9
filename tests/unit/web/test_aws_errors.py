"""An error of AWS gets its status, and one log line names it for the operator, without its message.

The error passes through boto3 and the repositories, from DynamoDB or from Cognito.
"""

import asyncio
import copy
import io
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from fastapi import FastAPI

from app.api_gateway import make_handler
from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.dwipps.feed import Feed
from app.dwipps.models import Dwipp, Reaction
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.errors import UnavailableError
from app.members.blocks import BlockRepository
from app.observability import json_logging, text_logging
from testkit.doubles import SETTINGS, make_offline_app, send_request
from testkit.forged_tokens import make_token, make_valid_claims, public_keys
from testkit.gateway import make_event, to_response
from tests.unit.observability.test_json_logging import restore_loggers_on_undo

# A part of each message and of each request, which no log and no response may contain.
SECRET = "a rubber duck knows"
DWIPP_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
AWS_REQUEST_ID = "QV1K5N0DUCK0000000000000000000000000000000000000"

# A request, the operations that it calls, and their service.
Call = tuple[str, str, dict[str, Any], set[str], str]
DYNAMODB: Call = ("GET", f"/v1/dwipps/{DWIPP_ID}", {}, {"GetItem"}, "dynamodb")
DYNAMODB_LIST: Call = ("GET", "/v1/me/favorites", {}, {"Query"}, "dynamodb")
DYNAMODB_WRITE: Call = (
    "POST",
    "/v1/dwipps",
    {"json": {"text": SECRET}, "headers": {"Idempotency-Key": SECRET.replace(" ", "")}},
    {"TransactWriteItems"},
    "dynamodb",
)
COGNITO: Call = (
    "POST",
    "/v1/auth/login",
    {"json": {"email": "kay@example.org", "password": SECRET}},
    {"AdminInitiateAuth"},
    "cognito-identity-provider",
)
COGNITO_ONCE: Call = (
    "POST",
    "/v1/auth/password/reset",
    {"json": {"email": "kay@example.org", "code": "123456", "new_password": SECRET}},
    {"ConfirmForgotPassword", "AdminInitiateAuth"},
    "cognito-identity-provider",
)
CALLS = [
    pytest.param(DYNAMODB, id="DynamoDB read"),
    pytest.param(DYNAMODB_LIST, id="DynamoDB list"),
    pytest.param(DYNAMODB_WRITE, id="DynamoDB write"),
    pytest.param(COGNITO, id="Cognito"),
    pytest.param(COGNITO_ONCE, id="Cognito single attempt"),
]
Fail = Callable[..., None]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return make_offline_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))[0]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Return a function that lets each call to AWS fail, without pauses between the attempts."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)

    def start_failing(error: Exception | None = None, *, status: int = 400, **body: Any) -> None:
        def send(_session: Any, request: Any) -> Any:
            if error:
                raise copy.copy(error)  # Concurrent calls must not share it.
            headers = HTTPHeaders()
            headers["x-amzn-requestid"] = AWS_REQUEST_ID
            response: Any = AWSResponse(request.url, status, headers, None)
            response._content = json.dumps({"message": SECRET, **body}).encode()
            return response

        monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)

    return start_failing


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Install each log format, and return the log."""
    restore_loggers_on_undo(monkeypatch)
    stream = io.StringIO()
    if request.param == "json":
        json_logging.install("test", stream)
    else:
        text_logging.install("INFO", stream)
    return stream


def _send(app: FastAPI, call: Call, transport: str = "uvicorn") -> httpx.Response:
    method, path, options, *_ = call
    if transport == "uvicorn":
        headers = {"Authorization": f"Bearer {make_token()}", **options.get("headers", {})}
        return asyncio.run(send_request(app, method, path, **(options | {"headers": headers})))
    event = make_event(httpx.Request(method, f"https://dwipper.test{path}", **options), "rest", make_valid_claims())
    return to_response(make_handler(app)(event, None))


def assert_named_once(
    log: io.StringIO, response: httpx.Response, level: str, error: str, call: Call, *, has_response: bool = True
) -> None:
    """Assert that one line has the fields of the error, and that neither log nor response has its message.

    Args:
        log: the log.
        response: the response to the request.
        level: the level of the line.
        error: the field `aws_error`.
        call: its service is the field `aws_service`, and one of its operations is `aws_operation`.
        has_response: whether AWS responded, so that the line has AWS's request id.
    """
    text = log.getvalue()
    assert SECRET not in text
    assert SECRET not in response.text
    assert error.partition(" ")[0] not in response.text
    (line,) = [line for line in text.splitlines() if re.search(r"\baws_error\b", line)]
    request_id = response.headers["x-request-id"]
    *_, operations, service = call
    if not line.startswith("{"):
        fields = f"aws_error={error} aws_service={service} aws_operation=({'|'.join(operations)})"
        fields += f" aws_request_id={AWS_REQUEST_ID}" if has_response else ""
        assert re.match(rf"{level}: +request {request_id} .*{fields}( |$)", line)
        return
    logged = json.loads(line)
    assert (logged["level"], logged["request_id"], logged["aws_error"]) == (level, request_id, error)
    assert logged["aws_service"] == service
    assert logged["aws_operation"] in operations
    assert logged.get("aws_request_id") == (AWS_REQUEST_ID if has_response else None)


@pytest.mark.parametrize("call", CALLS)
class TestResponsesOfAws:
    @pytest.mark.parametrize("transport", ["uvicorn", "rest"])
    @pytest.mark.parametrize(
        "code", ["AccessDeniedException", "ExpiredTokenException", "ResourceNotFoundException", "ValidationException"]
    )
    def test_operator_error_is_500(
        self, code: str, transport: str, call: Call, app: FastAPI, fail: Fail, log: io.StringIO
    ) -> None:
        fail(__type=f"com.amazon.coral.service#{code}")
        response = _send(app, call, transport)
        assert (response.status_code, response.json()["type"]) == (500, "urn:dwipper:problem:internal-error")
        assert_named_once(log, response, "ERROR", code, call)

    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("UnrecognizedClientException", 400),
            ("InvalidClientTokenId", 403),
            ("ThrottlingException", 400),
            ("RequestLimitExceeded", 400),
            ("ProvisionedThroughputExceededException", 400),
            ("InternalServerError", 500),
            ("ServiceUnavailable", 503),
            ("SomethingNew", 502),
        ],
    )
    def test_transient_error_is_503(
        self, code: str, status: int, call: Call, app: FastAPI, fail: Fail, log: io.StringIO
    ) -> None:
        fail(__type=code, status=status)
        response = _send(app, call)
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert_named_once(log, response, "WARNING", code, call)

    def test_rate_limit_is_429(self, call: Call, app: FastAPI, fail: Fail, log: io.StringIO) -> None:
        fail(__type="TooManyRequestsException")
        response = _send(app, call)
        assert (response.status_code, response.headers["retry-after"]) == (429, "1")
        assert_named_once(log, response, "WARNING", "TooManyRequestsException", call)


@pytest.mark.parametrize("call", CALLS)
class TestErrorsWithoutResponse:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionClosedError(endpoint_url=SECRET),
            ConnectTimeoutError(endpoint_url=SECRET),
            CredentialRetrievalError(provider=SECRET, error_msg=SECRET),
            EndpointConnectionError(endpoint_url=SECRET),
            MetadataRetrievalError(error_msg=SECRET),
            ProxyConnectionError(proxy_url=SECRET),
            ReadTimeoutError(endpoint_url=SECRET),
            SSLError(endpoint_url=SECRET, error=OSError(SECRET)),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_unreachable_service_is_503(
        self, error: Exception, call: Call, app: FastAPI, fail: Fail, log: io.StringIO
    ) -> None:
        fail(error)
        response = _send(app, call)
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert_named_once(log, response, "WARNING", type(error).__name__, call, has_response=False)

    @pytest.mark.parametrize(
        "error",
        [NoCredentialsError(), PartialCredentialsError(provider=SECRET, cred_var=SECRET)],
        ids=lambda error: type(error).__name__,
    )
    def test_missing_credentials_are_500(
        self, error: Exception, call: Call, app: FastAPI, fail: Fail, log: io.StringIO
    ) -> None:
        fail(error)
        response = _send(app, call)
        assert (response.status_code, response.json()["type"]) == (500, "urn:dwipper:problem:internal-error")
        assert_named_once(log, response, "ERROR", type(error).__name__, call, has_response=False)


class TestTransactions:
    UPVOTE: Call = ("PUT", f"/v1/dwipps/{DWIPP_ID}/upvote", {}, {"TransactWriteItems"}, "dynamodb")

    def test_cancelled_transaction_is_500_with_its_reasons(
        self, app: FastAPI, fail: Fail, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dwipp = Dwipp(DWIPP_ID, "Hm.", "kay", version=1, upvotes=0, edited_at=None)
        for repository, read, result in (
            (ReactionRepository, "get", Reaction()),
            (DwippRepository, "get_many", {DWIPP_ID: dwipp}),
            (BlockRepository, "list_recent", frozenset()),
        ):
            monkeypatch.setattr(repository, read, lambda *_, result=result: result)
        reasons = [{"Code": "None"}, {"Code": "ValidationError", "Message": SECRET}]
        fail(__type="TransactionCanceledException", CancellationReasons=reasons)
        response = _send(app, self.UPVOTE)
        assert response.status_code == 500
        assert_named_once(log, response, "ERROR", "TransactionCanceledException None ValidationError", self.UPVOTE)


def test_unreadable_response_is_503(app: FastAPI, monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    def send(_session: Any, request: Any) -> Any:
        response: Any = AWSResponse(request.url, 200, HTTPHeaders(), None)
        response._content = f"<html>{SECRET}</html>".encode()
        return response

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    response = _send(app, DYNAMODB)
    assert response.status_code == 503
    assert_named_once(log, response, "WARNING", "ResponseParserError", DYNAMODB, has_response=False)


def test_call_that_could_miss_the_deadline_is_named(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setattr("app.aws.clients.remaining_seconds", lambda: 0.0)
    response = _send(app, DYNAMODB)
    assert response.status_code == 503
    assert_named_once(log, response, "WARNING", "TimeoutError", DYNAMODB, has_response=False)


def _give_up(*_: object, **__: object) -> None:
    raise UnavailableError


def test_unavailable_without_an_error_of_aws_has_its_place_in_the_code(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setattr(Feed, "get", _give_up)
    response = _send(app, DYNAMODB)
    assert response.status_code == 503
    (line,) = [line for line in log.getvalue().splitlines() if " was refused: " in line]
    assert "WARNING" in line
    assert response.headers["x-request-id"] in line
    assert "UnavailableError" in line
    assert "in _give_up" in log.getvalue()


def _fail(*_: object, **__: object) -> None:
    raise KeyError(SECRET)


def test_fault_of_this_code_names_no_error_of_aws(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setattr(Feed, "get", _fail)
    assert _send(app, DYNAMODB).status_code == 500
    assert "KeyError" in log.getvalue()
    assert not re.search(r"\baws_error\b", log.getvalue())
