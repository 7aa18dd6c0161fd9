"""What a client does wrong, and what it is told."""

import json
from typing import Any

import httpx
import pytest

from testkit.api_client import Api

JSON = {"Content-Type": "application/json"}


def _is_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert problem["type"] == f"urn:dwipper:problem:{slug}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


NOWHERE = ("/nope", "/v1", "/v1/auth/nope", "//v1/dwipps", "/%2e%2e/v1")
# Where API Gateway lets nobody else through to find out.
NOWHERE_OF_MEMBERS = ("/v1/nope", "/v1/dwipps/", "/v1/dwipps/x/y")


async def _is_nowhere(http: httpx.AsyncClient, *paths: str) -> None:
    for path in paths:
        for method in ("GET", "POST", "DELETE"):
            _is_problem(await http.request(method, path), 404, "not-found")


async def test_an_unknown_path_is_not_found(api: Api) -> None:
    kay = await api.member()
    await _is_nowhere(api.http, *NOWHERE)
    await _is_nowhere(kay.http, *NOWHERE, *NOWHERE_OF_MEMBERS)


@pytest.mark.in_process
async def test_an_unknown_path_is_not_found_by_who_is_not_logged_in(api: Api) -> None:
    await _is_nowhere(api.http, *NOWHERE_OF_MEMBERS)


async def _is_told_the_right_ones(http: httpx.AsyncClient) -> None:
    for path, wrong, allowed in (
        ("/v1/dwipps", "PUT", "GET, POST"),
        ("/v1/dwipps/x", "POST", "DELETE, GET, PATCH"),
        ("/v1/dwipps/x/upvote", "GET", "DELETE, POST, PUT"),
        ("/v1/auth/login", "GET", "POST"),
        ("/v1/me", "POST", "DELETE, GET"),
        ("/health", "DELETE", "GET"),
    ):
        answer = await http.request(wrong, path)
        _is_problem(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == allowed


async def test_a_wrong_method_is_told_the_right_ones(api: Api) -> None:
    await _is_told_the_right_ones((await api.member()).http)


@pytest.mark.in_process
async def test_a_wrong_method_is_told_the_right_ones_whoever_asks(api: Api) -> None:
    await _is_told_the_right_ones(api.http)


async def test_a_body_that_is_no_json_is_malformed(api: Api) -> None:
    kay = await api.member()
    for body in (
        b"{",
        b'{"text": }',
        b"\xff\xfe",
        b'{"text": "\x00"}',
        b"[" * 30_000,
        b"nul",
        b"{'text': 'x'}",
        b"1" * 5000,
    ):
        answer = await kay.http.post("/v1/dwipps", content=body, headers=JSON)
        assert answer.status_code in (400, 422), body[:20]
        assert answer.headers["content-type"] == "application/problem+json"
    _is_problem(await kay.http.post("/v1/dwipps", content=b'{"text":', headers=JSON), 400, "malformed-request")


async def test_what_python_reads_and_json_is_not_gives_no_500(api: Api) -> None:
    kay = await api.member()
    for body in (
        rb'{"text": "\ud800"}',
        rb'{"text": "\udfff\ud800"}',
        rb'{"\ud800": "x"}',
        b'{"text": NaN}',
        b'{"text": -Infinity}',
        b'{"text": 1e999}',
        b'{"text": ' + b"9" * 4000 + b"}",
        b'{"text": "x", "text": 7}',
        b"NaN",
        b"null",
    ):
        problem = _is_problem(await kay.http.post("/v1/dwipps", content=body, headers=JSON), 422, "invalid-request")
        assert problem["errors"]
    for path in ("register", "login", "confirm", "resend", "refresh", "logout", "password/forgot", "password/reset"):
        fields = ("email", "password", "registration", "code", "refresh_token", "new_password", "handle")
        body = json.dumps(dict.fromkeys(fields, "\ud800")).encode()
        answer = await api.http.post(f"/v1/auth/{path}", content=body, headers=JSON)
        _is_problem(answer, 422, answer.json()["type"].rpartition(":")[2])


async def test_a_body_that_is_not_said_to_be_json_is_not_read(api: Api) -> None:
    kay = await api.member()
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data",
        "x",
        "",
    ):
        answer = await kay.http.post("/v1/dwipps", content=b'{"text": "x"}', headers={"Content-Type": content_type})
        _is_problem(answer, 415, "unsupported-media-type")
    for content_type in ("application/json", "application/json; charset=utf-8", "application/problem+json"):
        answer = await kay.http.post("/v1/dwipps", content=b'{"text": "x"}', headers={"Content-Type": content_type})
        assert answer.status_code == 201
    assert len((await kay.get("/v1/dwipps"))["items"]) == 3


FITS = b'{"text": "' + b"x" * (65_536 - len(b'{"text": ""}')) + b'"}'


async def test_a_body_of_more_than_64_kilobytes_is_too_large(api: Api) -> None:
    kay = await api.member()
    _is_problem(await kay.http.post("/v1/dwipps", content=FITS, headers=JSON), 422, "invalid-request")
    for path in ("/v1/dwipps", "/v1/auth/login", "/nope", "/health"):
        answer = await kay.http.post(path, content=FITS + b" ", headers=JSON)
        _is_problem(answer, 413, "body-too-large")


@pytest.mark.in_process
async def test_a_body_that_is_too_large_is_so_whoever_sends_it(api: Api) -> None:
    _is_problem(await api.http.post("/v1/dwipps", content=FITS + b" ", headers=JSON), 413, "body-too-large")


async def test_a_missing_body_says_so(api: Api) -> None:
    kay = await api.member()
    problem = _is_problem(await kay.http.post("/v1/dwipps"), 422, "invalid-request")
    assert problem["errors"] == [{"pointer": "", "detail": "This field is required."}]


async def test_flaws_are_pointed_at(api: Api) -> None:
    answer = await api.http.post("/v1/auth/register", json={"email": "no email", "pass~/word": 1})
    problem = _is_problem(answer, 422, "invalid-request")
    assert {flaw["pointer"] for flaw in problem["errors"]} == {"/email", "/password", "/pass~0~1word"}


async def test_a_browser_from_anywhere_may_call_and_read_the_headers_that_matter(api: Api) -> None:
    kay = await api.member()
    origin = {"Origin": "https://example.org"}
    preflight = await api.http.options(
        "/v1/dwipps",
        headers=origin
        | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, idempotency-key"},
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in preflight.headers
    for answer in (
        await kay.http.get("/v1/dwipps", headers=origin),
        await api.http.get("/v1/dwipps", headers=origin),
        await api.http.get("/nope", headers=origin),
        await api.http.post("/v1/auth/login", content=b"x" * 70_000, headers=origin),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert exposed == {"idempotent-replayed", "link", "location", "retry-after", "x-request-id"}


async def test_nothing_of_the_api_is_kept_by_caches(api: Api) -> None:
    kay = await api.member()
    for http in (kay.http, api.http):
        for path in ("/v1/dwipps", "/v1/me", "/v1/nope", "/v1/auth/login"):
            assert (await http.get(path)).headers["cache-control"] == "no-store"
    assert "cache-control" not in (await api.http.get("/health")).headers
