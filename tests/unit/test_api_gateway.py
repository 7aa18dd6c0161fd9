"""The app responds to events of API Gateway below any prefix. Malformed events cause no server error."""

import asyncio
import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from app.api_gateway import Handler, make_handler
from app.dwipps.schemas import DwippPage
from app.pagination.cursors import encode_cursor
from testkit.doubles import RecordingFeed, make_offline_app, send_request
from testkit.forged_tokens import make_valid_claims
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from testkit.sam_local import make_sam_event
from tests.unit.observability.test_json_logging import capture_log

Event = dict[str, Any]

HOST = "https://dwipper.test"
ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "docs.css", "docs.js", "problems.css")
PREFLIGHT = {"Origin": "https://any.example", "Access-Control-Request-Method": "POST"}
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_RESPONSE_BYTES = 6 * 1024 * 1024


@pytest.fixture(scope="module")
def app_and_feed() -> tuple[FastAPI, RecordingFeed]:
    app, feed = make_offline_app()

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

    async def accept() -> Response:
        return Response(status_code=202)

    app.add_api_route("/empty", accept, methods=["POST"], include_in_schema=False)
    app.add_api_route("/echo", echo, methods=["GET", "POST"], include_in_schema=False)
    app.add_api_route("/fail", fail, include_in_schema=False)
    feed.respond = lambda: DwippPage(items=[], next_cursor=encode_cursor("feed", "x"))
    return app, feed


@pytest.fixture
def handler(app_and_feed: tuple[FastAPI, RecordingFeed]) -> Handler:
    return make_handler(app_and_feed[0])


