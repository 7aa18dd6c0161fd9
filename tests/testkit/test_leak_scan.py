"""The leak scan accepts the data that a response may contain, and finds internal and personal data in all others."""

import asyncio
import json
import re
import time
import uuid
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.dwipps.ids import new_id
from app.pagination.cursors import encode_cursor
from app.settings import Settings
from devstack.paths import ROOT
from devstack.process import Service
from testkit.api_client import Transport, open_api
from testkit.doubles import SETTINGS
from testkit.forged_tokens import encode_base64url
from testkit.leak_scan import LeakScan
from testkit.unauthorized import assert_unauthorized
from tests.conftest import Figures

# Table names as CloudFormation makes them. The names in SETTINGS are also words of the API, such as "dwipps".
STACK_SETTINGS = replace(
    SETTINGS,
    dwipps_table="data-Dwipps-1A",
    reactions_table="data-Reactions-1B",
    members_table="data-M-1C",
    safety_table="data-S-1D",
    job_queue_url="http://127.0.0.1:4566/000000000000/data-Q-1E",
)

KAY, LEE = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "1f6a3c70-2b1d-7c44-9a53-5d0c6a7b8e9f"
EMAILS = {KAY: "kay@example.org", LEE: "lee@example.org"}
REQUEST_ID = "7d5b1f3e-9c2a-4e11-8b6f-2a4c6e8d0b1a"
PROFILE = {"id": KAY, "handle": "kay", "email": EMAILS[KAY], "joined_at": "2026-07-01T10:00:00Z"}
DWIPP_ID = new_id()
DWIPP = {"id": DWIPP_ID, "text": "Socks are envelopes for feet.", "author": {"handle": "lee"}, "upvotes": 3}


def _make_token(member_id: str) -> str:
    return f"eyJhbGciOiJSUzI1NiJ9.{encode_base64url(json.dumps({'sub': member_id}).encode())}.c2lnbmF0dXJl"


def _make_response(
    body: Any = None,
    *,
    call: str = "GET /v1/dwipps",
    headers: dict[str, str] | None = None,
    status: int = 200,
    request_body: Any = None,
    reason: str = "OK",
) -> httpx.Response:
    """Return the response to a request of Kay."""
    method, _, path = call.partition(" ")
    authorization = {"Authorization": f"Bearer {_make_token(KAY)}"}
    request = httpx.Request(method, f"https://dwipper.test{path}", headers=authorization, json=request_body)
    content = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return httpx.Response(
        status,
        headers={"x-request-id": REQUEST_ID, **(headers or {})},
        content=content.encode(),
        request=request,
        extensions={"reason_phrase": reason.encode()},
    )


def _make_login_response(member_id: str) -> httpx.Response:
    tokens = {"access_token": _make_token(member_id), "refresh_token": _make_token(member_id), "expires_in": 900}
    return _make_response(
        tokens, call="POST /v1/auth/login", request_body={"email": EMAILS[member_id].upper(), "password": "x"}
    )


def _make_problem(detail: str, **extra: Any) -> dict[str, Any]:
    return {"type": "urn:dwipper:problem:internal-error", "detail": detail, "request_id": REQUEST_ID, **extra}


def _make_page(cursor: str) -> dict[str, Any]:
    return {"items": [DWIPP], "next_cursor": cursor}


