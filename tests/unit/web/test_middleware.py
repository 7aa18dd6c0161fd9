"""Every request has an id, a bound on its body and an answer; every answer has CORS headers and knows its caches."""

import asyncio
import math
import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from app.aws.deadline import REQUEST_SECONDS, remaining_seconds
from testkit.doubles import offline_app, send_request

ORIGIN = {"Origin": "https://any.example"}
LARGEST = 65_536


async def time_left() -> float:
    return remaining_seconds()


def time_left_in_a_thread() -> float:
    return remaining_seconds()


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, _ = offline_app()

    async def measure(request: Request) -> int:
        return len(await request.body())

    async def deaf() -> None:
        """Never look at the body."""

    async def fail() -> None:
        raise ZeroDivisionError

    async def cached(response: Response) -> None:
        response.headers["Cache-Control"] = "public, max-age=60"

    async def break_off() -> StreamingResponse:
        def chunks() -> Iterator[bytes]:
            yield b"a"
            raise ZeroDivisionError

        return StreamingResponse(chunks())

    for endpoint in (measure, deaf, fail, cached, break_off, time_left, time_left_in_a_thread):
        for path in ("", "/v1"):
            app.add_api_route(f"{path}/{endpoint.__name__}", endpoint, methods=["GET", "POST"], include_in_schema=False)
    return app


def _ask(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    return asyncio.run(send_request(app, method, url, **options))


async def _chunks(*sizes: int) -> Any:
    for size in sizes:
        yield b"a" * size


ANSWERS = [
    pytest.param("GET", "/health", 200, id="200"),
    pytest.param("GET", "/", 302, id="302"),
    pytest.param("GET", "/v1/dwipps", 401, id="401"),
    pytest.param("GET", "/v1/nothing", 404, id="404"),
    pytest.param("PUT", "/v1/dwipps", 405, id="405"),
    pytest.param("POST", "/v1/auth/login", 422, id="422"),
    pytest.param("GET", "/v1/fail", 500, id="500"),
]


class TestRequestId:
    @pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
    def test_every_answer_has_an_id_of_its_own(self, method: str, path: str, status: int, app: FastAPI) -> None:
        answers = [_ask(app, method, path) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {status}
        first, second = (uuid.UUID(answer.headers["x-request-id"]) for answer in answers)
        assert first != second

    def test_a_client_does_not_choose_it(self, app: FastAPI) -> None:
        answer = _ask(app, "GET", "/health", headers={"X-Request-Id": "mine", "X-Amzn-RequestId": "mine"})
        assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-request-id"])

    def test_a_413_has_one(self, app: FastAPI) -> None:
        answer = _ask(app, "POST", "/measure", content=b"a" * (LARGEST + 1))
        assert answer.json()["request_id"] == answer.headers["x-request-id"]

    def test_an_answer_to_a_preflight_has_one(self, app: FastAPI) -> None:
        asked = ORIGIN | {"Access-Control-Request-Method": "POST"}
        assert "x-request-id" in _ask(app, "OPTIONS", "/v1/dwipps", headers=asked).headers


class TestBodies:
    def test_a_body_of_the_largest_size_is_read(self, app: FastAPI) -> None:
        assert _ask(app, "POST", "/measure", content=b"a" * LARGEST).json() == LARGEST

    @pytest.mark.parametrize("size", [LARGEST + 1, 10 * LARGEST])
    @pytest.mark.parametrize("path", ["/measure", "/v1/auth/login", "/v1/dwipps", "/v1/auth/token", "/v1/nothing"])
    def test_a_larger_one_is_413(self, size: int, path: str, app: FastAPI) -> None:
        answer = _ask(app, "POST", path, content=b"a" * size)
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:dwipper:problem:body-too-large"

    def test_its_length_is_enough_to_refuse_it_unread(self, app: FastAPI) -> None:
        answer = _ask(app, "POST", "/deaf", content=_chunks(1), headers={"Content-Length": str(LARGEST + 1)})
        assert answer.status_code == 413

    @pytest.mark.parametrize(
        ("path", "content_type"),
        [
            pytest.param("/measure", "text/plain", id="read by hand"),
            pytest.param("/v1/auth/login", "application/json", id="read by FastAPI"),
            pytest.param("/v1/auth/token", "application/x-www-form-urlencoded", id="read as a form"),
        ],
    )
    def test_one_that_says_no_length_is_413_where_it_becomes_too_large(
        self, path: str, content_type: str, app: FastAPI
    ) -> None:
        sizes = (LARGEST // 2, LARGEST // 2, 1)
        answer = _ask(app, "POST", path, content=_chunks(*sizes), headers={"Content-Type": content_type})
        assert answer.status_code == 413

    def test_chunks_up_to_the_largest_size_are_read(self, app: FastAPI) -> None:
        assert _ask(app, "POST", "/measure", content=_chunks(*[LARGEST // 64] * 64)).json() == LARGEST

    @pytest.mark.parametrize("length", ["", "many", "-1", "+1", "1.5", "٣", "9" * 30, "0x10", "1, 1"])
    def test_a_length_that_is_no_number_says_nothing(self, length: str, app: FastAPI) -> None:
        headers = [(b"Content-Length", length.encode())]
        assert _ask(app, "POST", "/measure", content=_chunks(3), headers=headers).json() == 3


class TestAnswers:
    @pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
    def test_every_answer_may_be_read_from_any_origin(self, method: str, path: str, status: int, app: FastAPI) -> None:
        answer = _ask(app, method, path, headers=ORIGIN)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert set(exposed) == {"Idempotent-Replayed", "Link", "Location", "Retry-After", "X-Request-Id"}

    def test_a_413_may_too(self, app: FastAPI) -> None:
        answer = _ask(app, "POST", "/measure", content=b"a" * (LARGEST + 1), headers=ORIGIN)
        assert answer.headers["access-control-allow-origin"] == "*"

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    def test_a_preflight_allows_what_the_api_takes(self, method: str, app: FastAPI) -> None:
        asked = {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        }
        answer = _ask(app, "OPTIONS", "/v1/dwipps", headers=ORIGIN | asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert method in answer.headers["access-control-allow-methods"]
        assert "authorization" in answer.headers["access-control-allow-headers"].lower()

    @pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
    def test_what_is_under_v1_and_nothing_else_is_kept_by_nobody(
        self, method: str, path: str, status: int, app: FastAPI
    ) -> None:
        answer = _ask(app, method, path)
        assert answer.status_code == status
        assert (answer.headers.get("cache-control") == "no-store") is path.startswith("/v1/")

    def test_no_route_under_v1_says_otherwise(self, app: FastAPI) -> None:
        assert _ask(app, "GET", "/v1/cached").headers.get_list("cache-control") == ["no-store"]
        assert _ask(app, "GET", "/cached").headers["cache-control"] == "public, max-age=60"

    def test_an_answer_that_breaks_off_is_not_answered_twice(self, app: FastAPI) -> None:
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


@pytest.mark.parametrize("path", ["/time_left", "/time_left_in_a_thread"])
def test_a_request_has_its_time_whatever_serves_it(app: FastAPI, path: str) -> None:
    assert REQUEST_SECONDS - 5 < _ask(app, "GET", path).json() <= REQUEST_SECONDS
    assert remaining_seconds() == math.inf
