"""An account is registered with an email and a password, and confirmed with a mailed code."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from app.accounts import expiring_rows
from devstack import clients
from testkit.api_client import PASSWORD, Api

INVALID_EMAILS = [
    *("", "kay", "kay@", "@example.org", "kay@example", "a@b@example.org", "kay@example..org", "kay@-example.org"),
    *(
        "k y@example.org",
        "kay @example.org",
        "kay@exa mple.org",
        "kay@example.org\n",
        "\nkay@example.org",
        " ",
        "käy@example.org",
        "kay@exämple.org",
    ),
    *("x" * 65 + "@example.org", "kay@" + "x." * 130 + "org", None, 7, ["kay@example.org"]),
]
INVALID_CODE = "urn:dwipper:problem:invalid-or-expired-code"


async def test_register_confirm_and_log_in(api: Api) -> None:
    registered = await api.http.post(
        "/v1/auth/register", json={"email": "member0@example.org", "password": PASSWORD, "handle": "kay"}
    )
    assert registered.status_code == 202
    assert list(registered.json()) == ["registration"]

    early = await api.http.post("/v1/auth/login", json={"email": "member0@example.org", "password": PASSWORD})
    assert (early.status_code, early.json()["type"]) == (403, "urn:dwipper:problem:account-not-confirmed")

    await api.confirm(registered.json()["registration"], "member0@example.org")
    tokens = await api.login("member0@example.org")
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)

    me = await api.open_session("member0@example.org", tokens).get("/v1/me")
    assert (me["handle"], me["email"]) == ("kay", "member0@example.org")
    assert set(me) == {"id", "handle", "email", "joined_at", "moderator", "suspension"}


async def test_invalid_codes_and_registrations_have_the_same_response(api: Api) -> None:
    registration = await api.register("member0@example.org")
    unknown_registration = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"
    valid_code = api.fetch_latest_code("member0@example.org")

    async def confirm_invalid(registration: str, code: str) -> dict[str, Any]:
        response = await api.http.post("/v1/auth/confirm", json={"registration": registration, "code": code})
        problem: dict[str, Any] = response.json()
        assert (response.status_code, problem["type"]) == (400, INVALID_CODE)
        return {name: value for name, value in problem.items() if name != "request_id"}

    expected = await confirm_invalid(registration, "000000")
    for code in ("", " ", "12345", "1" * 5000, "١٢٣٤٥٦", "123 456", "\x00"):
        assert await confirm_invalid(registration, code) == expected
    for unknown in (unknown_registration, "", "x", "registration#", "🦆" * 40, "x" * 5000):
        assert await confirm_invalid(unknown, valid_code) == expected

    await api.confirm(registration, "member0@example.org")
    assert await confirm_invalid(registration, "000000") == expected


async def _try_confirm(api: Api, registration: str, code: str) -> int:
    """Return the status of a confirmation."""
    response = await api.http.post("/v1/auth/confirm", json={"registration": registration, "code": code})
    return response.status_code


async def test_successful_confirmation_can_be_repeated(api: Api) -> None:
    registration = await api.register("member0@example.org")
    other_registration = await api.register("member1@example.org")
    code = api.fetch_latest_code("member0@example.org")
    assert await _try_confirm(api, registration, "000000") == 400
    for repeated in (registration, registration, registration.upper(), f" {registration}"):
        assert await _try_confirm(api, repeated, f" {code} ") == 204
    assert await _try_confirm(api, registration, "000000") == 400
    assert await _try_confirm(api, other_registration, "000000") == 400
    await api.login("member0@example.org")
    assert await _try_confirm(api, registration, code) == 204


async def test_concurrent_confirmations_all_succeed(api: Api) -> None:
    registration = await api.register("member0@example.org")
    code = api.fetch_latest_code("member0@example.org")
    api.transcript.pause()
    statuses = await asyncio.gather(*(_try_confirm(api, registration, code) for _ in range(6)))
    api.transcript.resume()
    assert statuses == [204] * 6
    assert await _try_confirm(api, registration, code) == 204
    await api.login("member0@example.org")


@pytest.mark.in_process
async def test_confirmation_cannot_be_repeated_after_ten_minutes(api: Api) -> None:
    registration = await api.register("member0@example.org")
    code = api.fetch_latest_code("member0@example.org")
    assert await _try_confirm(api, registration, code) == 204
    with pytest.MonkeyPatch.context() as patch:
        for minutes, status in ((9, 204), (10, 400)):
            patch.setattr(expiring_rows, "time", SimpleNamespace(time=lambda offset=minutes: time.time() + 60 * offset))
            assert await _try_confirm(api, registration, code) == status


@pytest.fixture
def console(api: Api) -> Any:
    """Return a client of Cognito's API, such as its console uses."""
    return clients.cognito_client(api.endpoint, api.settings.region)


