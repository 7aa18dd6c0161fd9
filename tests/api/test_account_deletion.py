"""A member deletes the account."""

import asyncio
from datetime import timedelta

import pytest

from app.me import deletion
from testkit.api_client import PASSWORD, Api, MemberClient


@pytest.fixture(autouse=True)
def nobody_writes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is on its way when these members leave, so nothing need be waited for."""
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))


async def _leave(api: Api, member: MemberClient) -> int:
    """Ask until nothing is left; returns how often."""
    for asked in range(1, 100):
        answer = await member.http.delete("/v1/me")
        if answer.status_code == 204:
            return asked
        assert answer.status_code == 202
        assert int(answer.headers["retry-after"]) > 0
        assert answer.content == b""
        api.outlast()
    raise AssertionError("it never ends")


async def test_nothing_of_a_member_who_leaves_is_left(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    of_kay, of_lee = await kay.post_dwipp("Kay was here"), await lee.post_dwipp("Lee stays")
    for member in (kay, lee):
        for dwipp in (of_kay, of_lee):
            await member.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
            await member.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")

    await _leave(api, kay)

    assert (await lee.http.get(f"/v1/dwipps/{of_kay['id']}")).status_code == 404
    expected = of_lee | {"upvotes": 1, "upvoted": True, "favorited": True}
    assert (await lee.get("/v1/dwipps"))["items"] == [expected]
    assert (await lee.get("/v1/me/favorites"))["items"] == [expected]
    for path in ("/v1/users/kay", "/v1/users/kay/dwipps"):
        assert (await lee.http.get(path)).status_code == 404
    login = await api.http.post("/v1/auth/login", json={"email": kay.email, "password": PASSWORD})
    # As whoever has registered an email within a day is told, whatever has become of it.
    assert (login.status_code, login.json()["type"]) == (401, "urn:dwipper:problem:invalid-credentials")
    refresh = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    assert refresh.status_code == 401


async def test_who_has_left_can_do_nothing_with_an_old_token_but_ask_again(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    dwipp = await lee.post_dwipp("Lee stays")
    await kay.get("/v1/me")
    await _leave(api, kay)
    path = f"/v1/dwipps/{dwipp['id']}"
    for method, path_, body in (
        ("POST", "/v1/dwipps", {"text": "x"}),
        ("PATCH", path, {"text": "x"}),
        ("DELETE", path, None),
        *[(method, f"{path}/{what}", None) for method in ("POST", "PUT", "DELETE") for what in ("upvote", "favorite")],
        ("GET", "/v1/me", None),
        ("GET", "/v1/me/dwipps", None),
        ("GET", "/v1/me/export", None),
        ("DELETE", "/v1/me/sessions", None),
        ("PUT", "/v1/me/password", {"current_password": PASSWORD, "new_password": "another password"}),
    ):
        answer = await kay.http.request(method, path_, json=body)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:dwipper:problem:unauthenticated"), path_
    assert await lee.get(path) == dwipp
    assert (await kay.http.delete("/v1/me")).status_code == 204


async def test_a_handle_is_never_given_again(api: Api) -> None:
    kay = await api.member("kay")
    await kay.get("/v1/me")
    await _leave(api, kay)
    answer = await api.http.post("/v1/auth/register", json={"email": kay.email, "password": PASSWORD, "handle": "kay"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:dwipper:problem:handle-taken")


async def test_who_left_can_come_back_as_somebody_else(api: Api) -> None:
    kay = await api.member("kay")
    before = await kay.get("/v1/me")
    await _leave(api, kay)

    await api.confirm(await api.register(kay.email, handle="kay_again"), kay.email)
    again = await api.session(kay.email, await api.login(kay.email)).get("/v1/me")

    assert again["handle"] == "kay_again"
    assert again["id"] != before["id"]


@pytest.mark.in_process
async def test_who_never_did_anything_leaves_too(api: Api) -> None:
    kay = await api.member("kay")
    assert await _leave(api, kay) == 1
    assert (await kay.http.get("/v1/me")).status_code == 401
    lee = await api.member("kay")
    assert (await lee.get("/v1/me"))["handle"] == "kay", "a wish reserves nothing"


async def test_many_dwipps_and_reactions_go(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    for number in range(30):
        await kay.post_dwipp(f"Of kay {number}")
        dwipp = await lee.post_dwipp(f"Of lee {number}")
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/{('upvote', 'favorite')[number % 2]}")
    await _leave(api, kay)
    left = await lee.walk("/v1/dwipps", 100)
    assert [dwipp["author"]["handle"] for dwipp in left] == ["lee"] * 30
    assert {dwipp["upvotes"] for dwipp in left} == {0}


async def test_two_requests_at_once_end_in_one_deletion(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    dwipps = [await lee.post_dwipp(f"Of lee {number}") for number in range(15)]
    for dwipp in dwipps:
        await kay.post_dwipp("Of kay")
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
        await lee.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
    api.transcript.pause()
    await asyncio.gather(_leave(api, kay), _leave(api, kay), _leave(api, kay))
    api.transcript.resume()
    left = await lee.walk("/v1/dwipps", 100)
    assert [dwipp["upvotes"] for dwipp in left] == [1] * 15


@pytest.mark.in_process
async def test_it_needs_a_login_of_the_last_ten_minutes_to_begin_but_not_to_go_on(api: Api) -> None:
    kay = await api.member("kay")
    await kay.get("/v1/me")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletion, "MAX_LOGIN_AGE", timedelta(seconds=-1))
        for _ in range(2):
            answer = await kay.http.delete("/v1/me")
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:dwipper:problem:login-again")
        assert (await kay.get("/v1/me"))["handle"] == "kay"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(hours=1))
        answer = await kay.http.delete("/v1/me")
        assert (answer.status_code, answer.content) == (202, b"")
        assert 3590 <= int(answer.headers["retry-after"]) <= 3600
        del api.transcript[-1]  # Its seconds may differ by one.
        patch.setattr(deletion, "MAX_LOGIN_AGE", timedelta(seconds=-1))
        assert (await kay.http.delete("/v1/me")).status_code == 202
        del api.transcript[-1]
    assert await _leave(api, kay) == 1


@pytest.mark.in_process
async def test_it_does_not_begin_in_a_session_that_is_over_but_goes_on_in_it(api: Api) -> None:
    kay = await api.member("kay")
    await kay.post_dwipp("Kay stays")
    stolen = api.session(kay.email, kay.tokens)
    assert (await kay.http.delete("/v1/me/sessions")).status_code == 204

    answer = await stolen.http.delete("/v1/me")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:dwipper:problem:login-again")

    again = api.session(kay.email, await api.login(kay.email))
    assert len((await again.get("/v1/me/dwipps"))["items"]) == 1
    assert (await again.http.delete("/v1/me")).status_code in (202, 204)
    assert await _leave(api, stolen) == 1
