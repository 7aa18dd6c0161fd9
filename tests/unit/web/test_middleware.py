"""Each request has an id, limits on body and time, and CORS headers. Responses below `/v1` are not cached."""

import asyncio
import itertools
import math
import re
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from h11 import LocalProtocolError

from app.aws.deadline import REQUEST_TIMEOUT_SECONDS, remaining_seconds
from app.main import create_app
from app.slices import iter_routes
from testkit.doubles import SETTINGS, make_offline_app, send_request
from tests.unit.observability.test_json_logging import capture_log

ORIGIN = {"Origin": "https://any.example"}
MAX_BODY_BYTES = 65_536


async def read_remaining_seconds() -> float:
    return remaining_seconds()


def read_remaining_seconds_in_thread() -> float:
    return remaining_seconds()


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, _ = make_offline_app()

    async def count_bytes(request: Request) -> int:
        return len(await request.body())

    async def ignore_body() -> None:
        """Do not read the body."""

    async def fail() -> None:
        raise ZeroDivisionError

    async def cache_response(response: Response) -> None:
        response.headers["Cache-Control"] = "public, max-age=60"

    async def break_off() -> StreamingResponse:
        def chunks() -> Iterator[bytes]:
            yield b"a"
            raise ZeroDivisionError

        return StreamingResponse(chunks())

    async def read_remaining_seconds_after_body(request: Request) -> float:
        await request.body()
        return remaining_seconds()

    for endpoint in (
        read_remaining_seconds_after_body,
        count_bytes,
        ignore_body,
        fail,
        cache_response,
        break_off,
        read_remaining_seconds,
        read_remaining_seconds_in_thread,
    ):
        for path in ("", "/v1"):
            app.add_api_route(f"{path}/{endpoint.__name__}", endpoint, methods=["GET", "POST"], include_in_schema=False)
    return app


def _send(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    return asyncio.run(send_request(app, method, url, **options))


async def _iter_chunks(*sizes: int) -> Any:
    for size in sizes:
        yield b"a" * size


REQUESTS = [
    pytest.param("GET", "/health", 200, id="200"),
    pytest.param("GET", "/", 302, id="302"),
    pytest.param("GET", "/v1/dwipps", 401, id="401"),
    pytest.param("GET", "/v1/nothing", 404, id="404"),
    pytest.param("PUT", "/v1/dwipps", 405, id="405"),
    pytest.param("POST", "/v1/auth/login", 422, id="422"),
    pytest.param("GET", "/v1/fail", 500, id="500"),
    pytest.param("HEAD", "/health", 200, id="HEAD"),
    pytest.param("HEAD", "/v1/auth/login", 405, id="HEAD of 405"),
    pytest.param("GET", "/health%0A", 404, id="line feed"),
]


class TestRequestId:
    @pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
    def test_each_response_has_its_own_id(self, method: str, path: str, status: int, app: FastAPI) -> None:
        responses = [_send(app, method, path) for _ in range(2)]
        assert {response.status_code for response in responses} == {status}
        first, second = (uuid.UUID(response.headers["x-request-id"]) for response in responses)
        assert first != second

    def test_client_cannot_choose_the_id(self, app: FastAPI) -> None:
        response = _send(app, "GET", "/health", headers={"X-Request-Id": "mine", "X-Amzn-RequestId": "mine"})
        assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["x-request-id"])

    def test_413_has_an_id(self, app: FastAPI) -> None:
        response = _send(app, "POST", "/count_bytes", content=b"a" * (MAX_BODY_BYTES + 1))
        assert response.json()["request_id"] == response.headers["x-request-id"]

    def test_preflight_has_an_id(self, app: FastAPI) -> None:
        preflight_headers = ORIGIN | {"Access-Control-Request-Method": "POST"}
        assert "x-request-id" in _send(app, "OPTIONS", "/v1/dwipps", headers=preflight_headers).headers


