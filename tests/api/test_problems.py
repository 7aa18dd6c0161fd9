"""Invalid requests get problem documents. Responses allow any origin. Responses below `/v1` are not cached."""

import gzip
import json
from typing import Any

import httpx
import pytest

from testkit.api_client import Api

JSON_HEADERS = {"Content-Type": "application/json"}


def _assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    problem: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, problem["status"]) == (status, status), problem
    assert problem["type"] == f"urn:dwipper:problem:{slug}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


UNKNOWN_PATHS = ("/nope", "/v1", "/v1/auth/nope", "//v1/dwipps", "/%2e%2e/v1")
# API Gateway forwards requests to these paths only with a valid token.
UNKNOWN_MEMBER_PATHS = ("/v1/nope", "/v1/dwipps/", "/v1/dwipps/x/y")


async def _assert_not_found(http: httpx.AsyncClient, *paths: str) -> None:
    for path in paths:
        for method in ("GET", "POST", "DELETE"):
            _assert_problem(await http.request(method, path), 404, "not-found")


async def test_unknown_path_is_404(api: Api) -> None:
    kay = await api.create_member()
    await _assert_not_found(api.http, *UNKNOWN_PATHS)
    await _assert_not_found(kay.http, *UNKNOWN_PATHS, *UNKNOWN_MEMBER_PATHS)


@pytest.mark.in_process
async def test_unknown_member_path_without_a_token_is_404(api: Api) -> None:
    await _assert_not_found(api.http, *UNKNOWN_MEMBER_PATHS)


async def _assert_method_not_allowed(http: httpx.AsyncClient) -> None:
    for path, method, allowed in (
        ("/v1/dwipps", "PUT", "GET, HEAD, POST"),
        ("/v1/dwipps/x", "POST", "DELETE, GET, HEAD, PATCH"),
        ("/v1/dwipps/x/upvote", "GET", "DELETE, POST, PUT"),
        ("/v1/auth/login", "GET", "POST"),
        ("/v1/me", "POST", "DELETE, GET, HEAD"),
        ("/health", "DELETE", "GET, HEAD"),
    ):
        response = await http.request(method, path)
        _assert_problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == allowed


async def test_wrong_method_is_405_with_allow_header(api: Api) -> None:
    await _assert_method_not_allowed((await api.create_member()).http)


@pytest.mark.in_process
async def test_wrong_method_without_a_token_is_405_with_allow_header(api: Api) -> None:
    await _assert_method_not_allowed(api.http)


async def test_malformed_json_is_400_or_422(api: Api) -> None:
    kay = await api.create_member()
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
        response = await kay.http.post("/v1/dwipps", content=body, headers=JSON_HEADERS)
        assert response.status_code in (400, 422), body[:20]
        assert response.headers["content-type"] == "application/problem+json"
    _assert_problem(
        await kay.http.post("/v1/dwipps", content=b'{"text":', headers=JSON_HEADERS), 400, "malformed-request"
    )


async def test_body_that_only_python_reads_as_json_is_400(api: Api) -> None:
    """RFC 8259: NaN and infinities (section 6), repeated names (section 4), and encodings other than UTF-8 (8.1)."""
    kay = await api.create_member()
    text = '{"text": "Ice is water that sits still."}'
    bodies = (
        b'{"text": NaN}',
        b'{"text": "x", "version": -Infinity}',
        b"NaN",
        b'{"text": "x", "text": 7}',
        b'{"text": "x", "text": "x"}',
        b'{"text": "x", "\\u0074ext": "x"}',
        b'[{"a": 1, "a": 1}]',
        text.encode("utf-16"),
        text.encode("utf-16-be"),
        text.encode("utf-32"),
        text.encode("latin-1") + b"\xe9",
    )
    for body in bodies:
        response = await kay.http.post("/v1/dwipps", content=body, headers=JSON_HEADERS)
        _assert_problem(response, 400, "malformed-request")
    response = await kay.http.post("/v1/dwipps", content=text.encode("utf-8-sig"), headers=JSON_HEADERS)
    assert response.status_code == 201
    assert len((await kay.get("/v1/dwipps"))["items"]) == 1


async def test_encoded_body_is_415(api: Api) -> None:
    """RFC 9110, section 15.5.16: 415 also refuses a content coding."""
    kay = await api.create_member()
    body = b'{"text": "x"}'
    for coding, content in (("gzip", gzip.compress(body)), ("gzip", body), ("identity, br", body), ("GZIP", body)):
        headers = JSON_HEADERS | {"Content-Encoding": coding}
        response = await kay.http.post("/v1/dwipps", content=content, headers=headers)
        _assert_problem(response, 415, "unsupported-media-type")
        assert response.headers["accept-encoding"] == "identity"
    headers = JSON_HEADERS | {"Content-Encoding": "identity"}
    assert (await kay.http.post("/v1/dwipps", content=body, headers=headers)).status_code == 201


