"""A member can reset a forgotten password with a mailed code, and change a known one. Both revoke all sessions."""

from typing import NoReturn

import httpx
import pytest

from app.cognito.user_pool import UserPool
from app.errors import UnavailableError
from testkit.api_client import PASSWORD, Api, MemberClient

NEW_PASSWORD, OTHER_PASSWORD = "a paper boat floats", "yet another rubber duck"


async def _change_password(member: MemberClient, current: str, new: str) -> httpx.Response:
    return await member.http.put("/v1/me/password", json={"current_password": current, "new_password": new})


async def _try_refresh(api: Api, member: MemberClient) -> int:
    """Return the status of a refresh with the member's token."""
    body = {"refresh_token": member.tokens["refresh_token"]}
    return (await api.http.post("/v1/auth/refresh", json=body)).status_code


async def _try_login(api: Api, email: str, password: str) -> int:
    """Return the status of a login."""
    return (await api.http.post("/v1/auth/login", json={"email": email, "password": password})).status_code


def _raise_unavailable(*_: str) -> NoReturn:
    raise UnavailableError


async def test_mailed_code_resets_the_password(api: Api) -> None:
    kay = await api.create_member()

    forgot = await api.http.post("/v1/auth/password/forgot", json={"email": kay.email.upper()})
    assert (forgot.status_code, forgot.content) == (202, b"")
    body = {"email": kay.email, "code": api.fetch_latest_code(kay.email), "new_password": NEW_PASSWORD}
    reset = await api.http.post("/v1/auth/password/reset", json=body)
    assert (reset.status_code, reset.content) == (204, b"")

    assert await _try_login(api, kay.email, NEW_PASSWORD) == 200
    assert await _try_login(api, kay.email, PASSWORD) == 401
    refreshed = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    assert refreshed.status_code == 401
    repeated = await api.http.post("/v1/auth/password/reset", json=body | {"new_password": OTHER_PASSWORD})
    assert (repeated.status_code, repeated.json()["type"]) == (400, "urn:dwipper:problem:invalid-or-expired-code")
    assert await _try_login(api, kay.email, NEW_PASSWORD) == 200


async def test_forgot_password_does_not_disclose_accounts(api: Api) -> None:
    kay = await api.create_member()
    await api.register("unconfirmed@example.org")
    responses = [
        await api.http.post("/v1/auth/password/forgot", json={"email": email})
        for email in (kay.email, "unconfirmed@example.org", "nobody@example.org")
    ]
    assert [(response.status_code, response.content) for response in responses] == [(202, b"")] * 3


async def test_reset_with_wrong_code_or_unknown_email_is_400(api: Api) -> None:
    kay = await api.create_member()
    await api.http.post("/v1/auth/password/forgot", json={"email": kay.email})
    for email, code in (
        (kay.email, "000000"),
        (kay.email, ""),
        (kay.email, "x y"),
        ("nobody@example.org", "654321"),
    ):
        response = await api.http.post(
            "/v1/auth/password/reset", json={"email": email, "code": code, "new_password": NEW_PASSWORD}
        )
        assert (response.status_code, response.json()["type"]) == (400, "urn:dwipper:problem:invalid-or-expired-code")
    assert await _try_login(api, kay.email, PASSWORD) == 200
    assert (
        await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    ).status_code == 200


@pytest.mark.in_process
async def test_reset_can_be_repeated_after_503(api: Api) -> None:
    # The first reset sets the password and uses up the code. It cannot revoke the sessions, so it is 503.
    kay = await api.create_member()
    await api.http.post("/v1/auth/password/forgot", json={"email": kay.email})
    body = {"email": kay.email, "code": api.fetch_latest_code(kay.email), "new_password": NEW_PASSWORD}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "log_out_everywhere", _raise_unavailable)
        assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 503
    assert await _try_refresh(api, kay) == 200

    for _ in range(2):
        assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 204
        assert await _try_refresh(api, kay) == 401
    assert await _try_login(api, kay.email, NEW_PASSWORD) == 200


async def test_password_change_revokes_all_sessions(api: Api) -> None:
    kay = await api.create_member()
    other = await api.login(kay.email)

    changed = await _change_password(kay, PASSWORD, NEW_PASSWORD)

    assert (changed.status_code, changed.content) == (204, b"")
    assert await _try_login(api, kay.email, NEW_PASSWORD) == 200
    assert await _try_login(api, kay.email, PASSWORD) == 401
    for tokens in (kay.tokens, other):
        refreshed = await api.http.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert refreshed.status_code == 401


@pytest.mark.in_process
async def test_password_change_can_be_repeated_after_503(api: Api) -> None:
    # The first change sets the password. It cannot revoke the sessions, so it is 503.
    kay = await api.create_member()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "log_out_everywhere", _raise_unavailable)
        assert (await _change_password(kay, PASSWORD, NEW_PASSWORD)).status_code == 503
    assert await _try_refresh(api, kay) == 200

    assert (await _change_password(kay, PASSWORD, NEW_PASSWORD)).status_code == 204
    assert await _try_refresh(api, kay) == 401
    assert await _try_login(api, kay.email, NEW_PASSWORD) == 200

    repeated = await _change_password(kay, PASSWORD, NEW_PASSWORD)
    assert (repeated.status_code, repeated.json()["type"]) == (401, "urn:dwipper:problem:unauthenticated")


async def test_password_change_requires_the_current_password(api: Api) -> None:
    kay = await api.create_member()
    response = await _change_password(kay, "not the password", NEW_PASSWORD)
    assert (response.status_code, response.json()["type"]) == (403, "urn:dwipper:problem:wrong-password")
    assert await _try_login(api, kay.email, PASSWORD) == 200


async def test_weak_new_password_is_422_before_account_checks(api: Api) -> None:
    kay = await api.create_member()
    await api.http.post("/v1/auth/password/forgot", json={"email": kay.email})
    code = api.fetch_latest_code(kay.email)
    for weak in ("", "123456789", "x" * 257, " blank at an end", "blank at an end\n"):
        responses = [await _change_password(kay, current, weak) for current in (PASSWORD, "not the password")]
        responses += [
            await api.http.post("/v1/auth/password/reset", json={"email": email, "code": code, "new_password": weak})
            for email in (kay.email, "nobody@example.org")
        ]
        for response in responses:
            problem = response.json()
            assert (response.status_code, problem["type"]) == (422, "urn:dwipper:problem:weak-password")
            assert [error["pointer"] for error in problem["errors"]] == ["/new_password"]
    assert await _try_login(api, kay.email, PASSWORD) == 200
