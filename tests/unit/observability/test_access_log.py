"""Every request has one line in the log, which says how it went, and nothing that the request carried."""

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
from app.web.middleware import MAX_BODY_BYTES
from testkit.doubles import offline_app, send_request
from testkit.forged_tokens import SUB, good_claims
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from tests.unit.observability.test_json_logging import Lines, capture
from tests.unit.observability.test_metrics import assert_valid

MEMBER = hashlib.sha256(SUB.encode()).hexdigest()[:16]
TRACE = "1-5759e988-bd862e3fe1be46a994272793"
PREFLIGHT = {"Origin": "https://any.example", "Access-Control-Request-Method": "POST"}
BUSY = "busy@example.org"
GONE = "gone@example.org"
Asked = tuple[str, str, dict[str, Any]]

LOGIN = {"email": "kay@example.org", "password": "a rubber duck knows"}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture(monkeypatch)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        app, _ = offline_app()

    async def fail() -> None:
        raise ZeroDivisionError

    async def read(request: Request) -> int:
        return len(await request.body())

    async def break_off() -> StreamingResponse:
        def chunks() -> Iterator[bytes]:
            yield b"a"
            raise ZeroDivisionError(SUB)

        return StreamingResponse(chunks())

    async def create_again(response: Response) -> None:
        response.headers["Idempotent-Replayed"] = "true"

    for endpoint in (fail, read, break_off):
        app.add_api_route(f"/{endpoint.__name__}", endpoint, methods=["GET", "POST"])
    for name in ("login", "create_dwipp"):
        app.add_api_route(f"/again/{name}", create_again, status_code=201, name=name, methods=["GET"])
    return app


@pytest.fixture
def handler(app: FastAPI) -> Handler:
    return make_handler(app)