async def test_several_media_types_are_415(api: Api) -> None:
    kay = await api.create_member()
    for second in ("text/plain", "application/json"):
        headers = [("Content-Type", "application/json"), ("Content-Type", second)]
        response = await kay.http.post("/v1/dwipps", content=b'{"text": "x"}', headers=headers)
        _assert_problem(response, 415, "unsupported-media-type")


async def test_json_edge_cases_are_422(api: Api) -> None:
    kay = await api.create_member()
    for body in (
        rb'{"text": "\ud800"}',
        rb'{"text": "\udfff\ud800"}',
        rb'{"\ud800": "x"}',
        b'{"text": 1e999}',
        b'{"text": ' + b"9" * 4000 + b"}",
        b"null",
    ):
        problem = _assert_problem(
            await kay.http.post("/v1/dwipps", content=body, headers=JSON_HEADERS), 422, "invalid-request"
        )
        assert problem["errors"]
    for path in ("register", "login", "confirm", "resend", "refresh", "logout", "password/forgot", "password/reset"):
        fields = ("email", "password", "registration", "code", "refresh_token", "new_password", "handle")
        body = json.dumps(dict.fromkeys(fields, "\ud800")).encode()
        response = await api.http.post(f"/v1/auth/{path}", content=body, headers=JSON_HEADERS)
        _assert_problem(response, 422, response.json()["type"].rpartition(":")[2])


async def test_content_type_other_than_json_is_415(api: Api) -> None:
    kay = await api.create_member()
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data",
        "x",
        "",
    ):
        response = await kay.http.post("/v1/dwipps", content=b'{"text": "x"}', headers={"Content-Type": content_type})
        _assert_problem(response, 415, "unsupported-media-type")
    for content_type in ("application/json", "application/json; charset=utf-8", "application/problem+json"):
        response = await kay.http.post("/v1/dwipps", content=b'{"text": "x"}', headers={"Content-Type": content_type})
        assert response.status_code == 201
    assert len((await kay.get("/v1/dwipps"))["items"]) == 3


# 64 KiB, the largest accepted size.
LARGEST_BODY = b'{"text": "' + b"x" * (65_536 - len(b'{"text": ""}')) + b'"}'


async def test_body_above_64_kib_is_413(api: Api) -> None:
    kay = await api.create_member()
    _assert_problem(
        await kay.http.post("/v1/dwipps", content=LARGEST_BODY, headers=JSON_HEADERS), 422, "invalid-request"
    )
    for path in ("/v1/dwipps", "/v1/auth/login", "/nope", "/health"):
        response = await kay.http.post(path, content=LARGEST_BODY + b" ", headers=JSON_HEADERS)
        _assert_problem(response, 413, "body-too-large")


@pytest.mark.in_process
async def test_body_above_64_kib_without_a_token_is_413(api: Api) -> None:
    _assert_problem(
        await api.http.post("/v1/dwipps", content=LARGEST_BODY + b" ", headers=JSON_HEADERS), 413, "body-too-large"
    )


async def test_missing_body_is_422(api: Api) -> None:
    kay = await api.create_member()
    problem = _assert_problem(await kay.http.post("/v1/dwipps"), 422, "invalid-request")
    assert problem["errors"] == [{"pointer": "", "detail": "This field is required."}]


async def test_errors_have_json_pointers(api: Api) -> None:
    response = await api.http.post("/v1/auth/register", json={"email": "no email", "pass~/word": 1})
    problem = _assert_problem(response, 422, "invalid-request")
    assert {error["pointer"] for error in problem["errors"]} == {"/email", "/password", "/pass~0~1word"}


async def test_cors_allows_any_origin_and_exposes_our_headers(api: Api) -> None:
    kay = await api.create_member()
    origin = {"Origin": "https://example.org"}
    preflight = await api.http.options(
        "/v1/dwipps",
        headers=origin
        | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, idempotency-key"},
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in preflight.headers
    for response in (
        await kay.http.get("/v1/dwipps", headers=origin),
        await api.http.get("/v1/dwipps", headers=origin),
        await api.http.get("/nope", headers=origin),
        await api.http.post("/v1/auth/login", content=b"x" * 70_000, headers=origin),
    ):
        assert response.headers["access-control-allow-origin"] == "*"
        exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}
        rate_limits = {"ratelimit", "ratelimit-policy"}
        assert exposed == {"idempotent-replayed", "link", "location", "retry-after", "x-request-id"} | rate_limits


async def test_responses_below_v1_are_no_store(api: Api) -> None:
    kay = await api.create_member()
    for http in (kay.http, api.http):
        for path in ("/v1/dwipps", "/v1/me", "/v1/nope", "/v1/auth/login"):
            assert (await http.get(path)).headers["cache-control"] == "no-store"
    assert "cache-control" not in (await api.http.get("/health")).headers
