"""Events of API Gateway, the odd ones too, are answered by the app, below whatever prefix they came."""

import asyncio
import base64
import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI, Request

from app.api_gateway import Handler, make_handler
from app.dwipps.schemas import DwippPage
from app.pagination.cursors import encode_cursor
from testkit.doubles import RecordingFeed, offline_app, send_request
from testkit.forged_tokens import good_claims
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response

Event = dict[str, Any]

HOST = "https://dwipper.test"
FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "docs.css", "docs.js", "problems.css")
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_ANSWER = 6 * 1024 * 1024


@pytest.fixture(scope="module")
def served() -> tuple[FastAPI, RecordingFeed]:
    app, feed = offline_app()

    async def echo(request: Request) -> dict[str, Any]:
        body = await request.body()
        return {
            "path": request.scope["path"],
            "root_path": request.scope["root_path"],
            "query": request.query_params.multi_items(),
            "headers": request.headers.items(),
            "body": base64.b64encode(body).decode(),
        }

    async def fail() -> None:
        raise ZeroDivisionError

    app.add_api_route("/echo", echo, methods=["GET", "POST"], include_in_schema=False)
    app.add_api_route("/fail", fail, include_in_schema=False)
    feed.answer = lambda: DwippPage(items=[], next_cursor=encode_cursor("feed", "x"))
    return app, feed


@pytest.fixture
def handler(served: tuple[FastAPI, RecordingFeed]) -> Handler:
    return make_handler(served[0])


def _event(path: str, kind: GatewayKind = "rest", method: str = "GET", *, prefix: str = "", **options: Any) -> Event:
    claims = options.pop("claims", None)
    stage = options.pop("stage", "prod")
    return make_event(httpx.Request(method, HOST + path, **options), kind, claims, prefix=prefix, stage=stage)


def _answer(handler: Handler, event: Any) -> httpx.Response:
    """What the gateway would make of the function's answer, which passes through JSON on its way."""
    return to_response(json.loads(json.dumps(handler(event, None))))


def assert_unreadable(answer: httpx.Response) -> None:
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:dwipper:problem:malformed-request"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestAnswers:
    def test_json_comes_as_text(self, kind: GatewayKind, handler: Handler) -> None:
        answer = handler(_event("/health", kind), None)
        assert answer["statusCode"] == 200
        assert answer["isBase64Encoded"] is False
        assert json.loads(answer["body"])["status"] == "ok"

    @pytest.mark.parametrize(
        ("path", "method", "status"),
        [
            pytest.param("/v1/dwipps", "GET", 401, id="401"),
            pytest.param("/nothing", "GET", 404, id="404"),
            pytest.param("/health", "DELETE", 405, id="405"),
            pytest.param("/v1/auth/login", "POST", 422, id="422"),
            pytest.param("/fail", "GET", 500, id="500"),
        ],
    )
    def test_problems_come_as_text_with_the_gateways_id(
        self, path: str, method: str, status: int, kind: GatewayKind, handler: Handler
    ) -> None:
        event = _event(
            path, kind, method, headers={"X-Request-Id": "of the client's", "Content-Type": "application/json"}
        )
        answer = handler(event, None)
        assert answer["statusCode"] == status
        assert answer["isBase64Encoded"] is False
        assert answer["headers"]["content-type"] == "application/problem+json"
        assert answer["headers"]["x-request-id"] == event["requestContext"]["requestId"]
        assert json.loads(answer["body"])["request_id"] == event["requestContext"]["requestId"]

    @pytest.mark.parametrize("path", ["/docs", "/problems", *(f"/docs/{name}" for name in FILES)])
    def test_pages_and_what_they_load_come_as_text_that_lambda_hands_on(
        self, path: str, kind: GatewayKind, handler: Handler, served: tuple[FastAPI, RecordingFeed]
    ) -> None:
        answer = handler(_event(path, kind), None)
        assert answer["isBase64Encoded"] is False
        assert len(json.dumps(answer)) < LARGEST_ANSWER
        assert answer["body"].encode() == asyncio.run(send_request(served[0], "GET", path)).content

    def test_nothing_is_started_or_stopped_by_an_event(self, kind: GatewayKind) -> None:
        asked: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            asked.append(scope["type"])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        make_handler(app)(_event("/health", kind), None)
        assert asked == ["http"]

    def test_a_query_comes_as_it_was_sent(self, kind: GatewayKind, handler: Handler) -> None:
        answer = _answer(handler, _event("/echo?a=1&b=%C3%A9%26+c&empty=", kind)).json()
        assert answer["query"] == [["a", "1"], ["b", "é& c"], ["empty", ""]]

    @pytest.mark.parametrize("body", [b"", b"text", "é🦆".encode(), b"\xff\x00\xfe", b"a" * 70_000], ids=len)
    def test_a_body_comes_as_it_was_sent(self, body: bytes, kind: GatewayKind, handler: Handler) -> None:
        answer = _answer(handler, _event("/echo", kind, "POST", content=body, headers={"Content-Length": "0"}))
        if len(body) > 65_536:
            assert answer.status_code == 413
        else:
            assert base64.b64decode(answer.json()["body"]) == body