def _ask(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    return asyncio.run(send_request(app, method, url, **options))


def _without_metrics(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "_aws" and not name[0].isupper()}


class TestLine:
    def test_it_says_what_was_asked_and_how_it_went(self, app: FastAPI, lines: Lines) -> None:
        answer = _ask(app, "GET", "/health")
        (line,) = lines()
        assert 0 < line["duration_ms"] < 5000
        assert assert_valid(line)["Latency"] == "Milliseconds"
        assert line["Latency"] == line["duration_ms"] == round(line["duration_ms"], 1)
        assert _without_metrics(line) == {
            "time": line["time"],
            "level": "INFO",
            "logger": "app.access",
            "message": "request",
            "request_id": answer.headers["x-request-id"],
            "method": "GET",
            "route": "/health",
            "operation": "read_health",
            "status": 200,
            "duration_ms": line["duration_ms"],
            "version": __version__,
        }

    @pytest.mark.parametrize(
        ("asked", "expected"),
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
    def test_every_answer_has_one(self, asked: Asked, expected: tuple[Any, ...], app: FastAPI, lines: Lines) -> None:
        method, url, options = asked
        answer = _ask(app, method, url, **options)
        line = lines()[-1]
        assert [each["message"] for each in lines()].count("request") == 1
        assert (line["route"], line.get("operation"), line["status"], line.get("problem")) == expected
        assert line["method"] == method
        assert line["request_id"] == answer.headers["x-request-id"]
        assert line["ServerErrors"] == int(line["status"] == 500)
        assert_valid(line)

    def test_what_failed_is_in_the_line_before_of_the_same_request(self, app: FastAPI, lines: Lines) -> None:
        _ask(app, "GET", "/fail")
        failure, line = lines()
        assert (failure["level"], failure["logger"]) == ("ERROR", "app.problems")
        assert "ZeroDivisionError\n" in failure["message"]
        assert failure["request_id"] == line["request_id"]

    def test_a_method_that_nobody_knows_is_another(self, app: FastAPI, lines: Lines) -> None:
        _ask(app, "KAY", "/health")
        assert (lines()[0]["method"], lines()[0]["status"]) == ("OTHER", 405)

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_an_answer_that_breaks_off_is_a_failure_whose_message_nobody_reads(
        self, kind: GatewayKind, handler: Handler, lines: Lines
    ) -> None:
        handler(make_event(httpx.Request("GET", "https://dwipper.test/break_off"), kind), None)
        broken, line, _ = lines()
        assert (broken["level"], broken["request_id"]) == ("ERROR", line["request_id"])
        assert (line["operation"], line["status"], line["ServerErrors"]) == ("break_off", 500, 1)
        assert SUB not in str(lines())

    def test_who_left_before_the_answer_is_499(self, app: FastAPI, lines: Lines) -> None:
        scope = {"type": "http", "method": "POST", "path": "/read", "headers": [], "query_string": b""}

        async def receive() -> Any:
            await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def send(_: Any) -> None: ...

        asyncio.run(app(scope, receive, send))
        (line,) = lines()
        assert (line["operation"], line["status"], line["ServerErrors"]) == ("read", 499, 0)

    def test_it_is_there_at_any_level(self, app: FastAPI, lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.CRITICAL, "app")
        _ask(app, "GET", "/fail")
        assert [line["message"] for line in lines()] == ["request"]

    @pytest.mark.parametrize("path", ["/health", "/break_off"])
    def test_without_json_there_is_none(self, path: str, app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with suppress(ZeroDivisionError):
            _ask(app, "GET", path)
        assert not [record for record in caplog.records if record.name.startswith("app")]


class TestMetrics:
    def test_the_first_request_is_cold(
        self, app: FastAPI, lines: Lines, handler: Handler, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(metrics, "_cold_starts", chain((1,), repeat(0)))
        handler({"warmup": True}, None)
        _ask(app, "GET", "/nothing")
        _ask(app, "GET", "/health")
        handler({"httpMethod": "GET", "requestContext": {}}, None)
        assert [line["ColdStarts"] for line in lines() if line["message"] == "request"] == [1, 0, 0]

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_a_dwipp_that_was_written_is_counted(self, kind: GatewayKind, handler: Handler, lines: Lines) -> None:
        request = httpx.Request("POST", "https://dwipper.test/v1/dwipps", json={"text": "Hm."})
        assert to_response(handler(make_event(request, kind, good_claims()), None)).status_code == 201
        assert lines()[0]["DwippsWritten"] == 1
        assert assert_valid(lines()[0])["DwippsWritten"] == "Count"

    def test_one_that_was_written_before_is_not(self, app: FastAPI, lines: Lines) -> None:
        _ask(app, "GET", "/again/create_dwipp")
        assert (lines()[0]["operation"], lines()[0]["status"]) == ("create_dwipp", 201)
        assert "DwippsWritten" not in lines()[0]


class TestBehindApiGateway:
    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_a_line_has_the_gateways_id_and_the_trace_and_the_member(
        self, kind: GatewayKind, handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0")
        request = httpx.Request("GET", "https://dwipper.test/prod/v1/dwipps?limit=3")
        event = make_event(request, kind, good_claims(), prefix="/prod")
        handler(event, None)
        (line,) = lines()
        assert line["request_id"] == event["requestContext"]["requestId"]
        assert (line["trace_id"], line["member"], line["route"]) == (TRACE, MEMBER, "/v1/dwipps")
        assert_valid(line)

    @pytest.mark.parametrize("header", ["", "Root=", "Root=kay@example.org", f"Root={TRACE}{TRACE}", f"Parent={TRACE}"])
    def test_a_trace_that_is_none_is_left_out(
        self, header: str, app: FastAPI, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        _ask(app, "GET", "/health")
        assert "trace_id" not in lines()[0]

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_an_event_that_cannot_be_read_has_a_line_too(
        self, kind: GatewayKind, handler: Handler, lines: Lines
    ) -> None:
        event = make_event(httpx.Request("POST", "https://dwipper.test/v1/dwipps", content=b"{}"), kind)
        answer = to_response(handler(event | {"body": "a", "isBase64Encoded": True}, None))
        warning, line = lines()
        assert (warning["level"], warning["request_id"]) == ("WARNING", line["request_id"])
        assert line["request_id"] == answer.headers["x-request-id"]
        assert (line["method"], line["route"], line["status"]) == ("POST", "unmatched", 400)
        assert (line["problem"], line["Requests"], line["ServerErrors"]) == ("malformed-request", 1, 0)
        assert_valid(line)

    @pytest.mark.parametrize(
        "event", [{}, None, {"warmup": True}, {"source": "aws.events"}, {"requestContext": {"http": None}}], ids=str
    )
    def test_what_is_no_request_has_none(self, event: Any, handler: Handler, lines: Lines) -> None:
        handler(event, None)
        assert lines() == []


SECRET = "0190f3c2-5a1e-7c3d-9b4a-2f6e8d1c7b5a"
CARRYING = [
    pytest.param(("GET", f"/v1/dwipps/{SECRET}", {}), id="an id"),
    pytest.param(("PUT", f"/v1/dwipps/{SECRET}/upvote", {}), id="an id that is reacted to"),
    pytest.param(("GET", f"/v1/users/{SECRET}", {}), id="a handle"),
    pytest.param(("GET", f"/{SECRET}", {}), id="a path"),
    pytest.param(("GET", f"/v1/dwipps?cursor={SECRET}&{SECRET}=1", {}), id="a query"),
    pytest.param(("GET", f"/health?{SECRET}", {}), id="a query of a page"),
    pytest.param(("GET", "/v1/dwipps", {"headers": {"Authorization": f"Bearer {SECRET}"}}), id="a token"),
    pytest.param(("GET", "/v1/dwipps", {"headers": {"Cookie": SECRET, "X-Forwarded-For": SECRET}}), id="an address"),
    pytest.param(("GET", "/v1/dwipps", {"headers": {"X-Request-Id": SECRET, "X-Amzn-Trace-Id": SECRET}}), id="an id"),
    pytest.param(("GET", "/v1/dwipps", {"headers": {"User-Agent": SECRET, SECRET: SECRET}}), id="a browser"),
    pytest.param(("POST", "/v1/dwipps", {"json": {"text": SECRET}}), id="a text"),
    pytest.param(("POST", "/v1/dwipps", {"json": {SECRET: SECRET}}), id="a field"),
    pytest.param(("POST", "/v1/dwipps", {"content": SECRET}), id="a body that is no JSON"),
    pytest.param(("POST", "/v1/dwipps", {"json": {"text": "a"}, "headers": {"Idempotency-Key": SECRET}}), id="a key"),
    pytest.param(("POST", "/v1/auth/login", {"json": LOGIN | {"email": f"{SECRET}@example.org"}}), id="an email"),
    pytest.param(("POST", "/v1/auth/login", {"json": LOGIN | {"password": SECRET}}), id="a password"),
    pytest.param(("POST", "/v1/auth/token", {"data": {"username": SECRET, "password": SECRET}}), id="a form"),
    pytest.param(("POST", "/v1/auth/refresh", {"json": {"refresh_token": SECRET}}), id="a refresh token"),
    pytest.param(("POST", "/v1/auth/confirm", {"json": {"registration": SECRET, "code": SECRET}}), id="a code"),
    pytest.param(("GET", "/fail", {"headers": {"X": SECRET}, "params": {"x": SECRET}}), id="what leads to a failure"),
    pytest.param(("GET", "/break_off", {"headers": {"X": SECRET}, "params": {"x": SECRET}}), id="what breaks off"),
]


@pytest.mark.usefixtures("cognito")
@pytest.mark.parametrize("asked", CARRYING)
@pytest.mark.parametrize("transport", ["uvicorn", *GATEWAY_KINDS])
def test_nothing_that_a_request_carries_is_in_any_line(
    asked: Asked, transport: Any, app: FastAPI, handler: Handler, lines: Lines
) -> None:
    method, url, options = asked
    request = httpx.Request(method, f"https://dwipper.test{url}", **options)
    if transport == "uvicorn":
        with suppress(ZeroDivisionError):
            _ask(app, method, url, **options)
    else:
        to_response(handler(make_event(request, transport, good_claims()), None))
        to_response(handler(make_event(request, transport) | {"body": SECRET, "isBase64Encoded": True}, None))
    log = str(lines()).lower()
    for carried in (SECRET, SUB, "example.org", "203.0.113.7", "rubber duck", "dwipper.test", "bearer"):
        assert carried not in log


def _refuse(_session: Any, request: Any) -> Any:
    """The answer of an AWS that refuses everybody, some for reasons of its own."""
    body = str(request.body)
    if GONE in body:
        raise ReadTimeoutError(endpoint_url=request.url)
    time.sleep(0.01)
    code = "TooManyRequestsException" if BUSY in body else "NotAuthorizedException"
    answer: Any = AWSResponse(request.url, 400, HTTPHeaders(), None)
    answer._content = json.dumps({"__type": code, "message": SECRET}).encode()
    return answer


@pytest.fixture
def cognito(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a Cognito that refuses everybody, and the SDK does not pause."""
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", _refuse)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.mark.usefixtures("cognito")
class TestCognito:
    @pytest.mark.parametrize(("email", "status"), [(BUSY, 429), (GONE, 503)])
    def test_its_failures_are_counted_the_sdks_retries_too(
        self, email: str, status: int, app: FastAPI, lines: Lines
    ) -> None:
        _ask(app, "POST", "/v1/auth/login", json=LOGIN | {"email": email})
        assert (lines()[0]["status"], lines()[0]["CognitoErrors"]) == (status, 2)
        assert "Logins" not in lines()[0]

    def test_requests_at_the_same_time_do_not_mix(self, app: FastAPI, lines: Lines) -> None:
        emails = [BUSY, GONE, "kay@example.org", None] * 10
        expected: dict[str | None, tuple[str, int]] = {
            BUSY: ("/v1/auth/login", 2),
            GONE: ("/v1/auth/login", 2),
            "kay@example.org": ("/v1/auth/login", 0),
            None: ("/health", 0),
        }

        async def one(email: str | None) -> httpx.Response:
            if email is None:
                return await send_request(app, "GET", "/health")
            return await send_request(app, "POST", "/v1/auth/login", json=LOGIN | {"email": email})

        async def together() -> list[httpx.Response]:
            return await asyncio.gather(*map(one, emails))

        answers = asyncio.run(together())
        of_requests = [line for line in lines() if line["message"] == "request"]
        found = {line["request_id"]: (line["route"], line["CognitoErrors"]) for line in of_requests}
        ids = [answer.headers["x-request-id"] for answer in answers]
        assert [found[request_id] for request_id in ids] == [expected[email] for email in emails]
        assert len(of_requests) == len(emails)
