"""A member recovers a password, or changes it."""

from typing import NoReturn

import httpx
import pytest

from app.cognito.user_pool import UserPool
from app.errors import UnavailableError
from testkit.api_client import PASSWORD, Api, MemberClient

NEW, ANOTHER = "a new rubber duck", "yet another rubber duck"


async def _change(member: MemberClient, current: str, new: str) -> httpx.Response:
    return await member.http.put("/v1/me/password", json={"current_password": current, "new_password": new})


async def _refresh(api: Api, member: MemberClient) -> int:
    body = {"refresh_token": member.tokens["refresh_token"]}
    return (await api.http.post("/v1/auth/refresh", json=body)).status_code


def _fail(*_: str) -> NoReturn:
    raise UnavailableError


async def _login(api: Api, email: str, password: str) -> int:
    return (await api.http.post("/v1/auth/login", json={"email": email, "password": password})).status_code


async def test_a_forgotten_password_is_set_anew_by_a_code(api: Api) -> None:
    kay = await api.member()

    forgot = await api.http.post("/v1/auth/password/forgot", json={"email": kay.email.upper()})
    assert (forgot.status_code, forgot.content) == (202, b"")
    body = {"email": kay.email, "code": api.code(kay.email), "new_password": NEW}
    reset = await api.http.post("/v1/auth/password/reset", json=body)
    assert (reset.status_code, reset.content) == (204, b"")

    assert await _login(api, kay.email, NEW) == 200
    assert await _login(api, kay.email, PASSWORD) == 401
    ended = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    assert ended.status_code == 401
    used = await api.http.post("/v1/auth/password/reset", json=body | {"new_password": ANOTHER})
    assert (used.status_code, used.json()["type"]) == (400, "urn:dwipper:problem:invalid-or-expired-code")
    assert await _login(api, kay.email, NEW) == 200


async def test_asking_for_a_reset_tells_nobody_who_has_an_account(api: Api) -> None:
    kay = await api.member()
    await api.register("unconfirmed@example.org")
    answers = [
        await api.http.post("/v1/auth/password/forgot", json={"email": email})
        for email in (kay.email, "unconfirmed@example.org", "nobody@example.org")
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 3


async def test_a_reset_without_the_code_changes_nothing(api: Api) -> None:
    kay = await api.member()
    await api.http.post("/v1/auth/password/forgot", json={"email": kay.email})
    for email, code in (
        (kay.email, "000000"),
        (kay.email, ""),
        (kay.email, "x y"),
        ("nobody@example.org", "654321"),
    ):
        answer = await api.http.post(
            "/v1/auth/password/reset", json={"email": email, "code": code, "new_password": NEW}
        )
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:dwipper:problem:invalid-or-expired-code")
    assert await _login(api, kay.email, PASSWORD) == 200
    assert (
        await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    ).status_code == 200


@pytest.mark.in_process
async def test_a_reset_that_got_no_answer_is_asked_for_again(api: Api) -> None:
    """Cognito has set the password, and failed to end the sessions: the answer was 503, and the code is used up."""
    kay = await api.member()
    await api.http.post("/v1/auth/password/forgot", json={"email": kay.email})
    body = {"email": kay.email, "code": api.code(kay.email), "new_password": NEW}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "log_out_everywhere", _fail)
        assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 503
    assert await _refresh(api, kay) == 200

    for _ in range(2):
        assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 204
        assert await _refresh(api, kay) == 401
    assert await _login(api, kay.email, NEW) == 200


async def test_a_member_changes_the_password(api: Api) -> None:
    kay = await api.member()
    other = await api.login(kay.email)

    changed = await _change(kay, PASSWORD, NEW)

    assert (changed.status_code, changed.content) == (204, b"")
    assert await _login(api, kay.email, NEW) == 200
    assert await _login(api, kay.email, PASSWORD) == 401
    for tokens in (kay.tokens, other):
        ended = await api.http.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert ended.status_code == 401


@pytest.mark.in_process
async def test_a_change_that_got_no_answer_is_asked_for_again(api: Api) -> None:
    """Cognito has set the password, and failed to end the sessions: the answer was 503."""
    kay = await api.member()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "log_out_everywhere", _fail)
        assert (await _change(kay, PASSWORD, NEW)).status_code == 503
    assert await _refresh(api, kay) == 200

    assert (await _change(kay, PASSWORD, NEW)).status_code == 204
    assert await _refresh(api, kay) == 401
    assert await _login(api, kay.email, NEW) == 200

    late = await _change(kay, PASSWORD, NEW)
    assert (late.status_code, late.json()["type"]) == (401, "urn:dwipper:problem:unauthenticated")


async def test_a_change_needs_the_current_password(api: Api) -> None:
    kay = await api.member()
    answer = await _change(kay, "not the password", NEW)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:dwipper:problem:wrong-password")
    assert await _login(api, kay.email, PASSWORD) == 200


async def test_a_weak_new_password_is_refused_everywhere_before_anything_else_is_looked_at(api: Api) -> None:
    kay = await api.member()
    await api.http.post("/v1/auth/password/forgot", json={"email": kay.email})
    code = api.code(kay.email)
    for weak in ("", "123456789", "x" * 257, " blank at an end", "blank at an end\n"):
        answers = [await _change(kay, current, weak) for current in (PASSWORD, "not the password")]
        answers += [
            await api.http.post("/v1/auth/password/reset", json={"email": email, "code": code, "new_password": weak})
            for email in (kay.email, "nobody@example.org")
        ]
        for answer in answers:
            problem = answer.json()
            assert (answer.status_code, problem["type"]) == (422, "urn:dwipper:problem:weak-password")
            assert [flaw["pointer"] for flaw in problem["errors"]] == ["/new_password"]
    assert await _login(api, kay.email, PASSWORD) == 200
