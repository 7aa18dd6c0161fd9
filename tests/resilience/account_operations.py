"""What people want of accounts, and what has to be so when they were answered."""

from typing import Any

import httpx

from testkit.api_client import PASSWORD, MemberClient
from tests.resilience.retrying_client import Client
from tests.resilience.scene import Scene, Wish, new_name

_NEW = "a new rubber duck"
_CODE_USED = ("invalid-or-expired-code",)


async def _come_for_the_first_time(scene: Scene, client: Client) -> None:
    handle = new_name()
    newcomer = await scene.api.member(handle)
    assert (await client.insist(newcomer.http, "GET", "/v1/me")).json()["handle"] == handle


async def _register(scene: Scene, client: Client) -> None:
    await _register_as(_email(), scene, client)


async def _register_in_the_place_of_another(scene: Scene, client: Client) -> None:
    email = _email()
    await scene.api.register(email, "a stranger's password")
    await _register_as(email, scene, client)


async def _register_again(scene: Scene, client: Client) -> None:
    await _post(scene, client, "register", {"email": scene.kay.email, "password": _NEW})
    await scene.api.login(scene.kay.email)


async def _confirm(scene: Scene, client: Client) -> None:
    email = _email()
    body = {"registration": await scene.api.register(email), "code": scene.api.code(email)}
    await _post(scene, client, "confirm", body, explained=_CODE_USED)
    await scene.api.login(email)


async def _have_the_code_sent_again(scene: Scene, client: Client) -> None:
    email = _email()
    registration = await scene.api.register(email)
    await _post(scene, client, "resend", {"registration": registration})
    await scene.api.confirm(registration, email)


async def _log_in(scene: Scene, client: Client) -> None:
    tokens = (await _post(scene, client, "login", {"email": scene.kay.email, "password": PASSWORD})).json()
    assert (await scene.api.session(scene.kay.email, tokens).get("/v1/me"))["email"] == scene.kay.email


async def _ask_for_a_token(scene: Scene, client: Client) -> None:
    form = {"grant_type": "password", "username": scene.kay.email, "password": PASSWORD}
    await client.insist(scene.api.http, "POST", "/v1/auth/token", data=form)


async def _refresh(scene: Scene, client: Client) -> None:
    await _post(scene, client, "refresh", {"refresh_token": scene.kay.tokens["refresh_token"]})


async def _log_out(scene: Scene, client: Client) -> None:
    session = scene.api.session(scene.lee.email, await scene.api.login(scene.lee.email))
    await _post(scene, client, "logout", {"refresh_token": session.tokens["refresh_token"]})
    await _assert_over(scene, session)


async def _log_out_everywhere(scene: Scene, client: Client) -> None:
    session = scene.api.session(scene.lee.email, await scene.api.login(scene.lee.email))
    await client.insist(session.http, "DELETE", "/v1/me/sessions")
    await _assert_over(scene, session)


async def _forget_the_password(scene: Scene, client: Client) -> None:
    member = await scene.api.member()
    await _post(scene, client, "password/forgot", {"email": member.email})
    await _post(scene, Client(), "password/reset", _reset(scene, member))


async def _reset_the_password(scene: Scene, client: Client) -> None:
    member = await scene.api.member()
    await _post(scene, Client(), "password/forgot", {"email": member.email})
    await _post(scene, client, "password/reset", _reset(scene, member))
    await scene.api.login(member.email, _NEW)
    await _assert_over(scene, member)


async def _change_the_password(scene: Scene, client: Client) -> None:
    member = await scene.api.member()
    body = {"current_password": PASSWORD, "new_password": _NEW}
    # Who did not hear of the change hears that the session is over.
    await client.insist(member.http, "PUT", "/v1/me/password", json=body, explained=("unauthenticated",))
    await scene.api.login(member.email, _NEW)
    await _assert_over(scene, member)


async def _leave(scene: Scene, client: Client) -> None:
    member = await scene.api.member()
    other, own = await scene.dwipp(scene.lee), await scene.dwipp(member)
    await member.http.put(f"{other}/upvote")
    await member.http.put(f"{own}/favorite")
    member_id = (await member.get("/v1/me"))["id"]
    while (await client.insist(member.http, "DELETE", "/v1/me")).status_code != 204:
        pass
    assert (await scene.lee.get(other))["upvotes"] == 0
    assert own.rpartition("/")[2] not in scene.engine.dwipps()
    assert member_id not in {row["member_id"] for row in scene.engine.reactions()}
    login = {"email": member.email, "password": PASSWORD}
    await client.be_refused(scene.api.http, "POST", "/v1/auth/login", "invalid-credentials", json=login)


async def _register_as(email: str, scene: Scene, client: Client) -> None:
    answer = await _post(scene, client, "register", {"email": email, "password": _NEW})
    await scene.api.confirm(answer.json()["registration"], email)
    await scene.api.login(email, _NEW)


async def _assert_over(scene: Scene, session: MemberClient) -> None:
    body = {"refresh_token": session.tokens["refresh_token"]}
    await Client().be_refused(scene.api.http, "POST", "/v1/auth/refresh", "invalid-refresh-token", json=body)


async def _post(
    scene: Scene, client: Client, path: str, body: dict[str, Any], *, explained: tuple[str, ...] = ()
) -> httpx.Response:
    return await client.insist(scene.api.http, "POST", f"/v1/auth/{path}", json=body, explained=explained)


def _reset(scene: Scene, member: MemberClient) -> dict[str, str]:
    return {"email": member.email, "code": scene.api.code(member.email), "new_password": _NEW}


def _email() -> str:
    return f"{new_name()}@example.org"


ABOUT_ACCOUNTS: dict[str, Wish] = {
    "come for the first time": _come_for_the_first_time,
    "register": _register,
    "register in the place of another": _register_in_the_place_of_another,
    "register again": _register_again,
    "confirm": _confirm,
    "have the code sent again": _have_the_code_sent_again,
    "log in": _log_in,
    "ask for a token": _ask_for_a_token,
    "refresh": _refresh,
    "log out": _log_out,
    "log out everywhere": _log_out_everywhere,
    "forget the password": _forget_the_password,
    "reset the password": _reset_the_password,
    "change the password": _change_the_password,
    "leave": _leave,
}