PREFIXES = [
    pytest.param("", "prod", id="none"),
    pytest.param("/dev", "dev", id="a stage"),
    pytest.param("/v1", "v1", id="a stage called v1"),
    pytest.param("/docs", "docs", id="a stage called docs"),
    pytest.param("/thoughts", "prod", id="a base path"),
    pytest.param("/of/the/shower", "prod", id="a base path of several parts"),
]


@pytest.mark.parametrize(("prefix", "stage"), PREFIXES)
@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestPrefixes:
    """A stage, or a custom domain's base path; nothing but the event says which."""

    def test_links_lead_back_below_it(self, kind: GatewayKind, prefix: str, stage: str, handler: Handler) -> None:
        event = _event(f"{prefix}/v1/dwipps?limit=5", kind, prefix=prefix, stage=stage, claims=good_claims())
        answer = _answer(handler, event)
        assert answer.status_code == 200
        assert answer.headers["link"].startswith(f"<{prefix}/v1/dwipps?limit=5&cursor=")
        assert answer.headers["cache-control"] == "no-store"

    def test_a_new_dwipps_location_is_below_it(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        event = _event(
            f"{prefix}/v1/dwipps", kind, "POST", json={"text": "Hm."}, prefix=prefix, stage=stage, claims=good_claims()
        )
        answer = _answer(handler, event)
        assert answer.status_code == 201
        assert answer.headers["location"] == f"{prefix}/v1/dwipps/{answer.json()['id']}"

    @pytest.mark.parametrize("end", ["", "/"])
    def test_its_root_leads_to_the_docs_below_it(
        self, end: str, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        answer = _answer(handler, _event(f"{prefix}{end}", kind, prefix=prefix, stage=stage))
        assert answer.status_code == 302
        assert answer.headers["location"] == f"{prefix}/docs"

    def test_the_docs_page_and_the_spec_point_below_it(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        page = _answer(handler, _event(f"{prefix}/docs", kind, prefix=prefix, stage=stage))
        for reference in re.findall(r'"((?:docs/|\./)[^"]+)"', page.text):
            asked = httpx.URL(urljoin(f"{HOST}{prefix}/docs", reference)).raw_path.decode()
            assert asked.startswith(f"{prefix}/")
            assert _answer(handler, _event(asked, kind, prefix=prefix, stage=stage)).status_code == 200
        spec = _answer(handler, _event(f"{prefix}/openapi.json", kind, prefix=prefix, stage=stage)).json()
        assert [server["url"] for server in spec.get("servers", [])] == ([prefix] if prefix else [])

    def test_a_path_that_there_is_not_is_404(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        answer = _answer(handler, _event(f"{prefix}/nothing/here", kind, prefix=prefix, stage=stage))
        assert answer.json()["type"] == "urn:dwipper:problem:not-found"

    def test_a_405_names_the_methods_below_it(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        answer = _answer(handler, _event(f"{prefix}/v1/dwipps", kind, "PUT", prefix=prefix, stage=stage))
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


class TestPaths:
    def test_the_default_route_of_an_http_api_below_its_stage(self, handler: Handler) -> None:
        event = _event("/dev/v1/dwipps", "http-2.0", prefix="/dev", stage="dev", claims=good_claims())
        answer = _answer(handler, event | {"routeKey": "$default", "pathParameters": None})
        assert answer.headers["link"].startswith("</dev/v1/dwipps?")

    def test_the_default_route_of_the_default_stage(self, handler: Handler) -> None:
        event = _event("/v1/dwipps", "http-2.0", stage="$default", claims=good_claims())
        event |= {"routeKey": "$default"}
        del event["pathParameters"]
        assert _answer(handler, event).headers["link"].startswith("</v1/dwipps?")

    def test_a_stage_is_no_prefix_of_a_path_that_only_begins_like_it(self, handler: Handler) -> None:
        event = _event("/health", "http-2.0", stage="heal") | {"routeKey": "$default", "pathParameters": None}
        assert _answer(handler, event).status_code == 200

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    @pytest.mark.parametrize(
        ("asked", "seen"),
        [
            pytest.param("/echo/%C3%A9%20%F0%9F%A6%86", "/echo/é 🦆", id="letters beyond ASCII"),
            pytest.param("/echo/a%2Fb", "/echo/a/b", id="a slash"),
            pytest.param("/echo/%FF", "/echo/\ufffd", id="no UTF-8"),
            pytest.param("/%65cho", "/echo", id="a letter"),
        ],
    )
    def test_a_path_is_decoded(self, asked: str, seen: str, kind: GatewayKind, handler: Handler) -> None:
        for prefix in ("", "/dev"):
            event = _event(prefix + asked, kind, prefix=prefix, stage="dev")
            for place in (event["requestContext"], event["requestContext"].get("http", {})):
                if "path" in place:
                    place["path"] = prefix + asked
            answer = _answer(handler, event)
            assert answer.status_code == (200 if seen == "/echo" else 404)
            if seen == "/echo":
                assert (answer.json()["path"], answer.json()["root_path"]) == (prefix + seen, prefix)

    def test_the_spec_remembers_no_prefix_of_another_request(self, handler: Handler) -> None:
        for prefix, stage in (("/dev", "dev"), ("/thoughts", "prod"), ("", "prod")):
            spec = _answer(handler, _event(f"{prefix}/openapi.json", prefix=prefix, stage=stage)).json()
            assert [server["url"] for server in spec.get("servers", [])] == ([prefix] if prefix else [])

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_no_client_makes_the_root_lead_elsewhere(self, kind: GatewayKind, handler: Handler) -> None:
        for path in ("//evil.example", "//evil.example/", "/%2F/evil.example/"):
            event = _event("/", kind)
            event |= {"resource": "/{proxy+}", "routeKey": "ANY /{proxy+}", "pathParameters": {"proxy": "evil.example"}}
            event["path"] = event["requestContext"]["path"] = path
            if kind == "http-2.0":
                event["requestContext"]["http"]["path"] = path
            assert not _answer(handler, event).headers.get("location", "").startswith("//")


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestOddEvents:
    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({"X-Forwarded-Port": "443,80"}, id="two ports"),
            pytest.param({"X-Forwarded-Port": ""}, id="no port"),
            pytest.param({"x-forwarded-port": "https"}, id="a port in words"),
            pytest.param({"Host": "a:b:c"}, id="a host of three parts"),
            pytest.param({"Host": "["}, id="half a host"),
            pytest.param({"Host": "[::1]:443"}, id="a host in IPv6"),
            pytest.param({"Host": "dwipper.test:port"}, id="a host with a port in words"),
            pytest.param({"HOST": ""}, id="an empty host"),
            pytest.param({"host": None}, id="host null"),
            pytest.param({"X-Forwarded-Proto": "gopher"}, id="an odd scheme"),
            pytest.param({"Origin": None, "Accept": None}, id="values null"),
            pytest.param({"Accept": 1, "X": ["a"], "Y": {}}, id="values of other types"),
            pytest.param({"Content-Length": "many"}, id="a length in words"),
            pytest.param({"Content-Length": "-1"}, id="a negative length"),
            pytest.param({"Cookie": "a=\x00"}, id="an odd cookie"),
            pytest.param({"": ""}, id="a header without a name"),
            pytest.param({}, id="none"),
            pytest.param(None, id="null"),
            pytest.param([], id="a list"),
        ],
    )
    def test_no_header_keeps_an_answer_away(self, headers: Any, kind: GatewayKind, handler: Handler) -> None:
        several = {name: [value] for name, value in headers.items()} if isinstance(headers, dict) else headers
        for event in (
            _event("/health", kind) | {"headers": headers},
            _event("/health", kind) | {"headers": headers, "multiValueHeaders": several},
            _event("/health", kind) | {"headers": headers, "multiValueHeaders": None},
            _event("/health", kind) | {"headers": headers, "multiValueHeaders": headers},
        ):
            assert _answer(handler, event).status_code == 200

    def test_events_may_lack_headers(self, kind: GatewayKind, handler: Handler) -> None:
        event = _event("/health", kind)
        event.pop("headers")
        event.pop("multiValueHeaders", None)
        assert _answer(handler, event).status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"body": "a", "isBase64Encoded": True}, id="a body cut off"),
            pytest.param({"body": "é", "isBase64Encoded": True}, id="a body beyond ASCII as base64"),
            pytest.param({"body": "\ud800"}, id="half a character in the body"),
            pytest.param({"body": {"text": "Hm."}}, id="a body that is an object"),
            pytest.param({"headers": {"X": "\ud800"}, "multiValueHeaders": None}, id="half a character in a header"),
        ],
    )
    def test_what_cannot_be_read_is_400(
        self, changes: dict[str, Any], kind: GatewayKind, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = _answer(handler, _event("/echo", kind, "POST", content=b"{}") | changes)
        assert_unreadable(answer)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert answer.headers["x-request-id"] in caplog.text

    def test_half_a_character_in_the_query_is_400(self, kind: GatewayKind, handler: Handler) -> None:
        query = {
            "rawQueryString": "a=\ud800",
            "queryStringParameters": {"a": "\ud800"},
            "multiValueQueryStringParameters": {"a": ["\ud800"]},
        }
        assert_unreadable(_answer(handler, _event("/echo", kind) | query))

    @pytest.mark.parametrize("path", ["/\ud800", "/v1/dwipps/\ud800", "/v1/users/\ud800"])
    def test_half_a_character_in_the_path_is_no_failure(self, path: str, kind: GatewayKind, handler: Handler) -> None:
        event = _event("/x", kind) | {"path": path, "rawPath": path, "pathParameters": {"proxy": path[1:]}}
        event["requestContext"]["path"] = path
        if kind == "http-2.0":
            event["requestContext"]["http"]["path"] = path
        assert _answer(handler, event).status_code in (400, 401, 404)

    @pytest.mark.parametrize("values", [None, {}, [], "proxy", 1, {"proxy": None}, {"other": "x"}], ids=str)
    def test_path_parameters_of_any_shape_are_survived(self, values: Any, kind: GatewayKind, handler: Handler) -> None:
        event = _event("/dev/health", kind, prefix="/dev", stage="dev") | {"pathParameters": values}
        assert _answer(handler, event).status_code == 200

    @pytest.mark.parametrize("stage", [None, "", 1, "$default", "(", "/"], ids=repr)
    def test_stages_of_any_shape_are_survived(self, stage: Any, kind: GatewayKind, handler: Handler) -> None:
        event = _event("/health", kind) | {"resource": None, "routeKey": None}
        event["requestContext"]["stage"] = stage
        assert _answer(handler, event).status_code in (200, 404)

    @pytest.mark.parametrize("given", [None, "", 1, "a b", "a\r\nSet-Cookie: a=b", "é", "a" * 129], ids=repr)
    def test_an_id_that_no_gateway_gives_is_replaced(self, given: Any, kind: GatewayKind, handler: Handler) -> None:
        event = _event("/health", kind)
        event["requestContext"]["requestId"] = given
        assert len(_answer(handler, event).headers["x-request-id"]) == 36

    @pytest.mark.parametrize("cookies", [None, [], ["a=b", "c=d"], "a=b", [1], 1], ids=str)
    def test_cookies_of_any_shape_are_survived(self, cookies: Any, kind: GatewayKind, handler: Handler) -> None:
        assert _answer(handler, _event("/health", kind) | {"cookies": cookies}).status_code in (200, 400)

    def test_a_request_context_may_say_nothing_else(self, kind: GatewayKind, handler: Handler) -> None:
        event = _event("/health", kind)
        http: Event = {"http": {"method": "GET", "path": "/health"}} if kind == "http-2.0" else {}
        for context in (http, http | {"identity": None}, http | {"authorizer": None, "identity": []}):
            assert _answer(handler, event | {"requestContext": context}).status_code in (200, 400)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "resources": [], "detail": {}},
            id="a schedule",
        ),
        pytest.param({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}, id="a queue"),
        pytest.param({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, id="a bucket"),
        pytest.param({"triggerSource": "PreSignUp_SignUp", "request": {}, "response": {}}, id="a user pool"),
        pytest.param({"type": "TOKEN", "methodArn": "arn:aws:execute-api", "authorizationToken": "x"}, id="authorizer"),
        pytest.param({"requestContext": {"connectionId": "x", "routeKey": "$connect"}}, id="a WebSocket"),
        pytest.param({"requestContext": None, "httpMethod": "GET"}, id="a request context of null"),
        pytest.param({"requestContext": {"http": None}}, id="a half event"),
        pytest.param({"warmup": True}, id="a warm-up plugin"),
        pytest.param({}, id="empty"),
        pytest.param(None, id="null"),
        pytest.param([], id="a list"),
        pytest.param("ping", id="a text"),
        pytest.param(1, id="a number"),
    ],
)
def test_an_event_that_is_no_request_is_passed_over_quickly(
    event: Any, handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    begun = time.perf_counter()
    assert handler(event, None)["statusCode"] == 204
    assert time.perf_counter() - begun < 1
    assert not caplog.records


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"httpMethod": "GET", "requestContext": {}}, id="no path"),
        pytest.param({"httpMethod": "GET", "requestContext": {}, "resource": "/", "path": None}, id="path null"),
        pytest.param({"httpMethod": None, "requestContext": {}, "resource": "/", "path": "/"}, id="method null"),
        pytest.param({"version": "2.0", "requestContext": {"http": {}}, "headers": {}}, id="an empty http"),
        pytest.param(
            {"version": "3.0", "requestContext": {"http": {"path": "/", "method": "GET"}}}, id="a new version"
        ),
        pytest.param({"requestContext": {"http": {"path": "/", "method": "GET"}}}, id="no version"),
    ],
)
def test_a_request_in_pieces_gets_an_answer(event: Event, handler: Handler) -> None:
    answer = _answer(handler, event)
    assert answer.status_code < 500


def test_headers_that_came_twice_stay_two(handler: Handler) -> None:
    headers = [("X-Thing", "a"), ("X-Thing", "b")]
    seen = _answer(handler, _event("/echo", headers=headers)).json()["headers"]
    assert ["x-thing", "a, b"] in seen


class TestEventLoops:
    """A handler needs no event loop of its caller."""

    def test_it_answers_in_a_new_thread(self, handler: Handler) -> None:
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(lambda _: handler(_event("/health"), None), range(8)))
        assert [answer["statusCode"] for answer in answers] == [200] * 8

    def test_it_answers_after_asyncio_run(self, handler: Handler) -> None:
        asyncio.run(asyncio.sleep(0))
        assert handler(_event("/health"), None)["statusCode"] == 200

    def test_it_answers_without_a_current_loop(self, handler: Handler) -> None:
        asyncio.set_event_loop(None)
        assert handler(_event("/health"), None)["statusCode"] == 200
