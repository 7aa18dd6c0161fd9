"""Somebody who registers, logs in, forgets the password, changes it and logs out, and asks again without an answer."""

import asyncio
import itertools
import random
import time
from collections import Counter
from typing import Any

import httpx

from testkit.api_client import PASSWORD, Api, MemberClient
from tests.resilience.retrying_client import Client

_AUTH = "/v1/auth"
_CODE_USED = ("invalid-or-expired-code",)

_numbers = itertools.count(1)


class AccountHolder:
    """Lives one life of an account after the other; what was acknowledged has to hold in it."""

    def __init__(self, api: Api, client: Client, acknowledged: Counter[str]) -> None:
        self._world = api
        self._client = client
        self._acknowledged = acknowledged
        self._email = ""
        self._password = ""
        self._session: MemberClient | None = None

    async def live_until(self, end: float) -> None:
        doings = [self._log_out, self._sign_out, self._reset, self._change]
        while time.monotonic() < end:
            await self._join()
            for _ in range(3):
                await random.choice(doings)()  # noqa: S311 -- guards nothing

    async def _join(self) -> None:
        """Become a member, with another email than before."""
        number = next(_numbers)
        self._email, self._password, handle = f"holder{number}@example.org", PASSWORD, f"holder_{number}"
        body = {"email": self._email, "password": self._password, "handle": handle}
        registration = (await self._post("register", body)).json()["registration"]
        body = {"registration": registration, "code": await self._code()}
        await self._post("confirm", body, explained=_CODE_USED)
        session = await self._log_in()
        me = (await self._client.insist(session.http, "GET", "/v1/me")).json()
        assert (me["handle"], me["email"]) == (handle, self._email)
        self._acknowledged["accounts"] += 1

    async def _log_in(self) -> MemberClient:
        tokens = (await self._post("login", {"email": self._email, "password": self._password})).json()
        self._session = self._world.session(self._email, tokens)
        return self._session

    async def _log_out(self) -> None:
        session = self._session or await self._log_in()
        refreshed = (await self._post("refresh", _refresh_token(session))).json()
        assert refreshed["refresh_token"] == session.tokens["refresh_token"]
        await self._post("logout", _refresh_token(session))
        await self._assert_over(session)
        self._acknowledged["logouts"] += 1

    async def _sign_out(self) -> None:
        session = self._session or await self._log_in()
        await self._client.insist(session.http, "DELETE", "/v1/me/sessions")
        await self._assert_over(session)
        self._acknowledged["sign-outs"] += 1

    async def _change(self) -> None:
        session, new = await self._log_in(), _new_password()
        body = {"current_password": self._password, "new_password": new}
        # Who did not hear of the change hears that the session is over.
        await self._client.insist(session.http, "PUT", "/v1/me/password", json=body, explained=("unauthenticated",))
        await self._assert_changed(new)
        await self._assert_over(session)
        self._acknowledged["password changes"] += 1

    async def _reset(self) -> None:
        session, new = await self._log_in(), _new_password()
        await self._post("password/forgot", {"email": self._email})
        body = {"email": self._email, "code": await self._code(), "new_password": new}
        await self._post("password/reset", body)
        await self._assert_changed(new)
        await self._assert_over(session)
        self._acknowledged["password resets"] += 1

    async def _assert_changed(self, new: str) -> None:
        old = {"email": self._email, "password": self._password}
        # Whose registration could not be ended is told for a day, with its password, to confirm.
        refusals = ("invalid-credentials", *(("account-not-confirmed",) if self._password == PASSWORD else ()))
        await self._client.be_refused(self._world.http, "POST", f"{_AUTH}/login", *refusals, json=old)
        self._password = new
        await self._log_in()

    async def _assert_over(self, session: MemberClient) -> None:
        path, body = f"{_AUTH}/refresh", _refresh_token(session)
        await self._client.be_refused(self._world.http, "POST", path, "invalid-refresh-token", json=body)
        if self._session is session:
            self._session = None

    async def _post(self, path: str, body: dict[str, Any], *, explained: tuple[str, ...] = ()) -> httpx.Response:
        return await self._client.insist(self._world.http, "POST", f"{_AUTH}/{path}", json=body, explained=explained)

    async def _code(self) -> str:
        return await asyncio.to_thread(self._world.code, self._email)


def _refresh_token(session: MemberClient) -> dict[str, str]:
    return {"refresh_token": session.tokens["refresh_token"]}


def _new_password() -> str:
    return f"rubber duck {next(_numbers)} knows"
