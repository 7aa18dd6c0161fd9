"""One request deletes an account: a background job erases the member's data, except the handle."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from app.me import deletion, deletions
from testkit.api_client import PASSWORD, Api, MemberClient


@pytest.fixture(autouse=True)
def no_drain_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the drain period to 0, because no other write is in progress when a deletion starts."""
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))


async def _request_deletion(member: MemberClient) -> None:
    response = await member.http.delete("/v1/me")
    assert (response.status_code, response.content) == (202, b"")
    assert int(response.headers["retry-after"]) > 0


async def _delete_account(api: Api, member: MemberClient) -> None:
    """Send the one request that a deletion needs, and do the work of the job."""
    await _request_deletion(member)
    await api.finish_jobs()


async def test_deletion_erases_dwipps_reactions_profile_and_user(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    kay_dwipp, lee_dwipp = await kay.post_dwipp("Kay was here"), await lee.post_dwipp("Lee stays")
    for member in (kay, lee):
        for dwipp in (kay_dwipp, lee_dwipp):
            await member.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
            await member.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")

    await _delete_account(api, kay)

    assert (await lee.http.get(f"/v1/dwipps/{kay_dwipp['id']}")).status_code == 404
    expected = lee_dwipp | {"upvotes": 1, "upvoted": True, "favorited": True}
    assert (await lee.get("/v1/dwipps"))["items"] == [expected]
    assert (await lee.get("/v1/me/favorites"))["items"] == [expected]
    for path in ("/v1/users/kay", "/v1/users/kay/dwipps"):
        assert (await lee.http.get(path)).status_code == 404
    login = await api.http.post("/v1/auth/login", json={"email": kay.email, "password": PASSWORD})
    # Not `account-not-confirmed`, because the confirmation of the account deleted the pending confirmation.
    assert (login.status_code, login.json()["type"]) == (401, "urn:dwipper:problem:invalid-credentials")
    refresh = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    assert refresh.status_code == 401


async def test_deleted_member_token_allows_only_a_repeated_deletion(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp = await lee.post_dwipp("Lee stays")
    await kay.get("/v1/me")
    await _delete_account(api, kay)
    path = f"/v1/dwipps/{dwipp['id']}"
    for method, route, body in (
        ("POST", "/v1/dwipps", {"text": "x"}),
        ("PATCH", path, {"text": "x"}),
        ("DELETE", path, None),
        *[
            (method, f"{path}/{reaction}", None)
            for method in ("POST", "PUT", "DELETE")
            for reaction in ("upvote", "favorite")
        ],
        ("GET", "/v1/me", None),
        ("GET", "/v1/me/dwipps", None),
        ("GET", "/v1/me/export", None),
        ("DELETE", "/v1/me/sessions", None),
        ("PUT", "/v1/me/password", {"current_password": PASSWORD, "new_password": "another password"}),
    ):
        response = await kay.http.request(method, route, json=body)
        assert (response.status_code, response.json()["type"]) == (401, "urn:dwipper:problem:unauthenticated"), route
    assert await lee.get(path) == dwipp
    assert (await kay.http.delete("/v1/me")).status_code == 204


async def test_deleted_member_handle_stays_taken(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    await _delete_account(api, kay)
    response = await api.http.post(
        "/v1/auth/register", json={"email": kay.email, "password": PASSWORD, "handle": "kay"}
    )
    assert (response.status_code, response.json()["type"]) == (409, "urn:dwipper:problem:handle-taken")


async def test_deleted_member_can_register_again_as_another_member(api: Api) -> None:
    kay = await api.create_member("kay")
    before = await kay.get("/v1/me")
    await _delete_account(api, kay)

    await api.confirm(await api.register(kay.email, handle="kay_again"), kay.email)
    kay_again = await api.open_session(kay.email, await api.login(kay.email)).get("/v1/me")

    assert kay_again["handle"] == "kay_again"
    assert kay_again["id"] != before["id"]


@pytest.mark.in_process
async def test_user_without_a_member_row_can_delete_the_account(api: Api) -> None:
    kay = await api.create_member("kay")
    await _delete_account(api, kay)
    assert (await kay.http.delete("/v1/me")).status_code == 204
    assert (await kay.http.get("/v1/me")).status_code == 401
    lee = await api.create_member("kay")
    assert (await lee.get("/v1/me"))["handle"] == "kay", "the requested handle is still reserved"


async def test_deletion_erases_many_dwipps_and_reactions(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    for number in range(30):
        await kay.post_dwipp(f"By kay {number}")
        dwipp = await lee.post_dwipp(f"By lee {number}")
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/{('upvote', 'favorite')[number % 2]}")
    await _delete_account(api, kay)
    remaining = await lee.list_all("/v1/dwipps", 100)
    assert [dwipp["author"]["handle"] for dwipp in remaining] == ["lee"] * 30
    assert {dwipp["upvotes"] for dwipp in remaining} == {0}


async def test_concurrent_deletion_requests_erase_each_reaction_once(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipps = [await lee.post_dwipp(f"By lee {number}") for number in range(15)]
    for dwipp in dwipps:
        await kay.post_dwipp("By kay")
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
        await lee.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
    api.transcript.pause()
    await asyncio.gather(*[_request_deletion(kay) for _ in range(3)])
    api.transcript.resume()
    await api.finish_jobs()
    remaining = await lee.list_all("/v1/dwipps", 100)
    assert [dwipp["upvotes"] for dwipp in remaining] == [1] * 15


@pytest.mark.in_process
async def test_recent_login_is_required_only_to_start_a_deletion(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletion, "MAX_LOGIN_AGE", timedelta(seconds=-1))
        for _ in range(2):
            response = await kay.http.delete("/v1/me")
            assert (response.status_code, response.json()["type"]) == (403, "urn:dwipper:problem:login-again")
        assert (await kay.get("/v1/me"))["handle"] == "kay"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(hours=1))
        response = await kay.http.delete("/v1/me")
        assert (response.status_code, response.content) == (202, b"")
        assert 3590 <= int(response.headers["retry-after"]) <= 3600
        del api.transcript[-1]  # Its Retry-After can differ by a second between transports.
        patch.setattr(deletion, "MAX_LOGIN_AGE", timedelta(seconds=-1))
        assert (await kay.http.delete("/v1/me")).status_code == 202
        del api.transcript[-1]
    await api.finish_jobs()
    assert (await kay.http.delete("/v1/me")).status_code == 204


@pytest.mark.in_process
async def test_revoked_session_can_continue_but_not_start_a_deletion(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.post_dwipp("Kay stays")
    stolen = api.open_session(kay.email, kay.tokens)
    assert (await kay.http.delete("/v1/me/sessions")).status_code == 204

    response = await stolen.http.delete("/v1/me")
    assert (response.status_code, response.json()["type"]) == (403, "urn:dwipper:problem:login-again")

    kay_again = api.open_session(kay.email, await api.login(kay.email))
    assert len((await kay_again.get("/v1/me/dwipps"))["items"]) == 1
    await _request_deletion(kay_again)
    await _request_deletion(stolen)
    await api.finish_jobs()
    assert (await stolen.http.delete("/v1/me")).status_code == 204


async def test_one_request_locks_the_member_out_at_once(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp = await kay.post_dwipp("Kay was here")
    other_session = api.open_session(kay.email, await api.login(kay.email))
    await _request_deletion(kay)

    unknown = await api.http.post("/v1/auth/login", json={"email": "nobody@example.org", "password": PASSWORD})
    login = await api.http.post("/v1/auth/login", json={"email": kay.email, "password": PASSWORD})
    assert (login.status_code, _without_id(login)) == (401, _without_id(unknown))
    for session in (kay, other_session):
        body = {"refresh_token": session.tokens["refresh_token"]}
        refresh = await api.http.post("/v1/auth/refresh", json=body)
        assert (refresh.status_code, refresh.json()["type"]) == (401, "urn:dwipper:problem:invalid-refresh-token")
        assert (await session.http.post("/v1/dwipps", json={"text": "Too late"})).status_code == 401
    assert (await lee.http.get("/v1/users/kay")).status_code == 404
    registration = await api.register(kay.email, "another password")
    confirmation = await api.http.post("/v1/auth/confirm", json={"registration": registration, "code": "123456"})
    assert confirmation.status_code == 400, "the email is free before the deletion is over"

    await api.finish_jobs()
    assert (await lee.http.get(f"/v1/dwipps/{dwipp['id']}")).status_code == 404


async def test_repeated_request_is_202_and_after_the_deletion_204(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.post_dwipp("Kay was here")
    for _ in range(3):
        await _request_deletion(kay)
    await api.finish_jobs()
    for _ in range(2):
        response = await kay.http.delete("/v1/me")
        assert (response.status_code, response.content) == (204, b"")
        assert "retry-after" not in response.headers


def _without_id(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.json().items() if name != "request_id"}
