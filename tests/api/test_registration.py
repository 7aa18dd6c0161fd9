"""Somebody becomes a member."""

from typing import Any

from testkit.api_client import PASSWORD, Api

_NO_EMAILS = [
    *("", "kay", "kay@", "@example.org", "kay@example", "a@b@example.org", "kay@example..org", "kay@-example.org"),
    *("k y@example.org", "kay@exa mple.org", "kay@example.org\n", "käy@example.org", "kay@exämple.org"),
    *("x" * 65 + "@example.org", "kay@" + "x." * 130 + "org", None, 7, ["kay@example.org"]),
]
REFUSED_CODE = "urn:dwipper:problem:invalid-or-expired-code"


async def test_register_confirm_log_in(api: Api) -> None:
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

    me = await api.session("member0@example.org", tokens).get("/v1/me")
    assert (me["handle"], me["email"]) == ("kay", "member0@example.org")
    assert set(me) == {"id", "handle", "email", "joined_at"}


async def test_codes_that_do_not_confirm_are_one_and_the_same_answer(api: Api) -> None:
    registration = await api.register("member0@example.org")
    nobody = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"
    right = api.code("member0@example.org")

    async def refused(registration: str, code: str) -> dict[str, Any]:
        answer = await api.http.post("/v1/auth/confirm", json={"registration": registration, "code": code})
        problem: dict[str, Any] = answer.json()
        assert (answer.status_code, problem["type"]) == (400, REFUSED_CODE)
        return {name: value for name, value in problem.items() if name != "request_id"}

    wrong = await refused(registration, "000000")
    for code in ("", " ", "12345", "1" * 5000, "١٢٣٤٥٦", "123 456", "\x00"):
        assert await refused(registration, code) == wrong
    for unknown in (nobody, "", "x", "registration#", "🦆" * 40):
        assert await refused(unknown, right) == wrong

    await api.confirm(registration, "member0@example.org")
    assert await refused(registration, right) == wrong


async def test_a_code_is_mailed_again_to_who_waits_for_it_and_to_nobody_else(api: Api) -> None:
    registration = await api.register("member0@example.org")

    async def mails_after_resend(registration: str) -> int:
        before = len(api.mails())
        answer = await api.http.post("/v1/auth/resend", json={"registration": registration})
        assert (answer.status_code, answer.content) == (202, b"")
        return len(api.mails()) - before

    assert await mails_after_resend(registration) == 1
    assert await mails_after_resend("5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b") == 0
    assert await mails_after_resend("no such thing") == 0
    await api.confirm(registration, "member0@example.org")


async def test_registering_an_email_that_has_an_account_changes_nothing_and_tells_nothing(api: Api) -> None:
    kay = await api.member("kay")
    before = len(api.mails())

    again = await api.http.post(
        "/v1/auth/register", json={"email": kay.email.upper(), "password": "somebody else's password"}
    )
    new = await api.http.post(
        "/v1/auth/register", json={"email": "member0@example.org", "password": "somebody else's password"}
    )

    assert (again.status_code, set(again.json())) == (new.status_code, set(new.json()))
    assert [mail.recipient for mail in api.mails()[before:]] == ["member0@example.org"]
    leads_nowhere = again.json()["registration"]
    for code in ("123456", "000000"):
        answer = await api.http.post("/v1/auth/confirm", json={"registration": leads_nowhere, "code": code})
        assert answer.status_code == 400
    await api.login(kay.email)


async def test_who_registers_an_email_is_told_to_confirm_whoever_has_it(api: Api) -> None:
    """Else a login with the password that was just given would tell who had an account before, or has come since."""
    kay = await api.member()
    await api.register("begun@example.org", "the first who came")
    for email in (kay.email, "begun@example.org", "new@example.org"):
        await api.register(email, "whoever comes now")
        answers = [
            await api.http.post("/v1/auth/login", json={"email": email, "password": password})
            for password in ("whoever comes now", "the first who came", "a guess")
        ]
        assert [answer.json()["type"].rpartition(":")[2] for answer in answers] == [
            "account-not-confirmed",
            "account-not-confirmed" if email == "begun@example.org" else "invalid-credentials",
            "invalid-credentials",
        ]
    await api.login(kay.email)


