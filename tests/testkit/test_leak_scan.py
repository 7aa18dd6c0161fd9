"""The scan of answers lets pass what an answer may say, and refuses each thing that none may."""

import asyncio
import base64
import json
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
from devstack.process import Service
from testkit.api_client import Transport, open_api
from testkit.doubles import SETTINGS
from testkit.leak_scan import LeakScan
from testkit.unauthorized import assert_unauthorized
from tests.conftest import Figures

# CloudFormation's names of tables; those of the doubles are words of the API too.
STACK = replace(SETTINGS, dwipps_table="data-Dwipps-1A", reactions_table="data-Reactions-1B", members_table="data-M-1C")

KAY, LEE = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "1f6a3c70-2b1d-7c44-9a53-5d0c6a7b8e9f"
EMAILS = {KAY: "kay@example.org", LEE: "lee@example.org"}
REQUEST_ID = "7d5b1f3e-9c2a-4e11-8b6f-2a4c6e8d0b1a"
PROFILE = {"id": KAY, "handle": "kay", "email": EMAILS[KAY], "joined_at": "2026-07-01T10:00:00Z"}
DWIPP_ID = new_id()
DWIPP = {"id": DWIPP_ID, "text": "Socks are envelopes for feet.", "author": {"handle": "lee"}, "upvotes": 3}


def _token(member_id: str) -> str:
    return f"eyJhbGciOiJSUzI1NiJ9.{_base64(json.dumps({'sub': member_id}).encode())}.c2lnbmF0dXJl"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _answer(
    body: Any = None,
    *,
    call: str = "GET /v1/dwipps",
    headers: dict[str, str] | None = None,
    status: int = 200,
    asked: Any = None,
    reason: str = "OK",
) -> httpx.Response:
    """What came back for a request of kay's."""
    method, _, path = call.partition(" ")
    authorization = {"Authorization": f"Bearer {_token(KAY)}"}
    request = httpx.Request(method, f"https://dwipper.test{path}", headers=authorization, json=asked)
    content = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return httpx.Response(
        status,
        headers={"x-request-id": REQUEST_ID, **(headers or {})},
        content=content.encode(),
        request=request,
        extensions={"reason_phrase": reason.encode()},
    )


def _login(member_id: str) -> httpx.Response:
    tokens = {"access_token": _token(member_id), "refresh_token": _token(member_id), "expires_in": 900}
    return _answer(tokens, call="POST /v1/auth/login", asked={"email": EMAILS[member_id].upper(), "password": "x"})


def _problem(detail: str, **more: Any) -> dict[str, Any]:
    return {"type": "urn:dwipper:problem:internal-error", "detail": detail, "request_id": REQUEST_ID, **more}


def _page(cursor: str) -> dict[str, Any]:
    return {"items": [DWIPP], "next_cursor": cursor}