class _Responder:
    """An ASGI app with one response."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._status = status
        self._headers = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        self._body = body

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 -- ASGI's interface
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


def _make_event(
    path: str, kind: GatewayKind = "rest", method: str = "GET", *, prefix: str = "", **options: Any
) -> Event:
    claims = options.pop("claims", None)
    stage = options.pop("stage", "prod")
    return make_event(httpx.Request(method, HOST + path, **options), kind, claims, prefix=prefix, stage=stage)


def _call_handler(handler: Handler, event: Any) -> httpx.Response:
    """Call the handler, and return the response that the gateway would send."""
    return to_response(json.loads(json.dumps(handler(event, None))))


def assert_malformed(response: httpx.Response) -> None:
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:dwipper:problem:malformed-request"
    assert response.json()["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestResponses:
    def test_json_is_returned_as_text(self, kind: GatewayKind, handler: Handler) -> None:
        response = handler(_make_event("/health", kind), None)
        assert response["statusCode"] == 200
        assert response["isBase64Encoded"] is False
        assert json.loads(response["body"])["status"] == "ok"

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
    def test_problems_are_text_with_the_gateway_request_id(
        self, path: str, method: str, status: int, kind: GatewayKind, handler: Handler
    ) -> None:
        event = _make_event(path, kind, method, headers={"X-Request-Id": "client", "Content-Type": "application/json"})
        response = handler(event, None)
        assert response["statusCode"] == status
        assert response["isBase64Encoded"] is False
        assert response["headers"]["content-type"] == "application/problem+json"
        assert response["headers"]["x-request-id"] == event["requestContext"]["requestId"]
        assert json.loads(response["body"])["request_id"] == event["requestContext"]["requestId"]

    @pytest.mark.parametrize("path", ["/docs", "/problems", *(f"/docs/{name}" for name in ASSETS)])
    def test_pages_and_assets_are_returned_as_text(
        self, path: str, kind: GatewayKind, handler: Handler, app_and_feed: tuple[FastAPI, RecordingFeed]
    ) -> None:
        response = handler(_make_event(path, kind), None)
        assert response["isBase64Encoded"] is False
        assert len(json.dumps(response)) < MAX_RESPONSE_BYTES
        assert response["body"].encode() == asyncio.run(send_request(app_and_feed[0], "GET", path)).content

    @pytest.mark.parametrize("status", [200, 202, 204, 205, 302, 304, 404])
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    def test_response_without_media_type_gets_none(self, method: str, status: int, kind: GatewayKind) -> None:
        for body in (b"", b"text"):
            result = make_handler(_Responder(status, {}, body))(_make_event("/", kind, method), None)
            assert not [name for name in result.get("headers", {}) if name.lower() == "content-type"]

    @pytest.mark.parametrize("name", ["content-type", "Content-Type"])
    def test_declared_media_type_is_kept_without_a_body(self, name: str, kind: GatewayKind) -> None:
        """The response to HEAD declares the media type of the body that it lacks."""
        for status in (200, 202, 304, 404):
            app = _Responder(status, {name: "text/css"}, b"")
            response = to_response(make_handler(app)(_make_event("/", kind, "HEAD"), None))
            assert response.headers["content-type"] == "text/css"

    @pytest.mark.parametrize(
        "arguments",
        [
            pytest.param(("GET", "/", {}), id="302"),
            pytest.param(("HEAD", "/", {}), id="HEAD of 302"),
            pytest.param(("HEAD", "/docs/docs.js", {}), id="HEAD of a file"),
            pytest.param(("HEAD", "/v1/dwipps", {}), id="HEAD of 401"),
            pytest.param(("OPTIONS", "/v1/dwipps", {"headers": PREFLIGHT}), id="preflight"),
            pytest.param(("POST", "/v1/auth/logout", {"json": {"refresh_token": "a b"}}), id="204"),
            pytest.param(("POST", "/v1/auth/login", {"json": {}}), id="422"),
            pytest.param(("POST", "/empty", {}), id="202"),
        ],
    )
    def test_media_type_is_that_under_uvicorn(
        self,
        arguments: tuple[str, str, dict[str, Any]],
        kind: GatewayKind,
        handler: Handler,
        app_and_feed: tuple[FastAPI, RecordingFeed],
    ) -> None:
        method, path, options = arguments
        response = _call_handler(handler, _make_event(path, kind, method, **options))
        expected = asyncio.run(send_request(app_and_feed[0], method, path, **options))
        assert response.status_code == expected.status_code
        assert response.headers.get("content-type") == expected.headers.get("content-type")

    def test_event_sends_no_lifespan_messages(self, kind: GatewayKind) -> None:
        scope_types: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope_types.append(scope["type"])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        make_handler(app)(_make_event("/health", kind), None)
        assert scope_types == ["http"]

    def test_query_is_passed_on(self, kind: GatewayKind, handler: Handler) -> None:
        response = _call_handler(handler, _make_event("/echo?a=1&b=%C3%A9%26+c&empty=", kind)).json()
        assert response["query"] == [["a", "1"], ["b", "é& c"], ["empty", ""]]

    @pytest.mark.parametrize("body", [b"", b"text", "é🦆".encode(), b"\xff\x00\xfe", b"a" * 70_000], ids=len)
    def test_body_is_passed_on(self, body: bytes, kind: GatewayKind, handler: Handler) -> None:
        response = _call_handler(
            handler, _make_event("/echo", kind, "POST", content=body, headers={"Content-Length": "0"})
        )
        if len(body) > 65_536:
            assert response.status_code == 413
        else:
            assert base64.b64decode(response.json()["body"]) == body


PREFIXES = [
    pytest.param("", "prod", id="no prefix"),
    pytest.param("/dev", "dev", id="stage"),
    pytest.param("/v1", "v1", id="stage named v1"),
    pytest.param("/docs", "docs", id="stage named docs"),
    pytest.param("/thoughts", "prod", id="base path"),
    pytest.param("/of/the/shower", "prod", id="base path with several segments"),
]


@pytest.mark.parametrize(("prefix", "stage"), PREFIXES)
@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestPrefixes:
    """The prefix is a stage or the base path of a custom domain. The app takes it from the event."""

    def test_app_gets_the_path_and_its_prefix(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        response = _call_handler(handler, _make_event(f"{prefix}/echo", kind, prefix=prefix, stage=stage)).json()
        assert (response["path"], response["root_path"]) == (f"{prefix}/echo", prefix)

    @pytest.mark.parametrize("end", ["", "/"])
    def test_root_redirects_to_docs_below_the_prefix(
        self, end: str, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        """The path of a stage or a base path may lack the slash at its end. Then its last segment is no folder."""
        for method in ("GET", "HEAD"):
            event = _make_event(f"{prefix}{end}", kind, method, prefix=prefix, stage=stage)
            response = _call_handler(handler, event)
            assert response.status_code == 302
            # The URL of a host always has a path.
            requested = f"{HOST}{prefix}{end}" if prefix or end else f"{HOST}/"
            assert urljoin(requested, response.headers["location"]) == f"{HOST}{prefix}/docs"

    def test_responses_have_the_headers_of_their_paths(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        claims = make_valid_claims()
        event = _make_event(f"{prefix}/v1/dwipps?limit=5", kind, prefix=prefix, stage=stage, claims=claims)
        response = _call_handler(handler, event)
        assert response.headers["link"].startswith("<?limit=5&cursor=")
        assert response.headers["cache-control"] == "no-store"

    def test_document_is_the_same_below_each_prefix(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        event = _make_event(f"{prefix}/openapi.json", kind, prefix=prefix, stage=stage)
        document = _call_handler(handler, event).json()
        assert document == _call_handler(handler, _make_event("/openapi.json")).json()
        assert [server["url"] for server in document["servers"]] == ["."]

    def test_line_feed_after_the_path_is_404(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        for path in ("/health", "/", "/docs", "/docs/docs.js", "/openapi.json", "/v1/dwipps", "/echo"):
            event = _make_event(f"{prefix}{path}%0A", kind, prefix=prefix, stage=stage, claims=make_valid_claims())
            response = _call_handler(handler, event)
            assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:not-found"), path

    def test_unknown_path_is_404(self, kind: GatewayKind, prefix: str, stage: str, handler: Handler) -> None:
        response = _call_handler(handler, _make_event(f"{prefix}/nothing/here", kind, prefix=prefix, stage=stage))
        assert response.json()["type"] == "urn:dwipper:problem:not-found"

    def test_405_lists_methods_with_any_prefix(
        self, kind: GatewayKind, prefix: str, stage: str, handler: Handler
    ) -> None:
        response = _call_handler(handler, _make_event(f"{prefix}/v1/dwipps", kind, "PUT", prefix=prefix, stage=stage))
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")


class TestPaths:
    def test_default_route_below_a_stage(self, handler: Handler) -> None:
        event = _make_event("/dev/echo", "http-2.0", prefix="/dev", stage="dev")
        response = _call_handler(handler, event | {"routeKey": "$default", "pathParameters": None})
        assert response.json()["root_path"] == "/dev"

    def test_default_route_in_the_default_stage(self, handler: Handler) -> None:
        event = _make_event("/echo", "http-2.0", stage="$default") | {"routeKey": "$default"}
        del event["pathParameters"]
        assert _call_handler(handler, event).json()["root_path"] == ""

    def test_stage_is_a_prefix_only_as_a_whole_segment(self, handler: Handler) -> None:
        event = _make_event("/health", "http-2.0", stage="heal") | {"routeKey": "$default", "pathParameters": None}
        assert _call_handler(handler, event).status_code == 200

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    @pytest.mark.parametrize(
        ("requested", "decoded"),
        [
            pytest.param("/echo/%C3%A9%20%F0%9F%A6%86", "/echo/é 🦆", id="non-ASCII characters"),
            pytest.param("/echo/a%2Fb", "/echo/a/b", id="slash"),
            pytest.param("/echo/%FF", "/echo/\ufffd", id="invalid UTF-8"),
            pytest.param("/%65cho", "/echo", id="escaped letter"),
        ],
    )
    def test_path_is_decoded(self, requested: str, decoded: str, kind: GatewayKind, handler: Handler) -> None:
        for prefix in ("", "/dev"):
            event = _make_event(prefix + requested, kind, prefix=prefix, stage="dev")
            for context in (event["requestContext"], event["requestContext"].get("http", {})):
                if "path" in context:
                    context["path"] = prefix + requested
            response = _call_handler(handler, event)
            assert response.status_code == (200 if decoded == "/echo" else 404)
            if decoded == "/echo":
                assert (response.json()["path"], response.json()["root_path"]) == (prefix + decoded, prefix)

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_root_never_redirects_to_another_host(self, kind: GatewayKind, handler: Handler) -> None:
        for path in ("//evil.example", "//evil.example/", "/%2F/evil.example/"):
            event = _make_event("/", kind)
            event |= {"resource": "/{proxy+}", "routeKey": "ANY /{proxy+}", "pathParameters": {"proxy": "evil.example"}}
            event["path"] = event["requestContext"]["path"] = path
            if kind == "http-2.0":
                event["requestContext"]["http"]["path"] = path
            assert not _call_handler(handler, event).headers.get("location", "").startswith("//")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"multiValueHeaders": {"x-thing": ["a"]}}, id="lists of values"),
        pytest.param({"headers": {"x-thing": "a"}}, id="single values"),
    ],
)
def test_load_balancer_event_is_passed_on(headers: Event, handler: Handler) -> None:
    """The event of a target group names no route and no stage.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    """
    event = {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x:targetgroup/y"}},
        "httpMethod": "POST",
        "path": "/echo",
        "multiValueQueryStringParameters": {"a": ["1"], "b": ["%C3%A9"]},
        "body": "text",
        "isBase64Encoded": False,
    } | headers
    response = _call_handler(handler, event)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "path": "/echo",
        "root_path": "",
        "query": [["a", "1"], ["b", "é"]],
        "headers": [["x-thing", "a"]],
        "body": base64.b64encode(b"text").decode(),
    }


def test_load_balancer_event_with_null_lists_is_passed_on(handler: Handler) -> None:
    event: Event = {
        "requestContext": {"elb": {}},
        "httpMethod": "GET",
        "path": "/echo",
        "headers": {"x-thing": "a"},
        "multiValueHeaders": None,
        "queryStringParameters": {},
        "body": "",
        "isBase64Encoded": False,
    }
    assert _call_handler(handler, event).json()["headers"] == [["x-thing", "a"]]


def test_malformed_load_balancer_event_gets_lists_of_values(handler: Handler) -> None:
    """A load balancer that sends lists ignores `headers` in the response."""
    event: Event = {"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "multiValueHeaders": {}}
    response = handler(event | {"body": "a", "isBase64Encoded": True}, None)
    assert response["statusCode"] == 400
    assert response["multiValueHeaders"]["Content-Type"] == ["application/problem+json"]


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestSamLocal:
    """`sam local start-api` puts the route in `requestContext.path`: https://github.com/aws/aws-sam-cli/issues/434."""

    @pytest.mark.parametrize("prefix", ["", "/thoughts", "/of/the/shower"])
    @pytest.mark.parametrize(
        ("line", "status"),
        [
            ("GET /", 302),
            ("HEAD /", 302),
            ("GET /health", 200),
            ("HEAD /health", 200),
            ("GET /docs", 200),
            ("GET /docs/docs.js", 200),
            ("GET /problems", 200),
            ("GET /openapi.json", 200),
            ("POST /v1/auth/login", 422),
            ("OPTIONS /v1/auth/login", 204),
            ("GET /v1/dwipps", 401),
            ("GET /v1/users/%C3%A9", 401),
            ("PUT /health", 405),
            ("GET /health/", 404),
            ("GET /nothing", 404),
            ("GET /%7Bproxy+%7D", 404),
            ("GET /health%0A", 404),
        ],
    )
    def test_event_is_served(self, line: str, status: int, prefix: str, kind: GatewayKind, handler: Handler) -> None:
        method, path = line.split(" ")
        options: dict[str, Any] = (
            {"json": {}} if method == "POST" else {"headers": PREFLIGHT} if method == "OPTIONS" else {}
        )
        request = httpx.Request(method, f"{HOST}{prefix}{path}", **options)
        assert _call_handler(handler, make_sam_event(request, kind, prefix=prefix)).status_code == status

    @pytest.mark.parametrize("prefix", ["", "/thoughts"])
    def test_request_is_passed_on(self, prefix: str, kind: GatewayKind, handler: Handler) -> None:
        url = f"{HOST}{prefix}/echo?a=1&b=%C3%A9%26+c&empty="
        request = httpx.Request("POST", url, content="é🦆".encode(), headers={"X-Thing": "a"})
        echo = _call_handler(handler, make_sam_event(request, kind, prefix=prefix)).json()
        assert (echo["path"], echo["root_path"]) == (f"{prefix}/echo", prefix)
        assert echo["query"] == [["a", "1"], ["b", "é& c"], ["empty", ""]]
        assert base64.b64decode(echo["body"]) == "é🦆".encode()
        assert ["x-thing", "a"] in echo["headers"]

    def test_default_route_is_served(self, kind: GatewayKind, handler: Handler) -> None:
        """The parameter of the route `$default` has a name of its own."""
        route = "$default" if kind == "http-2.0" else "/{any_path+}"
        event = self._make_event("/docs/docs.js", kind, route, {"any_path": "docs/docs.js"})
        response = _call_handler(handler, event)
        assert (response.status_code, response.headers["content-type"]) == (200, "text/javascript; charset=utf-8")

    def test_missing_stage_is_accepted(self, kind: GatewayKind, handler: Handler) -> None:
        event = make_sam_event(httpx.Request("GET", f"{HOST}/health"), kind)
        event["requestContext"]["stage"] = None
        assert _call_handler(handler, event).status_code == 200

    def test_literal_route_is_served(self, kind: GatewayKind, handler: Handler) -> None:
        """Amazon's event has the same path in `requestContext.path` and `resource` too, without stage and base path."""
        route = "GET /health" if kind == "http-2.0" else "/health"
        assert _call_handler(handler, self._make_event("/health", kind, route, None)).status_code == 200

    def _make_event(self, path: str, kind: GatewayKind, route: str, parameters: dict[str, str] | None) -> Event:
        """Return the event of a request for this path that another route serves."""
        event = make_sam_event(httpx.Request("GET", f"{HOST}{path}"), kind)
        if kind == "http-2.0":
            event |= {"routeKey": route}
        else:
            event |= {"resource": route}
            event["requestContext"] |= {"path": route, "resourcePath": route}
        return event | {"pathParameters": parameters}


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestMalformedEvents:
    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({"X-Forwarded-Port": "443,80"}, id="two ports"),
            pytest.param({"X-Forwarded-Port": ""}, id="no port"),
            pytest.param({"x-forwarded-port": "https"}, id="non-numeric port"),
            pytest.param({"Host": "a:b:c"}, id="host with two colons"),
            pytest.param({"Host": "["}, id="opening bracket as host"),
            pytest.param({"Host": "[::1]:443"}, id="IPv6 host"),
            pytest.param({"Host": "dwipper.test:port"}, id="host with a non-numeric port"),
            pytest.param({"HOST": ""}, id="empty host"),
            pytest.param({"host": None}, id="null host"),
            pytest.param({"X-Forwarded-Proto": "gopher"}, id="unknown scheme"),
            pytest.param({"Origin": None, "Accept": None}, id="null values"),
            pytest.param({"Accept": 1, "X": ["a"], "Y": {}}, id="values that are not strings"),
            pytest.param({"Content-Length": "many"}, id="non-numeric content length"),
            pytest.param({"Content-Length": "-1"}, id="negative content length"),
            pytest.param({"Cookie": "a=\x00"}, id="control character in a cookie"),
            pytest.param({"": ""}, id="header without a name"),
            pytest.param({}, id="no headers"),
            pytest.param(None, id="null headers"),
            pytest.param([], id="list as headers"),
        ],
    )
    def test_malformed_headers_are_ignored(self, headers: Any, kind: GatewayKind, handler: Handler) -> None:
        multi_value_headers = (
            {name: [value] for name, value in headers.items()} if isinstance(headers, dict) else headers
        )
        for event in (
            _make_event("/health", kind) | {"headers": headers},
            _make_event("/health", kind) | {"headers": headers, "multiValueHeaders": multi_value_headers},
            _make_event("/health", kind) | {"headers": headers, "multiValueHeaders": None},
            _make_event("/health", kind) | {"headers": headers, "multiValueHeaders": headers},
        ):
            assert _call_handler(handler, event).status_code == 200

    def test_missing_headers_are_accepted(self, kind: GatewayKind, handler: Handler) -> None:
        event = _make_event("/health", kind)
        event.pop("headers")
        event.pop("multiValueHeaders", None)
        assert _call_handler(handler, event).status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"body": "a", "isBase64Encoded": True}, id="truncated base64"),
            pytest.param({"body": "é", "isBase64Encoded": True}, id="non-ASCII base64"),
            pytest.param({"body": "\ud800"}, id="lone surrogate in the body"),
            pytest.param({"body": {"text": "Hm."}}, id="object as body"),
            pytest.param({"headers": {"X": "\ud800"}, "multiValueHeaders": None}, id="lone surrogate in a header"),
        ],
    )
    def test_malformed_event_is_400(
        self, changes: dict[str, Any], kind: GatewayKind, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = _call_handler(handler, _make_event("/echo", kind, "POST", content=b"{}") | changes)
        assert_malformed(response)
        assert response.headers["access-control-allow-origin"] == "*"
        assert "X-Request-Id" in response.headers["access-control-expose-headers"]
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert response.headers["x-request-id"] in caplog.text

    def test_lone_surrogate_in_the_query_is_400(self, kind: GatewayKind, handler: Handler) -> None:
        query = {
            "rawQueryString": "a=\ud800",
            "queryStringParameters": {"a": "\ud800"},
            "multiValueQueryStringParameters": {"a": ["\ud800"]},
        }
        assert_malformed(_call_handler(handler, _make_event("/echo", kind) | query))

    @pytest.mark.parametrize("path", ["/\ud800", "/v1/dwipps/\ud800", "/v1/users/\ud800"])
    def test_lone_surrogate_in_the_path_is_a_client_error(self, path: str, kind: GatewayKind, handler: Handler) -> None:
        event = _make_event("/x", kind) | {"path": path, "rawPath": path, "pathParameters": {"proxy": path[1:]}}
        event["requestContext"]["path"] = path
        if kind == "http-2.0":
            event["requestContext"]["http"]["path"] = path
        assert _call_handler(handler, event).status_code in (400, 401, 404)

    @pytest.mark.parametrize("values", [None, {}, [], "proxy", 1, {"proxy": None}, {"other": "x"}], ids=str)
    def test_malformed_path_parameters_are_ignored(self, values: Any, kind: GatewayKind, handler: Handler) -> None:
        event = _make_event("/dev/health", kind, prefix="/dev", stage="dev") | {"pathParameters": values}
        assert _call_handler(handler, event).status_code == 200

    @pytest.mark.parametrize("stage", [None, "", 1, "$default", "(", "/"], ids=repr)
    def test_malformed_stage_is_ignored(self, stage: Any, kind: GatewayKind, handler: Handler) -> None:
        event = _make_event("/health", kind) | {"resource": None, "routeKey": None}
        event["requestContext"]["stage"] = stage
        assert _call_handler(handler, event).status_code in (200, 404)

    @pytest.mark.parametrize("gateway_id", [None, "", 1, "a b", "a\r\nSet-Cookie: a=b", "é", "a" * 129], ids=repr)
    def test_malformed_request_id_is_replaced(self, gateway_id: Any, kind: GatewayKind, handler: Handler) -> None:
        event = _make_event("/health", kind)
        event["requestContext"]["requestId"] = gateway_id
        assert len(_call_handler(handler, event).headers["x-request-id"]) == 36

    @pytest.mark.parametrize("cookies", [None, [], ["a=b", "c=d"], "a=b", [1], 1], ids=str)
    def test_malformed_cookies_are_no_server_error(self, cookies: Any, kind: GatewayKind, handler: Handler) -> None:
        assert _call_handler(handler, _make_event("/health", kind) | {"cookies": cookies}).status_code in (200, 400)

    def test_minimal_request_context_is_no_server_error(self, kind: GatewayKind, handler: Handler) -> None:
        event = _make_event("/health", kind)
        http: Event = {"http": {"method": "GET", "path": "/health"}} if kind == "http-2.0" else {}
        for context in (http, http | {"identity": None}, http | {"authorizer": None, "identity": []}):
            assert _call_handler(handler, event | {"requestContext": context}).status_code in (200, 400)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "resources": [], "detail": {}},
            id="schedule",
        ),
        pytest.param({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}, id="SQS"),
        pytest.param({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, id="S3"),
        pytest.param({"triggerSource": "PreSignUp_SignUp", "request": {}, "response": {}}, id="user pool trigger"),
        pytest.param(
            {"type": "TOKEN", "methodArn": "arn:aws:execute-api", "authorizationToken": "x"}, id="Lambda authorizer"
        ),
        pytest.param({"requestContext": {"connectionId": "x", "routeKey": "$connect"}}, id="WebSocket"),
        pytest.param({"requestContext": None, "httpMethod": "GET"}, id="null request context"),
        pytest.param({"requestContext": {"http": None}}, id="null http"),
        pytest.param({"warmup": True}, id="warm-up"),
        pytest.param({}, id="empty"),
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param("ping", id="string"),
        pytest.param(1, id="number"),
    ],
)
def test_other_events_are_ignored(event: Any, handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    assert handler(event, None)["statusCode"] == 204
    assert not caplog.records


class TestFaults:
    """A fault of this code or of Mangum is a server error, whatever the event."""

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_unreadable_response_is_500(self, kind: GatewayKind, caplog: pytest.LogCaptureFixture) -> None:
        handler = make_handler(_Responder(200, {"X-Thing": "\xff"}, b""))
        response = _call_handler(handler, _make_event("/", kind))
        assert (response.status_code, response.json()["type"]) == (500, "urn:dwipper:problem:internal-error")
        assert response.json()["request_id"] == response.headers["x-request-id"]
        (record,) = (each for each in caplog.records if each.name == "app.gateway")
        assert record.levelno == logging.ERROR
        assert response.headers["x-request-id"] in record.getMessage()

    def test_fault_is_counted_as_a_server_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = capture_log(monkeypatch)
        make_handler(_Responder(200, {"X-Thing": "\xff"}, b""))(_make_event("/"), None)
        assert [line["ServerErrors"] for line in lines() if "status" in line] == [1]

    def test_fault_while_the_app_runs_is_500(self, handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_self: object, _app: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("mangum.protocols.http.HTTPCycle.__call__", fail)
        assert _call_handler(handler, _make_event("/health")).status_code == 500


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"httpMethod": "GET", "requestContext": {}}, id="no path"),
        pytest.param({"httpMethod": "GET", "requestContext": {}, "resource": "/", "path": None}, id="null path"),
        pytest.param({"httpMethod": None, "requestContext": {}, "resource": "/", "path": "/"}, id="null method"),
        pytest.param({"version": "2.0", "requestContext": {"http": {}}, "headers": {}}, id="empty http"),
        pytest.param(
            {"version": "3.0", "requestContext": {"http": {"path": "/", "method": "GET"}}}, id="unknown version"
        ),
        pytest.param({"requestContext": {"http": {"path": "/", "method": "GET"}}}, id="no version"),
    ],
)
def test_incomplete_request_is_no_server_error(event: Event, handler: Handler) -> None:
    response = _call_handler(handler, event)
    assert response.status_code < 500