async def test_emails_are_compared_without_case(api: Api) -> None:
    registration = await api.register("Member0@Example.ORG")
    await api.confirm(registration, "member0@example.org")
    for spelling in ("member0@example.org", "MEMBER0@EXAMPLE.ORG", "mEmBeR0@example.org"):
        assert await api.login(spelling)


async def test_a_handle_that_somebody_has_or_nobody_gets_is_refused(api: Api) -> None:
    kay = await api.member("kay")
    await kay.get("/v1/me")
    for handle in ("kay", "admin", "ad_min", "support", "the_real_dwipper", "null"):
        answer = await api.http.post(
            "/v1/auth/register", json={"email": "member0@example.org", "password": PASSWORD, "handle": handle}
        )
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:dwipper:problem:handle-taken"), handle
    assert not [mail for mail in api.mails() if mail.recipient == "member0@example.org"]


async def test_a_handle_has_3_to_20_small_letters_digits_and_underscores(api: Api) -> None:
    for handle in ("ab", "a" * 21, "Kay", "kay!", "k y", "käy", "", "kay\n", 7, ["kay"]):
        answer = await api.http.post(
            "/v1/auth/register", json={"email": "member0@example.org", "password": PASSWORD, "handle": handle}
        )
        assert answer.status_code == 422, handle
        assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["/handle"]
    for number, handle in enumerate(("abc", "a" * 20, "0_0", "___")):
        await api.register(f"member{number}@example.org", handle=handle)


async def test_a_wish_reserves_nothing_and_the_first_call_takes_the_handle(api: Api) -> None:
    slow, quick = await api.member("kay"), await api.member("kay")

    assert (await quick.get("/v1/me"))["handle"] == "kay"
    made_up = (await slow.get("/v1/me"))["handle"]

    assert made_up != "kay"
    assert (await slow.get("/v1/me"))["handle"] == made_up
    assert (await quick.get(f"/v1/users/{made_up}"))["handle"] == made_up


async def test_who_wishes_for_no_handle_gets_one(api: Api) -> None:
    kay = await api.member()
    handle = (await kay.get("/v1/me"))["handle"]
    assert 3 <= len(handle) <= 20
    assert (await kay.post_dwipp("Hello."))["author"] == {"handle": handle}


async def test_a_weak_password_is_refused_whoever_has_the_email(api: Api) -> None:
    kay = await api.member()
    for email in (kay.email, "member0@example.org"):
        for password in ("", "123456789", "x" * 257, " ten blanks", "ten blanks ", "\tten blanks"):
            answer = await api.http.post("/v1/auth/register", json={"email": email, "password": password})
            problem = answer.json()
            assert (answer.status_code, problem["type"]) == (422, "urn:dwipper:problem:weak-password")
            assert [flaw["pointer"] for flaw in problem["errors"]] == ["/password"]
    assert not [mail for mail in api.mails() if mail.recipient == "member0@example.org"]


async def test_any_password_of_10_to_256_characters_will_do(api: Api) -> None:
    for number, password in enumerate(("a" * 10, "ten blanks within", "🦆" * 10, "x" * 256, "1234567890")):
        email = f"member{number}@example.org"
        await api.confirm(await api.register(email, password), email)
        await api.login(email, password)


async def test_what_is_no_email_is_refused(api: Api) -> None:
    for email in _NO_EMAILS:
        for path, body in (
            ("register", {"password": PASSWORD}),
            ("login", {"password": PASSWORD}),
            ("password/forgot", {}),
            ("password/reset", {"code": "1", "new_password": PASSWORD}),
        ):
            answer = await api.http.post(f"/v1/auth/{path}", json={"email": email, **body})
            assert answer.status_code == 422, (path, email)
            assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["/email"]
