"""HEAD gets the status and the headers of GET, and no body (RFC 9110, section 9.3.2)."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

from app.api_gateway import make_handler
from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.dwipps.schemas import DwippPage
from app.main import create_app
from app.pagination.cursors import encode_cursor
from app.slices import iter_routes
from testkit.doubles import SETTINGS, make_offline_app, send_request
from testkit.forged_tokens import make_token, make_valid_claims, public_keys
from testkit.gateway import GATEWAY_KINDS, make_event, to_response
from testkit.uvicorn_server import serve

HOST = "https://dwipper.test"
TRANSPORTS = ("uvicorn", *GATEWAY_KINDS)
PARAMETERS = {"dwipp_id": "01890a5d-ac96-774b-bcce-b302099a8057", "handle": "kay", "name": "docs.js"}
# The headers that differ between any two responses.
VARYING_HEADERS = {"date", "x-request-id"}


def _list_paths() -> dict[str, set[str]]:
    """Return the methods of each path, with values in place of its parameters. A route for any path has no methods."""
    methods: dict[str, set[str]] = {}
    for route in iter_routes(create_app(SETTINGS)):
        if route.methods:
            methods.setdefault(route.path.format(**PARAMETERS), set()).update(route.methods)
    return methods


# Below /v1/moderation/ only moderators learn which methods exist. tests/api/test_moderation.py tests these paths.
METHODS_BY_PATH = {path: methods for path, methods in _list_paths().items() if not path.startswith("/v1/moderation/")}
GET_PATHS = [path for path, methods in METHODS_BY_PATH.items() if "GET" in methods]
OTHER_PATHS = [path for path, methods in METHODS_BY_PATH.items() if "GET" not in methods]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, feed = make_offline_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))
    feed.respond = lambda: DwippPage(items=[], next_cursor=encode_cursor("feed", "x"))

    async def fail() -> None:
        raise ZeroDivisionError

    async def read_tagged(response: Response) -> dict[str, str]:
        response.headers.update({"ETag": '"1"', "Last-Modified": "Wed, 25 Nov 2026 20:52:49 GMT"})
        response.set_cookie("a", "b")
        return {"text": "Hm."}

    async def stream() -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b"]), headers={"ETag": '"2"'})

    async def read_image() -> Response:
        return Response(b"\xff\x00", media_type="image/png")

    for endpoint in (fail, read_tagged, stream, read_image):
        app.add_api_route(f"/{endpoint.__name__}", endpoint, include_in_schema=False)
    return app


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Any:
    return request.param


def _send(app: FastAPI, transport: Any, method: str, url: str, *, is_member: bool = False) -> httpx.Response:
    if transport == "uvicorn":
        headers = {"Authorization": f"Bearer {make_token()}"} if is_member else {}
        return asyncio.run(send_request(app, method, url, headers=headers))
    claims = make_valid_claims() if is_member else None
    result = make_handler(app)(make_event(httpx.Request(method, HOST + url), transport, claims), None)
    assert result["isBase64Encoded"] is False or method != "HEAD"
    return to_response(result)


def assert_head_is_get(app: FastAPI, transport: Any, url: str, *, is_member: bool = False) -> httpx.Response:
    """Send HEAD and GET. Assert that only the body differs, and return the response to HEAD."""
    head, get = (_send(app, transport, method, url, is_member=is_member) for method in ("HEAD", "GET"))
    assert head.content == b""
    assert head.status_code == get.status_code
    compared_headers = [
        [(name, value) for name, value in response.headers.multi_items() if name not in VARYING_HEADERS]
        for response in (head, get)
    ]
    assert compared_headers[0] == compared_headers[1]
    return head


class TestOperations:
    def test_all_paths_are_found(self) -> None:
        assert {"/", "/health", "/docs", "/docs/docs.js", "/openapi.json", "/v1/me", "/v1/dwipps"} <= set(GET_PATHS)
        assert {"/v1/auth/login", "/v1/me/password"} <= set(OTHER_PATHS)

    @pytest.mark.parametrize("path", GET_PATHS)
    def test_each_get_route_answers_head(self, path: str, transport: Any, app: FastAPI) -> None:
        """Operations of members answer 401 here. Their successes are in tests/api."""
        response = assert_head_is_get(app, transport, path)
        assert response.status_code == (401 if path.startswith("/v1/") else 302 if path == "/" else 200)
        assert int(response.headers.get("content-length", "0")) > 0 or path == "/"

    @pytest.mark.parametrize("path", OTHER_PATHS)
    def test_path_without_get_is_405_without_head(self, path: str, transport: Any, app: FastAPI) -> None:
        response = _send(app, transport, "HEAD", path)
        assert (response.status_code, response.content) == (405, b"")
        assert response.headers["allow"] == ", ".join(sorted(METHODS_BY_PATH[path]))

    @pytest.mark.parametrize("path", METHODS_BY_PATH)
    def test_allow_lists_head_if_it_lists_get(self, path: str, transport: Any, app: FastAPI) -> None:
        allowed = _send(app, transport, "TRACE", path).headers["allow"].split(", ")
        assert ("HEAD" in allowed) is ("GET" in allowed) is (path in GET_PATHS)
        assert allowed == sorted(set(allowed))


class TestHeaders:
    def test_link_and_cache_control_are_those_of_get(self, transport: Any, app: FastAPI) -> None:
        response = assert_head_is_get(app, transport, "/v1/dwipps?limit=5", is_member=True)
        assert response.status_code == 200
        assert response.headers["link"].startswith("<?limit=5&cursor=")
        assert response.headers["cache-control"] == "no-store"

    def test_etag_and_cookie_are_those_of_get(self, transport: Any, app: FastAPI) -> None:
        response = assert_head_is_get(app, transport, "/read_tagged")
        assert (response.headers["etag"], response.headers["content-length"]) == ('"1"', "14")
        assert response.headers["content-type"] == "application/json"

    def test_binary_response_has_no_body(self, transport: Any, app: FastAPI) -> None:
        assert assert_head_is_get(app, transport, "/read_image").headers["content-type"] == "image/png"


class TestErrors:
    @pytest.mark.parametrize(
        ("url", "status"),
        [
            pytest.param("/v1/dwipps?limit=0", 422, id="422"),
            pytest.param(f"/v1/dwipps/{PARAMETERS['dwipp_id']}x", 404, id="404 of an operation"),
            pytest.param("/nothing", 404, id="404 of a path"),
            pytest.param("/docs/nothing", 404, id="404 of a file"),
            pytest.param("/health%0A", 404, id="404 of a line feed"),
            pytest.param("/v1/auth/login", 405, id="405"),
            pytest.param("/fail", 500, id="500"),
        ],
    )
    def test_error_has_no_body(self, url: str, status: int, transport: Any, app: FastAPI) -> None:
        response = assert_head_is_get(app, transport, url, is_member=True)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert int(response.headers["content-length"]) > 0

    def test_body_above_the_limit_is_413_without_a_body(self, transport: Any, app: FastAPI) -> None:
        request = httpx.Request("HEAD", f"{HOST}/health", headers={"Content-Length": "65537"})
        if transport == "uvicorn":
            response = asyncio.run(send_request(app, "HEAD", "/health", headers=request.headers))
        else:
            response = to_response(make_handler(app)(make_event(request, transport), None))
        assert (response.status_code, response.content) == (413, b"")


@pytest.fixture(scope="module")
def port(app: FastAPI) -> Iterator[int]:
    with serve(app) as port:
        yield port


@pytest.mark.parametrize("path", [*GET_PATHS, *OTHER_PATHS, "/nothing", "/fail", "/stream"])
def test_nothing_follows_the_headers_on_the_wire(path: str, port: int) -> None:
    """A client would take a body for the next response of its connection."""
    received: list[bytes] = []
    for method in ("HEAD", "GET"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            received.append(b"".join(iter(lambda: connection.recv(65_536), b"")))
    (head, head_body), (get, get_body) = (response.split(b"\r\n\r\n", 1) for response in received)
    assert head_body == b""
    assert bool(get_body) is (path != "/")
    assert head.splitlines()[0] == get.splitlines()[0]
    names = [{line.partition(b":")[0] for line in response.splitlines()[1:]} for response in (head, get)]
    assert names[0] == names[1] - {b"transfer-encoding"}  # Optional without a body (RFC 9112, section 6.1).
