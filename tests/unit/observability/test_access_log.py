"""Each request has one log line with its outcome, without values from the path, query, headers or body."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

import httpx
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from app import __version__
from app.api_gateway import Handler, make_handler
from app.observability import metrics
from app.observability.metrics import counted_as
from app.web.middleware import MAX_BODY_BYTES
from testkit.doubles import make_offline_app, send_request
from testkit.forged_tokens import SUB, make_valid_claims
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from tests.unit.observability.test_json_logging import Lines, capture_log
from tests.unit.observability.test_metrics import assert_valid_emf

MEMBER_HASH = hashlib.sha256(SUB.encode()).hexdigest()[:16]
TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"
# The business metric of the endpoints that the fixture `app` adds.
COUNTED = "Creations"
PREFLIGHT = {"Origin": "https://any.example", "Access-Control-Request-Method": "POST"}
THROTTLED_EMAIL = "busy@example.org"
TIMEOUT_EMAIL = "gone@example.org"
# The method, the URL, and the options of httpx.
RequestArguments = tuple[str, str, dict[str, Any]]

LOGIN = {"email": "kay@example.org", "password": "a rubber duck knows"}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture_log(monkeypatch)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, _ = make_offline_app()

    async def fail() -> None:
        raise ZeroDivisionError

    async def read(request: Request) -> int:
        return len(await request.body())

    @counted_as(COUNTED)
    async def break_off() -> StreamingResponse:
        def chunks() -> Iterator[bytes]:
            yield b"a"
            raise ZeroDivisionError(SUB)

        return StreamingResponse(chunks())

    @counted_as(COUNTED)
    async def create(response: Response, *, is_replay: bool = False) -> None:
        if is_replay:
            response.headers["Idempotent-Replayed"] = "true"

    for endpoint in (fail, read, break_off):
        app.add_api_route(f"/{endpoint.__name__}", endpoint, methods=["GET", "POST"])
    app.add_api_route("/create", create, status_code=201)
    return app


@pytest.fixture
def handler(app: FastAPI) -> Handler:
    return make_handler(app)


def _send(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    return asyncio.run(send_request(app, method, url, **options))


def _drop_metrics(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "_aws" and not name[0].isupper()}


class TestLogLine:
    def test_line_has_the_request_and_its_outcome(self, app: FastAPI, lines: Lines) -> None:
        response = _send(app, "GET", "/health")
        (line,) = lines()
        assert 0 < line["duration_ms"] < 5000
        assert assert_valid_emf(line)["Latency"] == "Milliseconds"
        assert line["Latency"] == line["duration_ms"] == round(line["duration_ms"], 1)
        assert _drop_metrics(line) == {
            "time": line["time"],
            "level": "INFO",
            "logger": "app.access",
            "message": "request",
            "request_id": response.headers["x-request-id"],
            "method": "GET",
            "route": "/health",
            "operation": "read_health",
            "status": 200,
            "duration_ms": line["duration_ms"],
            "version": __version__,
        }

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (("GET", "/v1/dwipps/abc", {}), ("/v1/dwipps/{dwipp_id}", "read_dwipp", 401, "unauthenticated")),
            (("PUT", "/v1/dwipps", {}), ("/v1/dwipps", None, 405, "method-not-allowed")),
            (("POST", "/v1/auth/login", {"json": {}}), ("/v1/auth/login", "login", 422, "invalid-request")),
            (("POST", "/v1/auth/token", {}), ("/v1/auth/token", "token", 400, "invalid-token-request")),
            (("GET", "/nothing/abc", {}), ("unmatched", None, 404, "not-found")),
            (("OPTIONS", "/v1/dwipps/abc", {"headers": PREFLIGHT}), ("/v1/dwipps/{dwipp_id}", None, 204, None)),
            (("OPTIONS", "/nothing/abc", {"headers": PREFLIGHT}), ("unmatched", None, 204, None)),
            (("GET", "/fail", {}), ("/fail", "fail", 500, "internal-error")),
            (("GET", "/", {}), ("/", "_root", 302, None)),
            (
                ("POST", "/v1/dwipps", {"content": b"a" * (MAX_BODY_BYTES + 1)}),
                ("/v1/dwipps", "create_dwipp", 413, "body-too-large"),
            ),
        ],
        ids=lambda case: f"{case[0]} {case[1]}" if len(case) == 3 else str(case[2]),
    )
    def test_each_response_has_one_line(
        self, arguments: RequestArguments, expected: tuple[Any, ...], app: FastAPI, lines: Lines
    ) -> None:
        method, url, options = arguments
        response = _send(app, method, url, **options)
        line = lines()[-1]
        assert [logged["message"] for logged in lines()].count("request") == 1
        assert (line["route"], line.get("operation"), line["status"], line.get("problem")) == expected
        assert line["method"] == method
        assert line["request_id"] == response.headers["x-request-id"]
        assert line["ServerErrors"] == int(line["status"] == 500)
        assert_valid_emf(line)

    def test_unexpected_error_is_logged_with_the_request_id(self, app: FastAPI, lines: Lines) -> None:
        _send(app, "GET", "/fail")
        failure, line = lines()
        assert (failure["level"], failure["logger"]) == ("ERROR", "app.problems")
        assert "ZeroDivisionError\n" in failure["message"]
        assert failure["request_id"] == line["request_id"]

    def test_unknown_method_is_logged_as_other(self, app: FastAPI, lines: Lines) -> None:
        _send(app, "KAY", "/health")
        assert (lines()[0]["method"], lines()[0]["status"]) == ("OTHER", 405)

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_broken_response_is_logged_as_500_without_the_message(
        self, kind: GatewayKind, handler: Handler, lines: Lines
    ) -> None:
        handler(make_event(httpx.Request("GET", "https://dwipper.test/break_off"), kind), None)
        error_line, line, _ = lines()
        assert (error_line["level"], error_line["request_id"]) == ("ERROR", line["request_id"])
        assert (line["operation"], line["status"], line["ServerErrors"]) == ("break_off", 500, 1)
        assert SUB not in str(lines())

    def test_client_disconnect_is_499(self, app: FastAPI, lines: Lines) -> None:
        scope = {"type": "http", "method": "POST", "path": "/read", "headers": [], "query_string": b""}

        async def receive() -> Any:
            await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def send(_: Any) -> None: ...

        asyncio.run(app(scope, receive, send))
        (line,) = lines()
        assert (line["operation"], line["status"], line["ServerErrors"]) == ("read", 499, 0)

    def test_line_is_written_at_any_log_level(
        self, app: FastAPI, lines: Lines, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.CRITICAL, "app")
        _send(app, "GET", "/fail")
        assert [line["message"] for line in lines()] == ["request"]

    @pytest.mark.parametrize("path", ["/health", "/break_off"])
    def test_no_line_without_json_logging(self, path: str, app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with suppress(ZeroDivisionError):
            _send(app, "GET", path)
        assert not [record for record in caplog.records if record.name.startswith("app")]


class TestMetrics:
    def test_first_request_counts_as_cold_start(
        self, app: FastAPI, lines: Lines, handler: Handler, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(metrics, "_cold_starts", chain((1,), repeat(0)))
        handler({"warmup": True}, None)
        _send(app, "GET", "/nothing")
        _send(app, "GET", "/health")
        handler({"httpMethod": "GET", "requestContext": {}}, None)
        assert [line["ColdStarts"] for line in lines() if line["message"] == "request"] == [1, 0, 0]

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_created_dwipp_is_counted(self, kind: GatewayKind, handler: Handler, lines: Lines) -> None:
        request = httpx.Request("POST", "https://dwipper.test/v1/dwipps", json={"text": "Hm."})
        assert to_response(handler(make_event(request, kind, make_valid_claims()), None)).status_code == 201
        assert lines()[0]["DwippsWritten"] == 1
        assert assert_valid_emf(lines()[0])["DwippsWritten"] == "Count"

    def test_response_is_counted_unless_it_is_a_replay(self, app: FastAPI, lines: Lines) -> None:
        _send(app, "GET", "/create")
        _send(app, "GET", "/create?is_replay=true")
        assert [line["status"] for line in lines()] == [201, 201]
        assert [line.get(COUNTED) for line in lines()] == [1, None]

    def test_broken_response_is_not_counted(self, app: FastAPI, lines: Lines) -> None:
        with suppress(ZeroDivisionError):
            _send(app, "GET", "/break_off")
        _, line = lines()
        assert (line["operation"], line["status"]) == ("break_off", 500)
        assert COUNTED not in line


class TestGatewayEvents:
    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_line_has_request_id_trace_and_member(
        self, kind: GatewayKind, handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0")
        request = httpx.Request("GET", "https://dwipper.test/prod/v1/dwipps?limit=3")
        event = make_event(request, kind, make_valid_claims(), prefix="/prod")
        handler(event, None)
        (line,) = lines()
        assert line["request_id"] == event["requestContext"]["requestId"]
        assert (line["trace_id"], line["member"], line["route"]) == (TRACE_ID, MEMBER_HASH, "/v1/dwipps")
        assert_valid_emf(line)

    @pytest.mark.parametrize(
        "header", ["", "Root=", "Root=kay@example.org", f"Root={TRACE_ID}{TRACE_ID}", f"Parent={TRACE_ID}"]
    )
    def test_invalid_trace_header_is_left_out(
        self, header: str, app: FastAPI, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        _send(app, "GET", "/health")
        assert "trace_id" not in lines()[0]

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_malformed_event_has_a_line(self, kind: GatewayKind, handler: Handler, lines: Lines) -> None:
        event = make_event(httpx.Request("POST", "https://dwipper.test/v1/dwipps", content=b"{}"), kind)
        response = to_response(handler(event | {"body": "a", "isBase64Encoded": True}, None))
        warning, line = lines()
        assert (warning["level"], warning["request_id"]) == ("WARNING", line["request_id"])
        assert line["request_id"] == response.headers["x-request-id"]
        assert (line["method"], line["route"], line["status"]) == ("POST", "unmatched", 400)
        assert (line["problem"], line["Requests"], line["ServerErrors"]) == ("malformed-request", 1, 0)
        assert_valid_emf(line)

    @pytest.mark.parametrize(
        "event", [{}, None, {"warmup": True}, {"source": "aws.events"}, {"requestContext": {"http": None}}], ids=str
    )
    def test_other_events_have_no_line(self, event: Any, handler: Handler, lines: Lines) -> None:
        handler(event, None)
        assert lines() == []


SECRET = "0190f3c2-5a1e-7c3d-9b4a-2f6e8d1c7b5a"
REQUESTS_WITH_SECRETS = [
    pytest.param(("GET", f"/v1/dwipps/{SECRET}", {}), id="Dwipp id"),
    pytest.param(("PUT", f"/v1/dwipps/{SECRET}/upvote", {}), id="Dwipp id of a reaction"),
    pytest.param(("GET", f"/v1/users/{SECRET}", {}), id="handle"),
    pytest.param(("GET", f"/{SECRET}", {}), id="path"),
    pytest.param(("GET", f"/v1/dwipps?cursor={SECRET}&{SECRET}=1", {}), id="query"),
    pytest.param(("GET", f"/health?{SECRET}", {}), id="query of a public route"),
    pytest.param(("GET", "/v1/dwipps", {"headers": {"Authorization": f"Bearer {SECRET}"}}), id="token"),
    pytest.param(
        ("GET", "/v1/dwipps", {"headers": {"Cookie": SECRET, "X-Forwarded-For": SECRET}}),
        id="cookie and client address",
    ),
    pytest.param(
        ("GET", "/v1/dwipps", {"headers": {"X-Request-Id": SECRET, "X-Amzn-Trace-Id": SECRET}}),
        id="request id and trace id",
    ),
    pytest.param(
        ("GET", "/v1/dwipps", {"headers": {"User-Agent": SECRET, SECRET: SECRET}}), id="user agent and header name"
    ),
    pytest.param(("POST", "/v1/dwipps", {"json": {"text": SECRET}}), id="text"),
    pytest.param(("POST", "/v1/dwipps", {"json": {SECRET: SECRET}}), id="field name"),
    pytest.param(("POST", "/v1/dwipps", {"content": SECRET}), id="invalid JSON"),
    pytest.param(
        ("POST", "/v1/dwipps", {"json": {"text": "a"}, "headers": {"Idempotency-Key": SECRET}}), id="idempotency key"
    ),
    pytest.param(("POST", "/v1/auth/login", {"json": LOGIN | {"email": f"{SECRET}@example.org"}}), id="email"),
    pytest.param(("POST", "/v1/auth/login", {"json": LOGIN | {"password": SECRET}}), id="password"),
    pytest.param(("POST", "/v1/auth/token", {"data": {"username": SECRET, "password": SECRET}}), id="token request"),
    pytest.param(("POST", "/v1/auth/refresh", {"json": {"refresh_token": SECRET}}), id="refresh token"),
    pytest.param(
        ("POST", "/v1/auth/confirm", {"json": {"registration": SECRET, "code": SECRET}}), id="registration and code"
    ),
    pytest.param(("GET", "/fail", {"headers": {"X": SECRET}, "params": {"x": SECRET}}), id="failing route"),
    pytest.param(("GET", "/break_off", {"headers": {"X": SECRET}, "params": {"x": SECRET}}), id="broken response"),
]


@pytest.mark.usefixtures("failing_cognito")
@pytest.mark.parametrize("arguments", REQUESTS_WITH_SECRETS)
@pytest.mark.parametrize("transport", ["uvicorn", *GATEWAY_KINDS])
def test_log_contains_no_request_data(
    arguments: RequestArguments, transport: Any, app: FastAPI, handler: Handler, lines: Lines
) -> None:
    method, url, options = arguments
    request = httpx.Request(method, f"https://dwipper.test{url}", **options)
    if transport == "uvicorn":
        with suppress(ZeroDivisionError):
            _send(app, method, url, **options)
    else:
        to_response(handler(make_event(request, transport, make_valid_claims()), None))
        to_response(handler(make_event(request, transport) | {"body": SECRET, "isBase64Encoded": True}, None))
    log = str(lines()).lower()
    for secret in (SECRET, SUB, "example.org", "203.0.113.7", "rubber duck", "dwipper.test", "bearer"):
        assert secret not in log


def _respond_with_error(_session: Any, request: Any) -> Any:
    """Let a call with TIMEOUT_EMAIL time out, throttle a call with THROTTLED_EMAIL, and refuse any other call."""
    body = str(request.body)
    if TIMEOUT_EMAIL in body:
        raise ReadTimeoutError(endpoint_url=request.url)
    time.sleep(0.01)
    code = "TooManyRequestsException" if THROTTLED_EMAIL in body else "NotAuthorizedException"
    response: Any = AWSResponse(request.url, 400, HTTPHeaders(), None)
    response._content = json.dumps({"__type": code, "message": SECRET}).encode()
    return response


@pytest.fixture
def failing_cognito(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every call to AWS fail, without pauses between the attempts."""
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", _respond_with_error)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