def test_repeated_headers_are_joined(handler: Handler) -> None:
    headers = [("X-Thing", "a"), ("X-Thing", "b")]
    decoded = _call_handler(handler, _make_event("/echo", headers=headers)).json()["headers"]
    assert ["x-thing", "a, b"] in decoded


class TestEventLoops:
    """The handler requires no event loop in the calling thread."""

    def test_handler_works_in_a_new_thread(self, handler: Handler) -> None:
        with ThreadPoolExecutor(2) as threads:
            responses = list(threads.map(lambda _: handler(_make_event("/health"), None), range(8)))
        assert [response["statusCode"] for response in responses] == [200] * 8

    def test_handler_works_after_asyncio_run(self, handler: Handler) -> None:
        asyncio.run(asyncio.sleep(0))
        assert handler(_make_event("/health"), None)["statusCode"] == 200

    def test_handler_works_within_a_running_loop(self, handler: Handler) -> None:
        async def call() -> list[dict[str, Any]]:
            return [handler(_make_event("/health"), None) for _ in range(2)]

        assert [response["statusCode"] for response in asyncio.run(call())] == [200, 200]

    def test_handler_works_without_a_current_loop(self, handler: Handler) -> None:
        asyncio.set_event_loop(None)
        assert handler(_make_event("/health"), None)["statusCode"] == 200

    def test_handler_works_after_the_loop_was_closed(self, handler: Handler) -> None:
        handler(_make_event("/health"), None)
        asyncio.get_event_loop().close()
        assert handler(_make_event("/health"), None)["statusCode"] == 200
