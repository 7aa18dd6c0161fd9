"""An account is registered with an email and a password, and confirmed with a mailed code."""

from typing import Any

from testkit.api_client import PASSWORD, Api

INVALID_EMAILS = [
    *("", "kay", "kay@", "@example.org", "kay@example", "a@b@example.org", "kay@example..org", "kay@-example.org"),
    *("k y@example.org", "kay@exa mple.org", "kay@example.org\n", "käy@example.org", "kay@exämple.org"),
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
    assert set(me) == {"id", "handle", "email", "joined_at"}


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
    for unknown in (unknown_registration, "", "x", "registration#", "🦆" * 40):
        assert await confirm_invalid(unknown, valid_code) == expected

    await api.confirm(registration, "member0@example.org")
    assert await confirm_invalid(registration, valid_code) == expected


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
    await api.login(kay.email)


async def test_email_is_case_insensitive(api: Api) -> None:
    registration = await api.register("Member0@Example.ORG")
    await api.confirm(registration, "member0@example.org")
    for spelling in ("member0@example.org", "MEMBER0@EXAMPLE.ORG", "mEmBeR0@example.org"):
        assert await api.login(spelling)


async def test_taken_or_reserved_handle_is_409(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    for handle in ("kay", "admin", "ad_min", "support", "the_real_dwipper", "null"):
        response = await api.http.post(
            "/v1/auth/register", json={"email": "member0@example.org", "password": PASSWORD, "handle": handle}
        )
        assert (response.status_code, response.json()["type"]) == (409, "urn:dwipper:problem:handle-taken"), handle
    assert not [mail for mail in api.list_mails() if mail.recipient == "member0@example.org"]


async def test_handle_has_3_to_20_lowercase_letters_digits_underscores(api: Api) -> None:
    for handle in ("ab", "a" * 21, "Kay", "kay!", "k y", "käy", "", "kay\n", 7, ["kay"]):
        response = await api.http.post(
            "/v1/auth/register", json={"email": "member0@example.org", "password": PASSWORD, "handle": handle}
        )
        assert response.status_code == 422, handle
        assert [error["pointer"] for error in response.json()["errors"]] == ["/handle"]
    for number, handle in enumerate(("abc", "a" * 20, "0_0", "___")):
        await api.register(f"member{number}@example.org", handle=handle)


async def test_first_request_claims_the_wished_handle(api: Api) -> None:
    slow, quick = await api.create_member("kay"), await api.create_member("kay")

    assert (await quick.get("/v1/me"))["handle"] == "kay"
    generated = (await slow.get("/v1/me"))["handle"]

    assert generated != "kay"
    assert (await slow.get("/v1/me"))["handle"] == generated
    assert (await quick.get(f"/v1/users/{generated}"))["handle"] == generated


async def test_member_without_wished_handle_gets_a_generated_one(api: Api) -> None:
    kay = await api.create_member()
    handle = (await kay.get("/v1/me"))["handle"]
    assert 3 <= len(handle) <= 20
    assert (await kay.post_dwipp("Hello."))["author"] == {"handle": handle}


async def test_weak_password_is_422_for_new_and_existing_emails(api: Api) -> None:
    kay = await api.create_member()
    for email in (kay.email, "member0@example.org"):
        for password in ("", "123456789", "x" * 257, " ten blanks", "ten blanks ", "\tten blanks"):
            response = await api.http.post("/v1/auth/register", json={"email": email, "password": password})
            problem = response.json()
            assert (response.status_code, problem["type"]) == (422, "urn:dwipper:problem:weak-password")
            assert [error["pointer"] for error in problem["errors"]] == ["/password"]
    assert not [mail for mail in api.list_mails() if mail.recipient == "member0@example.org"]


async def test_any_password_with_10_to_256_characters_is_accepted(api: Api) -> None:
    for number, password in enumerate(("a" * 10, "ten blanks within", "🦆" * 10, "x" * 256, "1234567890")):
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