async def test_confirmation_of_a_deleted_account_cannot_be_repeated(api: Api, console: Any) -> None:
    registration = await api.register("member0@example.org")
    code = api.fetch_latest_code("member0@example.org")
    assert await _try_confirm(api, registration, code) == 204
    console.admin_delete_user(UserPoolId=api.settings.user_pool_id, Username="member0@example.org")
    assert await _try_confirm(api, registration, code) == 400
    # The email belongs to another account now.
    await api.confirm(await api.register("member0@example.org"), "member0@example.org")
    assert await _try_confirm(api, registration, code) == 400


async def test_user_from_the_console_is_replaced_by_a_registration(api: Api, console: Any) -> None:
    email, temporary = "member0@example.org", "a temporary duck"
    unknown = [await _describe(api, path, body) for path, body in _make_requests("nobody@example.org")]
    console.admin_create_user(
        UserPoolId=api.settings.user_pool_id,
        Username=email,
        TemporaryPassword=temporary,
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        MessageAction="SUPPRESS",
    )
    user = console.admin_get_user(UserPoolId=api.settings.user_pool_id, Username=email)
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    for password in (PASSWORD, temporary):
        assert [await _describe(api, path, body) for path, body in _make_requests(email, password)] == unknown

    await api.confirm(await api.register(email), email)
    await api.login(email)
    for path, body in _make_requests(email, temporary)[:2]:
        assert (await api.http.post(f"/v1/auth/{path}", **body)).status_code in (400, 401)


def _make_requests(email: str, password: str = PASSWORD) -> list[tuple[str, dict[str, Any]]]:
    """Return the requests that must not disclose whether the email has an account."""
    return [
        ("login", {"json": {"email": email, "password": password}}),
        ("token", {"data": {"grant_type": "password", "username": email, "password": password}}),
        ("password/forgot", {"json": {"email": email}}),
    ]