ALLOWED = {
    "page with a cursor": _make_response(_make_page(encode_cursor("feed", DWIPP_ID))),
    "own profile": _make_response(PROFILE, call="GET /v1/me"),
    "own profile below a stage": _make_response(PROFILE, call="GET /prod/v1/me"),
    "own export": _make_response({"profile": PROFILE, "dwipps": [DWIPP]}, call="GET /v1/me/export"),
    "new registration": _make_response({"registration": str(uuid.uuid4())}, call="POST /v1/auth/register"),
    "problem": _make_response(_make_problem("Something went wrong on our side."), status=500),
    "email in the text of a Dwipp": _make_response({**DWIPP, "text": 'I am "lee@example.org", an IndexError: \\'}),
    "email in the pointer of a problem": _make_response(
        _make_problem("No.", errors=[{"pointer": "/lee@example.org"}]), status=422
    ),
    "tokens of a login": _make_login_response(LEE),
    "empty body": _make_response(""),
}
LEAKS = {
    "email of another member": _make_response({**DWIPP, "author": {"handle": "lee", "email": EMAILS[LEE]}}),
    "own email outside of the own profile": _make_response({**PROFILE, "id": new_id()}, call="GET /v1/users/kay"),
    "email in a header": _make_response([], headers={"X-Member": EMAILS[LEE]}),
    "email in a cursor": _make_response(_make_page(encode_cursor("feed", EMAILS[LEE]))),
    "second email in the own profile": _make_response({**PROFILE, "also": EMAILS[KAY]}, call="GET /v1/me"),
    "email of another member in the own profile": _make_response({**PROFILE, "email": EMAILS[LEE]}, call="GET /v1/me"),
    "id of another member in the own profile": _make_response({**PROFILE, "id": LEE}, call="GET /v1/me"),
    "own id outside of the own profile": _make_response({**DWIPP, "author": {"handle": "kay", "id": KAY}}),
    "member id of UUID version 7": _make_response({**DWIPP, "author": {"handle": "lee", "id": LEE}}),
    "unknown UUID of version 4": _make_response({**DWIPP, "by": str(uuid.uuid4())}),
    "member id in capitals": _make_response({**DWIPP, "by": LEE.upper()}),
    "member id without hyphens": _make_response({**DWIPP, "by": LEE.replace("-", "")}),
    "member id in a header": _make_response([], headers={"Location": f"/v1/users/{KAY}"}),
    "member id in a cursor": _make_response(_make_page(encode_cursor("favorites", KAY, DWIPP_ID))),
    "bytes of a member id in a cursor": _make_response(
        _make_page(encode_base64url(b"12345678" + uuid.UUID(LEE).bytes))
    ),
    "member id in the cursor of a Link header": _make_response(
        [], headers={"Link": f'</v1/dwipps?cursor={encode_cursor("feed", LEE)}>; rel="next"'}
    ),
    "member id of version 7 as registration": _make_response({"registration": LEE}, call="POST /v1/auth/register"),
    "member id of version 4 as registration": _make_response({"registration": KAY}, call="POST /v1/auth/register"),
    "registration in the response of resend": _make_response(
        {"registration": str(uuid.uuid4())}, call="POST /v1/auth/resend"
    ),
    "token outside of a login": _make_response({"access_token": _make_token(KAY)}, call="GET /v1/me/sessions"),
    "token in a header": _make_response([], headers={"X-Token": _make_token(LEE)}),
    "user pool id": _make_response(_make_problem(f"User pool client {STACK_SETTINGS.user_pool_id} does not exist.")),
    "user pool client id": _make_response(_make_problem(f"Client {STACK_SETTINGS.user_pool_client_id} not found.")),
    "table name of another stack": _make_response(_make_problem("Table: stack-MembersTable-1A2B not found")),
    "queue url": _make_response(_make_problem(f"Queue {STACK_SETTINGS.job_queue_url} not found.")),
    "table name": _make_response(_make_problem(f"Table: {STACK_SETTINGS.reactions_table} not found")),
    "exception of Cognito": _make_response(_make_problem("UserNotFoundException")),
    "exception of DynamoDB": _make_response(_make_problem("An error occurred (ConditionalCheckFailedException)")),
    "cancellation reason of DynamoDB": _make_response(_make_problem("Cancelled: [ConditionalCheckFailed, None]")),
    "exception of Python": _make_response(_make_problem("ZeroDivisionError: division by zero")),
    "exception in the status line": _make_response("", reason="KeyError"),
    "traceback": _make_response("Traceback (most recent call last):", status=500),
    "line of a traceback": _make_response(_make_problem('File "/opt/dwipper/main", line 7, in read_me')),
    "path of a package": _make_response(_make_problem("/usr/lib/site-packages/x")),
    "ARN": _make_response(_make_problem("User: arn:aws:iam::123456789012:role/x is not authorized")),
    "name of the SDK in a header": _make_response("", headers={"Server": "botocore"}),
    "name of a service": _make_response(_make_problem("The email is not in Cognito.")),
    "key of a row": _make_response(_make_problem("member#7")),
    "name of a framework": _make_response(_make_problem("see https://errors.pydantic.dev")),
}


@pytest.fixture
def scan() -> LeakScan:
    """Return a scan that knows both members from their logins."""
    scan = LeakScan(STACK_SETTINGS)
    for member_id in (KAY, LEE):
        asyncio.run(scan.check_unread(_make_login_response(member_id)))
    return scan


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed_data_passes(name: str, scan: LeakScan) -> None:
    asyncio.run(scan.check_unread(ALLOWED[name]))


@pytest.mark.parametrize("name", LEAKS)
def test_leak_is_found(name: str, scan: LeakScan) -> None:
    with pytest.raises(AssertionError, match=r"leaks \["):
        asyncio.run(scan.check_unread(LEAKS[name]))


def test_every_key_prefix_of_the_app_is_found(scan: LeakScan) -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "app").rglob("*.py"))
    prefixes = set(re.findall(r'"([a-z]+#)\{', code))
    assert {"member#", "blocks#", "limit#", "pending#"} <= prefixes
    for prefix in prefixes:
        with pytest.raises(AssertionError, match=rf"leaks \['{prefix}'"):
            asyncio.run(scan.check_unread(_make_response(_make_problem(f"{prefix}7"))))


@pytest.mark.parametrize(
    "detail", ["Log in.", "Invalid token for us-east-1_Dwipper01.", "member#7", "NotAuthorizedException"]
)
def test_assert_unauthorized_scans_the_response(detail: str) -> None:
    problem = {"type": "urn:dwipper:problem:unauthenticated", "detail": detail, "request_id": REQUEST_ID}
    headers = {"content-type": "application/problem+json", "www-authenticate": "Bearer", "cache-control": "no-store"}
    content = json.dumps(problem, separators=(",", ":"))
    response = httpx.Response(401, headers={"x-request-id": REQUEST_ID, **headers}, content=content.encode())
    with nullcontext() if detail == "Log in." else pytest.raises(AssertionError, match=r"leaks \["):
        assert_unauthorized(response)


def test_scan_counts_responses(scan: LeakScan, figures: Figures) -> None:
    page = _make_response({"items": [{**DWIPP, "id": new_id()} for _ in range(100)], "next_cursor": None})
    count_before, start = LeakScan.checked_responses, time.perf_counter()
    for _ in range(100):
        asyncio.run(scan.check_unread(page))
    figures("milliseconds for a page of 100 Dwipps", round((time.perf_counter() - start) * 10, 2))
    assert LeakScan.checked_responses - count_before == 100


@pytest.mark.parametrize("transport", ["uvicorn", "rest"])
def test_every_api_response_is_scanned(
    transport: Transport, settings: Settings, embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The version in the response contains the id of the user pool, so the scan must fail.
    monkeypatch.setattr("app.main.__version__", settings.user_pool_id)

    async def get_health() -> None:
        async with open_api(settings, embedded.endpoint, transport) as api:
            await api.open_client().get("/health")

    with pytest.raises(AssertionError, match=rf"GET /health leaks \[.*{settings.user_pool_id}"):
        asyncio.run(get_health())