@pytest.mark.usefixtures("failing_cognito")
class TestCognitoErrors:
    @pytest.mark.parametrize(("email", "status"), [(THROTTLED_EMAIL, 429), (TIMEOUT_EMAIL, 503)])
    def test_each_failed_attempt_is_counted(self, email: str, status: int, app: FastAPI, lines: Lines) -> None:
        _send(app, "POST", "/v1/auth/login", json=LOGIN | {"email": email})
        cause, line = lines()
        assert "aws_error" in cause
        assert (line["status"], line["CognitoErrors"]) == (status, 2)
        assert "Logins" not in line

    def test_concurrent_requests_have_separate_counts(self, app: FastAPI, lines: Lines) -> None:
        emails = [THROTTLED_EMAIL, TIMEOUT_EMAIL, "kay@example.org", None] * 10
        expected: dict[str | None, tuple[str, int]] = {
            THROTTLED_EMAIL: ("/v1/auth/login", 2),
            TIMEOUT_EMAIL: ("/v1/auth/login", 2),
            "kay@example.org": ("/v1/auth/login", 0),
            None: ("/health", 0),
        }

        async def send_one(email: str | None) -> httpx.Response:
            if email is None:
                return await send_request(app, "GET", "/health")
            return await send_request(app, "POST", "/v1/auth/login", json=LOGIN | {"email": email})

        async def send_all() -> list[httpx.Response]:
            return await asyncio.gather(*map(send_one, emails))

        responses = asyncio.run(send_all())
        request_lines = [line for line in lines() if line["message"] == "request"]
        logged_values = {line["request_id"]: (line["route"], line["CognitoErrors"]) for line in request_lines}
        ids = [response.headers["x-request-id"] for response in responses]
        assert [logged_values[request_id] for request_id in ids] == [expected[email] for email in emails]
        assert len(request_lines) == len(emails)