FINE = {
    "a page": _answer(_page(encode_cursor("feed", DWIPP_ID))),
    "one's own profile": _answer(PROFILE, call="GET /v1/me"),
    "one's own profile below a stage": _answer(PROFILE, call="GET /prod/v1/me"),
    "one's own export": _answer({"profile": PROFILE, "dwipps": [DWIPP]}, call="GET /v1/me/export"),
    "a registration": _answer({"registration": str(uuid.uuid4())}, call="POST /v1/auth/register"),
    "a problem": _answer(_problem("Something went wrong on our side."), status=500),
    "an email that a member wrote": _answer({**DWIPP, "text": 'I am "lee@example.org", an IndexError: \\'}),
    "a mistake at what the client wrote": _answer(
        _problem("No.", errors=[{"pointer": "/lee@example.org"}]), status=422
    ),
    "a session": _login(LEE),
    "nothing": _answer(""),
}
LEAKS = {
    "another's email": _answer({**DWIPP, "author": {"handle": "lee", "email": EMAILS[LEE]}}),
    "one's own email elsewhere": _answer({**PROFILE, "id": new_id()}, call="GET /v1/users/kay"),
    "an email in a header": _answer([], headers={"X-Member": EMAILS[LEE]}),
    "an email in a cursor": _answer(_page(encode_cursor("feed", EMAILS[LEE]))),
    "an email beside one's own": _answer({**PROFILE, "also": EMAILS[KAY]}, call="GET /v1/me"),
    "another's profile for one's own": _answer({**PROFILE, "email": EMAILS[LEE]}, call="GET /v1/me"),
    "another's id for one's own": _answer({**PROFILE, "id": LEE}, call="GET /v1/me"),
    "one's own id elsewhere": _answer({**DWIPP, "author": {"handle": "kay", "id": KAY}}),
    "an id of version 7": _answer({**DWIPP, "author": {"handle": "lee", "id": LEE}}),
    "an id that no token named": _answer({**DWIPP, "by": str(uuid.uuid4())}),
    "an id in capitals": _answer({**DWIPP, "by": LEE.upper()}),
    "an id without hyphens": _answer({**DWIPP, "by": LEE.replace("-", "")}),
    "an id in a header": _answer([], headers={"Location": f"/v1/users/{KAY}"}),
    "an id in a cursor": _answer(_page(encode_cursor("favorites", KAY, DWIPP_ID))),
    "an id's bytes in a cursor": _answer(_page(_base64(b"12345678" + uuid.UUID(LEE).bytes))),
    "an id in the cursor of a link": _answer(
        [], headers={"Link": f'</v1/dwipps?cursor={encode_cursor("feed", LEE)}>; rel="next"'}
    ),
    "an id for a registration": _answer({"registration": LEE}, call="POST /v1/auth/register"),
    "a known id of version 4 for a registration": _answer({"registration": KAY}, call="POST /v1/auth/register"),
    "a registration elsewhere": _answer({"registration": str(uuid.uuid4())}, call="POST /v1/auth/resend"),
    "a token elsewhere": _answer({"access_token": _token(KAY)}, call="GET /v1/me/sessions"),
    "a token in a header": _answer([], headers={"X-Token": _token(LEE)}),
    "the pool": _answer(_problem(f"User pool client {STACK.user_pool_id} does not exist.")),
    "the client": _answer(_problem(f"Client {STACK.user_pool_client_id} not found.")),
    "any table": _answer(_problem("Table: stack-MembersTable-1A2B not found")),
    "a table": _answer(_problem(f"Table: {STACK.reactions_table} not found")),
    "an exception of Cognito's": _answer(_problem("UserNotFoundException")),
    "an exception of DynamoDB's": _answer(_problem("An error occurred (ConditionalCheckFailedException)")),
    "a reason of DynamoDB's": _answer(_problem("Cancelled: [ConditionalCheckFailed, None]")),
    "an exception of Python's": _answer(_problem("ZeroDivisionError: division by zero")),
    "a failure in the status line": _answer("", reason="KeyError"),
    "a stack trace": _answer("Traceback (most recent call last):", status=500),
    "a line of a stack trace": _answer(_problem('File "/opt/dwipper/main", line 7, in read_me')),
    "a package": _answer(_problem("/usr/lib/site-packages/x")),
    "an ARN": _answer(_problem("User: arn:aws:iam::123456789012:role/x is not authorized")),
    "an SDK": _answer("", headers={"Server": "botocore"}),
    "a service": _answer(_problem("The email is not in Cognito.")),
    "a row's key": _answer(_problem("member#7")),
    "a framework": _answer(_problem("see https://errors.pydantic.dev")),
}


@pytest.fixture
def scan() -> LeakScan:
    """A scan that has seen both of them log in."""
    scan = LeakScan(STACK)
    for member_id in (KAY, LEE):
        asyncio.run(scan.look(_login(member_id)))
    return scan


@pytest.mark.parametrize("name", FINE)
def test_it_lets_pass(name: str, scan: LeakScan) -> None:
    asyncio.run(scan.look(FINE[name]))


@pytest.mark.parametrize("name", LEAKS)
def test_it_refuses(name: str, scan: LeakScan) -> None:
    with pytest.raises(AssertionError, match="tells"):
        asyncio.run(scan.look(LEAKS[name]))


@pytest.mark.parametrize(
    "detail", ["Log in.", "Invalid token for us-east-1_Dwipper01.", "member#7", "NotAuthorizedException"]
)
def test_every_refusal_of_who_is_not_logged_in_is_scanned(detail: str) -> None:
    problem = {"type": "urn:dwipper:problem:unauthenticated", "detail": detail, "request_id": REQUEST_ID}
    headers = {"content-type": "application/problem+json", "www-authenticate": "Bearer", "cache-control": "no-store"}
    content = json.dumps(problem, separators=(",", ":"))
    answer = httpx.Response(401, headers={"x-request-id": REQUEST_ID, **headers}, content=content.encode())
    with nullcontext() if detail == "Log in." else pytest.raises(AssertionError, match="tells"):
        assert_unauthorized(answer)


def test_it_counts_the_answers_and_takes_no_time(scan: LeakScan, figures: Figures) -> None:
    page = _answer({"items": [{**DWIPP, "id": new_id()} for _ in range(100)], "next_cursor": None})
    before, began = LeakScan.answers, time.perf_counter()
    for _ in range(100):
        asyncio.run(scan.look(page))
    figures("milliseconds for a page of 100 Dwipps", round((time.perf_counter() - began) * 10, 2))
    assert LeakScan.answers - before == 100


@pytest.mark.parametrize("transport", ["uvicorn", "rest"])
def test_every_answer_of_a_world_is_scanned(
    transport: Transport, settings: Settings, embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app lets slip whom it serves."""
    monkeypatch.setattr("app.main.__version__", settings.user_pool_id)

    async def ask() -> None:
        async with open_api(settings, embedded.endpoint, transport) as telling:
            await telling.open_client().get("/health")

    with pytest.raises(AssertionError, match=f"GET /health tells .*{settings.user_pool_id}"):
        asyncio.run(ask())