async def _describe(api: Api, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of a response without its request id."""
    response = await api.http.post(f"/v1/auth/{path}", **body)
    document = response.json() if response.content else {}
    return response.status_code, {name: value for name, value in document.items() if name != "request_id"}


async def test_user_in_another_state_answers_as_before(api: Api, console: Any) -> None:
    kay = await api.create_member()
    await api.register("unconfirmed@example.org", "another password")
    unknown = [await _describe(api, path, body) for path, body in _make_requests("nobody@example.org")]
    assert [await _describe(api, path, body) for path, body in _make_requests("unconfirmed@example.org")] == unknown

    console.admin_reset_user_password(UserPoolId=api.settings.user_pool_id, Username=kay.email)
    login = await api.http.post("/v1/auth/login", json={"email": kay.email, "password": PASSWORD})
    assert (login.status_code, login.json()["type"]) == (403, "urn:dwipper:problem:password-reset-required")
    # A registration does not replace a member who must reset the password.
    registration = await api.register(kay.email, "another password")
    assert await _try_confirm(api, registration, "123456") == 400
    await api.http.post("/v1/auth/password/forgot", json={"email": kay.email})
    body = {"email": kay.email, "code": api.fetch_latest_code(kay.email), "new_password": "a paper boat floats"}
    assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 204
    await api.login(kay.email, "a paper boat floats")


async def test_resend_mails_a_code_only_for_a_known_registration(api: Api) -> None:
    registration = await api.register("member0@example.org")

    async def resend_and_count_mails(registration: str) -> int:
        before = len(api.list_mails())
        response = await api.http.post("/v1/auth/resend", json={"registration": registration})
        assert (response.status_code, response.content) == (202, b"")
        return len(api.list_mails()) - before

    assert await resend_and_count_mails(registration) == 1
    assert await resend_and_count_mails("5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b") == 0
    assert await resend_and_count_mails("no such thing") == 0
    assert await resend_and_count_mails("x" * 5000) == 0
    await api.confirm(registration, "member0@example.org")


async def test_registering_a_confirmed_email_discloses_nothing(api: Api) -> None:
    kay = await api.create_member("kay")
    before = len(api.list_mails())

    repeated = await api.http.post(
        "/v1/auth/register", json={"email": kay.email.upper(), "password": "another password"}
    )
    first = await api.http.post(
        "/v1/auth/register", json={"email": "member0@example.org", "password": "another password"}
    )

    assert (repeated.status_code, set(repeated.json())) == (first.status_code, set(first.json()))
    assert [mail.recipient for mail in api.list_mails()[before:]] == ["member0@example.org"]
    unconfirmable_registration = repeated.json()["registration"]
    for code in ("123456", "000000"):
        response = await api.http.post(
            "/v1/auth/confirm", json={"registration": unconfirmable_registration, "code": code}
        )
        assert response.status_code == 400
    await api.login(kay.email)


async def test_login_after_any_registration_is_account_not_confirmed(api: Api) -> None:
    # A login with the registered password must not disclose whether the email already has an account.
    kay = await api.create_member()
    await api.register("begun@example.org", "the earlier password")
    for email in (kay.email, "begun@example.org", "new@example.org"):
        await api.register(email, "the later password")
        responses = [
            await api.http.post("/v1/auth/login", json={"email": email, "password": password})
            for password in ("the later password", "the earlier password", "a guess")
        ]
        assert [response.json()["type"].rpartition(":")[2] for response in responses] == [
            "account-not-confirmed",
            "account-not-confirmed" if email == "begun@example.org" else "invalid-credentials",
            "invalid-credentials",
        ]
        # The text is true for the reader of a mail, and for a member, whose mailbox gets none.
        assert "code from the confirmation mail" in responses[0].json()["detail"]
        assert "If no mail arrives, the email may have an account" in responses[0].json()["detail"]
    await api.login(kay.email)


async def test_blanks_around_an_email_are_ignored(api: Api) -> None:
    for number, (before, after) in enumerate((("", " "), ("\t", "\xa0"), ("\u200b", "\u3000 "), ("\ufeff", "\u200e"))):
        email = f"member{number}@example.org"
        typed = f"{before}{email}{after}"
        await api.confirm(await api.register(typed), email)
        await api.login(typed)
        form = {"grant_type": "password", "username": typed, "password": PASSWORD}
        assert (await api.http.post("/v1/auth/token", data=form)).status_code == 200
        assert (await api.http.post("/v1/auth/password/forgot", json={"email": typed})).status_code == 202
        body = {"email": typed, "code": api.fetch_latest_code(email), "new_password": "a paper boat floats"}
        assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 204
        await api.login(email, "a paper boat floats")


async def test_email_is_case_insensitive(api: Api) -> None:
    registration = await api.register("Member0@Example.ORG")
    await api.confirm(registration, "member0@example.org")
    for spelling in ("member0@example.org", "MEMBER0@EXAMPLE.ORG", "mEmBeR0@example.org"):
        assert await api.login(spelling)


async def test_taken_or_reserved_handle_is_409(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    for handle in (
        *("kay", "admin", "ad_min", "support", "the_real_dwipper", "null", "dwipp_support", "admin_team", "kay_admin"),
        *("_admin_", "__mod__", "kay_ad_min", "supp0rt", "adm1n_kay", "dwipp", "dwippy", "my_d_w_1_pp", "dvvipp"),
    ):
        response = await api.http.post(
            "/v1/auth/register", json={"email": "member0@example.org", "password": PASSWORD, "handle": handle}
        )
        assert (response.status_code, response.json()["type"]) == (409, "urn:dwipper:problem:handle-taken"), handle
    assert not [mail for mail in api.list_mails() if mail.recipient == "member0@example.org"]


async def test_handle_has_3_to_20_lowercase_letters_digits_underscores(api: Api) -> None:
    for handle in ("ab", "a" * 21, "Kay", "kay!", "k y", "käy", "", "kay\n", "___", "_" * 20, "k٣y", 7, ["kay"], None):
        response = await api.http.post(
            "/v1/auth/register", json={"email": "member0@example.org", "password": PASSWORD, "handle": handle}
        )
        assert response.status_code == 422, handle
        assert [error["pointer"] for error in response.json()["errors"]] == ["/handle"]
    for number, handle in enumerate(("abc", "a" * 20, "0_0", "_a_", "__1", "007", "badmin", "teammate")):
        await api.register(f"member{number}@example.org", handle=handle)


async def test_first_request_claims_the_requested_handle(api: Api) -> None:
    slow, quick = await api.create_member("kay"), await api.create_member("kay")

    assert (await quick.get("/v1/me"))["handle"] == "kay"
    generated = (await slow.get("/v1/me"))["handle"]

    assert generated != "kay"
    assert (await slow.get("/v1/me"))["handle"] == generated
    assert (await quick.get(f"/v1/users/{generated}"))["handle"] == generated


async def test_member_without_requested_handle_gets_a_generated_one(api: Api) -> None:
    kay = await api.create_member()
    handle = (await kay.get("/v1/me"))["handle"]
    assert 3 <= len(handle) <= 20
    assert (await kay.post_dwipp("Hello."))["author"] == {"handle": handle}


async def test_weak_password_is_422_for_new_and_existing_emails(api: Api) -> None:
    kay = await api.create_member()
    for email in (kay.email, "member0@example.org"):
        for password in (
            *("", "123456789", "x" * 257, " ten blanks", "ten blanks ", "\tten blanks", "ten blanks\u3000"),
            *(
                "1234567890",
                "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10",
                "qwertyuiop",
                "QWERTYuiop",
                email,
                email.upper(),
                f"\uff4d{email[1:]}",
            ),
        ):
            response = await api.http.post("/v1/auth/register", json={"email": email, "password": password})
            problem = response.json()
            assert (response.status_code, problem["type"]) == (422, "urn:dwipper:problem:weak-password")
            assert [error["pointer"] for error in problem["errors"]] == ["/password"]
    assert not [mail for mail in api.list_mails() if mail.recipient == "member0@example.org"]


async def test_password_that_is_the_local_part_is_422(api: Api) -> None:
    for password in ("a.rubber.duck", "A.Rubber.Duck", "\uff41.rubber.duck"):
        body = {"email": "a.rubber.duck@example.org", "password": password}
        response = await api.http.post("/v1/auth/register", json=body)
        problem = response.json()
        assert (response.status_code, problem["type"]) == (422, "urn:dwipper:problem:weak-password")
        assert [error["pointer"] for error in problem["errors"]] == ["/password"]
    await api.register("a.rubber.duck@example.org", "a.rubber.duck!")


async def test_any_password_with_10_to_256_characters_is_accepted(api: Api) -> None:
    for number, password in enumerate(("a" * 9 + "b", "ten blanks within", "🦆" * 10, "x" * 256, "7253904186")):
        email = f"member{number}@example.org"
        await api.confirm(await api.register(email, password), email)
        await api.login(email, password)


async def test_invalid_email_is_422(api: Api) -> None:
    for email in INVALID_EMAILS:
        for path, body in (
            ("register", {"password": PASSWORD}),
            ("login", {"password": PASSWORD}),
            ("password/forgot", {}),
            ("password/reset", {"code": "1", "new_password": PASSWORD}),
        ):
            response = await api.http.post(f"/v1/auth/{path}", json={"email": email, **body})
            assert response.status_code == 422, (path, email)
            assert [error["pointer"] for error in response.json()["errors"]] == ["/email"]
