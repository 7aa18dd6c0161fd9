"""A member can reset a forgotten password with a mailed code, and change a known one. Both revoke all sessions."""

from typing import NoReturn

import httpx
import pytest

from app.cognito.user_pool import UserPool
from app.errors import UnavailableError, WeakPasswordError
from testkit.api_client import PASSWORD, Api, MemberClient

NEW_PASSWORD, OTHER_PASSWORD = "a paper boat floats", "yet another rubber duck"
# Cognito accepts no password of these forms.
UNACCEPTABLE_PASSWORDS = (f"{PASSWORD} ", f" {PASSWORD}", f"{PASSWORD}\n", f"{PASSWORD}\xa0", "x", "a\nb", "\u2028 x")


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
    for weak in (
        *("", "123456789", "x" * 257, " blank at an end", "blank at an end\n", "blank at an end\u3000"),
        *("1234567890", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10", "qwertyuiop", "QWERTYuiop"),
    ):
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


async def test_password_that_is_the_email_is_422(api: Api) -> None:
    email = "a.rubber.duck@example.org"
    await api.confirm(await api.register(email), email)
    kay = api.open_session(email, await api.login(email))
    await api.http.post("/v1/auth/password/forgot", json={"email": email})
    code = api.fetch_latest_code(email)
    for weak in (email, email.upper(), f"\uff41{email[1:]}", "a.rubber.duck", "A.Rubber.Duck"):
        changed = await _change_password(kay, PASSWORD, weak)
        assert (changed.status_code, changed.json()["type"]) == (422, "urn:dwipper:problem:weak-password")
        body = {"email": f" {email.upper()}", "code": code, "new_password": weak}
        reset = await api.http.post("/v1/auth/password/reset", json=body)
        assert (reset.status_code, reset.json()["type"]) == (422, "urn:dwipper:problem:weak-password")
        assert [error["pointer"] for error in reset.json()["errors"]] == ["/new_password"]
    assert await _try_login(api, email, PASSWORD) == 200


async def test_current_password_that_cognito_never_accepts_is_wrong(api: Api) -> None:
    kay = await api.create_member()
    for current in UNACCEPTABLE_PASSWORDS:
        response = await _change_password(kay, current, NEW_PASSWORD)
        assert (response.status_code, response.json()["type"]) == (403, "urn:dwipper:problem:wrong-password"), current
        # The weak new password is named first, whatever the current one is.
        response = await _change_password(kay, current, "short")
        assert (response.status_code, response.json()["type"]) == (422, "urn:dwipper:problem:weak-password"), current
        assert [error["pointer"] for error in response.json()["errors"]] == ["/new_password"]
    assert await _try_login(api, kay.email, PASSWORD) == 200


@pytest.mark.in_process
async def test_parameter_error_about_the_current_password_is_avoided(api: Api) -> None:
    # Cognito answers InvalidParameterException to such a password. MiniStack does not.
    def refuse(*_: str) -> NoReturn:
        raise WeakPasswordError

    kay = await api.create_member()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "change_password", refuse)
        for current in UNACCEPTABLE_PASSWORDS:
            response = await _change_password(kay, current, NEW_PASSWORD)
            assert (response.status_code, response.json()["type"]) == (403, "urn:dwipper:problem:wrong-password")


# Two spellings of each password: keyboards compose its characters differently.
SPELLINGS = (
    ("\xfcber den Wolken", "u\u0308ber den Wolken"),
    ("cafe\u0301 \uff4e\uff4f\uff49\uff52 au lait", "café noir au lait"),
    ("\u1112\u1161\u11ab" * 10, "\ud55c" * 10),
)


async def test_password_is_the_same_on_every_keyboard(api: Api) -> None:
    for number, (one, other) in enumerate((*SPELLINGS, *(pair[::-1] for pair in SPELLINGS))):
        email = f"member{number}@example.org"
        await api.confirm(await api.register(email, one), email)
        kay = api.open_session(email, await api.login(email, other))
        form = {"grant_type": "password", "username": email, "password": other}
        assert (await api.http.post("/v1/auth/token", data=form)).status_code == 200

        assert (await _change_password(kay, other, f"{one} again")).status_code == 204
        kay = api.open_session(email, await api.login(email, f"{other} again"))
        assert (await _change_password(kay, f"{other} again", f"{other} and again")).status_code == 204
        await api.login(email, f"{one} and again")

        await api.http.post("/v1/auth/password/forgot", json={"email": email})
        body = {"email": email, "code": api.fetch_latest_code(email), "new_password": f"{one} at last"}
        assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 204
        await api.login(email, f"{other} at last")


async def test_unconfirmed_login_is_recognized_on_every_keyboard(api: Api) -> None:
    for number, (one, other) in enumerate(SPELLINGS):
        email = f"member{number}@example.org"
        await api.register(email, one)
        response = await api.http.post("/v1/auth/login", json={"email": email, "password": other})
        assert (response.status_code, response.json()["type"]) == (403, "urn:dwipper:problem:account-not-confirmed")