class TestBodyLimit:
    def test_largest_body_is_read(self, app: FastAPI) -> None:
        assert _send(app, "POST", "/count_bytes", content=b"a" * MAX_BODY_BYTES).json() == MAX_BODY_BYTES

    @pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 10 * MAX_BODY_BYTES])
    @pytest.mark.parametrize("path", ["/count_bytes", "/v1/auth/login", "/v1/dwipps", "/v1/auth/token", "/v1/nothing"])
    def test_larger_body_is_413(self, size: int, path: str, app: FastAPI) -> None:
        response = _send(app, "POST", path, content=b"a" * size)
        assert response.status_code == 413
        assert response.json()["type"] == "urn:dwipper:problem:body-too-large"

    def test_content_length_above_the_limit_is_413_unread(self, app: FastAPI) -> None:
        response = _send(
            app, "POST", "/ignore_body", content=_iter_chunks(1), headers={"Content-Length": str(MAX_BODY_BYTES + 1)}
        )
        assert response.status_code == 413

    @pytest.mark.parametrize(
        ("path", "content_type"),
        [
            pytest.param("/count_bytes", "text/plain", id="read by the route"),
            pytest.param("/v1/auth/login", "application/json", id="read by FastAPI"),
            pytest.param("/v1/auth/token", "application/x-www-form-urlencoded", id="read as a form"),
        ],
    )
    def test_chunked_body_above_the_limit_is_413(self, path: str, content_type: str, app: FastAPI) -> None:
        sizes = (MAX_BODY_BYTES // 2, MAX_BODY_BYTES // 2, 1)
        response = _send(app, "POST", path, content=_iter_chunks(*sizes), headers={"Content-Type": content_type})
        assert response.status_code == 413

    def test_chunked_body_up_to_the_limit_is_read(self, app: FastAPI) -> None:
        assert (
            _send(app, "POST", "/count_bytes", content=_iter_chunks(*[MAX_BODY_BYTES // 64] * 64)).json()
            == MAX_BODY_BYTES
        )

    @pytest.mark.parametrize("length", ["", "many", "-1", "+1", "1.5", "٣", "9" * 30, "0x10", "1, 1"])
    def test_invalid_content_length_is_ignored(self, length: str, app: FastAPI) -> None:
        headers = [(b"Content-Length", length.encode())]
        assert _send(app, "POST", "/count_bytes", content=_iter_chunks(3), headers=headers).json() == 3


def _list_routes() -> list[tuple[str, str]]:
    """Return the method and the path of each route, with a value in place of each parameter."""
    routes = iter_routes(create_app(SETTINGS))
    return [
        (method, re.sub(r"{\w+}", "docs.js", route.path)) for route in routes for method in sorted(route.methods or ())
    ]


class TestLineFeeds:
    """Starlette's patterns end in `$`, which also matches before a line feed."""

    @pytest.mark.parametrize(("method", "path"), [*_list_routes(), ("GET", "/nothing"), ("GET", "//"), ("PUT", "/")])
    def test_path_with_a_line_feed_at_its_end_is_404(self, method: str, path: str, app: FastAPI) -> None:
        response = _send(app, method, f"http://dwipper.test{path}%0A", json={})
        assert response.status_code == 404
        assert method == "HEAD" or response.json()["type"] == "urn:dwipper:problem:not-found"

    @pytest.mark.parametrize("root_path", ["", "/api"])
    @pytest.mark.parametrize("end", ["\n", "\n\n", "\r\n"])
    def test_further_line_ends_are_404(self, end: str, root_path: str, app: FastAPI) -> None:
        statuses: list[int] = []

        async def send(message: Any) -> None:
            statuses.append(message.get("status", 0))

        async def receive() -> Any:
            await asyncio.sleep(0)
            return {"type": "http.request"}

        for path in ("/health", "/", "/docs", "/docs/docs.js"):
            scope = {"type": "http", "method": "GET", "root_path": root_path, "path": f"{root_path}{path}{end}"}
            asyncio.run(app(scope | {"headers": [], "query_string": b""}, receive, send))
        assert statuses == [404, 0] * 4

    @pytest.mark.parametrize(
        "path", ["/health%0D", "/health%0Ax", "/%0Ahealth", "/docs%0A/docs.js", "/docs/%0Adocs.js"]
    )
    def test_control_characters_elsewhere_are_404(self, path: str, app: FastAPI) -> None:
        assert _send(app, "GET", path).status_code == 404

    def test_preflight_allows_any_origin(self, app: FastAPI) -> None:
        headers = ORIGIN | {"Access-Control-Request-Method": "GET"}
        assert _send(app, "OPTIONS", "/health%0A", headers=headers).status_code == 204


class TestResponses:
    @pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
    def test_each_response_allows_any_origin(self, method: str, path: str, status: int, app: FastAPI) -> None:
        response = _send(app, method, path, headers=ORIGIN)
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
        exposed_headers = response.headers["access-control-expose-headers"].split(", ")
        rate_limits = {"RateLimit", "RateLimit-Policy"}
        assert set(exposed_headers) == rate_limits | {
            *("Idempotent-Replayed", "Link", "Location", "Retry-After", "X-Request-Id")
        }

    def test_413_allows_any_origin(self, app: FastAPI) -> None:
        response = _send(app, "POST", "/count_bytes", content=b"a" * (MAX_BODY_BYTES + 1), headers=ORIGIN)
        assert response.headers["access-control-allow-origin"] == "*"

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    def test_preflight_allows_methods_and_headers(self, method: str, app: FastAPI) -> None:
        preflight_headers = {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        }
        response = _send(app, "OPTIONS", "/v1/dwipps", headers=ORIGIN | preflight_headers)
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"
        assert method in response.headers["access-control-allow-methods"]
        assert "authorization" in response.headers["access-control-allow-headers"].lower()
        assert response.headers["access-control-max-age"] == "7200"

    @pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
    def test_only_v1_responses_are_no_store(self, method: str, path: str, status: int, app: FastAPI) -> None:
        response = _send(app, method, path)
        assert response.status_code == status
        assert (response.headers.get("cache-control") == "no-store") is path.startswith("/v1/")

    def test_v1_routes_cannot_override_no_store(self, app: FastAPI) -> None:
        assert _send(app, "GET", "/v1/cache_response").headers.get_list("cache-control") == ["no-store"]
        assert _send(app, "GET", "/cache_response").headers["cache-control"] == "public, max-age=60"

    def test_broken_response_starts_once(self, app: FastAPI) -> None:
        sent: list[str] = []

        async def send(message: Any) -> None:
            sent.append(message["type"])

        async def receive() -> Any:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "path": "/break_off", "headers": [], "query_string": b""}
        with pytest.raises((ZeroDivisionError, ExceptionGroup)):
            asyncio.run(app(scope, receive, send))
        assert sent.count("http.response.start") == 1

    @pytest.mark.parametrize(("method", "path"), [("GET", "/health"), ("POST", "/count_bytes"), ("GET", "/nothing")])
    def test_response_ends_without_an_error_if_the_request_is_malformed(
        self, method: str, path: str, app: FastAPI, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Uvicorn cannot send the response then. For example, a chunk after the headers is malformed."""
        _run_with_broken_send(app, method, path, LocalProtocolError("Can't send."))
        assert not caplog.records

    def test_other_error_of_the_server_is_raised(self, app: FastAPI) -> None:
        with pytest.raises(ZeroDivisionError):
            _run_with_broken_send(app, "GET", "/health", ZeroDivisionError())

    def test_time_of_the_client_to_send_its_body_does_not_count(
        self, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = itertools.count(step=1000)
        monkeypatch.setattr("app.web.middleware.time", SimpleNamespace(monotonic=lambda: next(clock)))
        response = _send(app, "POST", "/read_remaining_seconds_after_body", content=b"a")
        assert response.json() > 1000

    @pytest.mark.parametrize("path", ["/v1/auth/login", "/count_bytes"])
    def test_aborted_request_gets_no_response(self, path: str, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = capture_log(monkeypatch)
        messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(0)
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
        asyncio.run(app(scope, receive, send))
        assert not sent
        assert [(line["status"], line.get("problem")) for line in lines()] == [(499, None)]


@pytest.mark.parametrize(
    "target", ["http://dwipper.test/health", "HTTPS://dwipper.test:8000/health", "http://[::1]:80/health"]
)
def test_absolute_form_of_a_target_is_served(target: str, app: FastAPI) -> None:
    """RFC 9112, section 3.2.2."""
    assert _send_target(app, target) == 200
    assert _send_target(app, f"/api{target}", root_path="/api") == 200


@pytest.mark.parametrize(("target", "status"), [("http://dwipper.test", 302), ("/http://a/health", 404), ("*", 404)])
def test_other_targets_have_the_status_of_their_path(target: str, status: int, app: FastAPI) -> None:
    assert _send_target(app, target) == status


def _send_target(app: FastAPI, target: str, root_path: str = "") -> int:
    """Send a request with this target, and return the status of the response."""
    statuses: list[int] = []

    async def receive() -> Any:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    scope = {"type": "http", "method": "GET", "path": target, "headers": [], "query_string": b""}
    asyncio.run(app(scope | {"root_path": root_path}, receive, send))
    (status,) = statuses
    return status


def _run_with_broken_send(app: FastAPI, method: str, path: str, error: Exception) -> None:
    """Run the app with a function `send` that raises this error."""

    async def send(_message: Any) -> None:
        raise error

    async def receive() -> Any:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    asyncio.run(app(scope, receive, send))


@pytest.mark.parametrize("path", ["/read_remaining_seconds", "/read_remaining_seconds_in_thread"])
def test_each_request_has_a_deadline(app: FastAPI, path: str) -> None:
    assert REQUEST_TIMEOUT_SECONDS - 5 < _send(app, "GET", path).json() <= REQUEST_TIMEOUT_SECONDS
    assert remaining_seconds() == math.inf
