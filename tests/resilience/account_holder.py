"""A member who registers, logs in, resets and changes the password, and logs out, with retries."""

import asyncio
import itertools
import random
import time
from collections import Counter
from typing import Any

import httpx

from testkit.api_client import PASSWORD, Api, MemberClient
from tests.resilience.retrying_client import RetryingClient

_AUTH = "/v1/auth"
# The problem of a retry after an earlier attempt that has used up the code.
_CODE_USED = ("invalid-or-expired-code",)

_numbers = itertools.count(1)


class AccountHolder:
    """A person who creates one account after the other, and checks that each acknowledged change takes effect.

    Args:
        api: the API.
        client: sends and retries the requests.
        acknowledged: the number of acknowledged changes by kind.
    """

    def __init__(self, api: Api, client: RetryingClient, acknowledged: Counter[str]) -> None:
        self._api = api
        self._client = client
        self._acknowledged = acknowledged
        self._email = ""
        self._password = ""
        self._session: MemberClient | None = None

    async def run_until(self, end: float) -> None:
        """Create and change accounts until this time of the monotonic clock."""
        actions = [self._log_out, self._log_out_everywhere, self._reset_password, self._change_password]
        while time.monotonic() < end:
            await self._create_account()
            for _ in range(3):
                await random.choice(actions)()  # noqa: S311 -- not a secret

    async def _create_account(self) -> None:
        number = next(_numbers)
        self._email, self._password, handle = f"holder{number}@example.org", PASSWORD, f"holder_{number}"
        body = {"email": self._email, "password": self._password, "handle": handle}
        registration = (await self._post("register", body)).json()["registration"]
        body = {"registration": registration, "code": await self._read_code()}
        await self._post("confirm", body, accepted_on_retry=_CODE_USED)
        session = await self._log_in()
        me = (await self._client.send(session.http, "GET", "/v1/me")).json()
        assert (me["handle"], me["email"]) == (handle, self._email)
        self._acknowledged["accounts"] += 1

    async def _log_in(self) -> MemberClient:
        tokens = (await self._post("login", {"email": self._email, "password": self._password})).json()
        self._session = self._api.open_session(self._email, tokens)
        return self._session

    async def _log_out(self) -> None:
        session = self._session or await self._log_in()
        refreshed = (await self._post("refresh", _make_refresh_body(session))).json()
        assert refreshed["refresh_token"] == session.tokens["refresh_token"]
        await self._post("logout", _make_refresh_body(session))
        await self._assert_session_ended(session)
        self._acknowledged["logouts"] += 1

    async def _log_out_everywhere(self) -> None:
        session = self._session or await self._log_in()
        await self._client.send(session.http, "DELETE", "/v1/me/sessions")
        await self._assert_session_ended(session)
        self._acknowledged["logouts everywhere"] += 1

    async def _change_password(self) -> None:
        session, new = await self._log_in(), _new_password()
        body = {"current_password": self._password, "new_password": new}
        # The change ends the session, so a retry after a lost response is unauthenticated.
        await self._client.send(
            session.http, "PUT", "/v1/me/password", json=body, accepted_on_retry=("unauthenticated",)
        )
        await self._assert_password_changed(new)
        await self._assert_session_ended(session)
        self._acknowledged["password changes"] += 1

    async def _reset_password(self) -> None:
        session, new = await self._log_in(), _new_password()
        await self._post("password/forgot", {"email": self._email})
        body = {"email": self._email, "code": await self._read_code(), "new_password": new}
        await self._post("password/reset", body)
        await self._assert_password_changed(new)
        await self._assert_session_ended(session)
        self._acknowledged["password resets"] += 1

    async def _assert_password_changed(self, new: str) -> None:
        old = {"email": self._email, "password": self._password}
        # If the pending confirmation could not be deleted, a login with its password gets this problem for a day.
        problems = ("invalid-credentials", *(("account-not-confirmed",) if self._password == PASSWORD else ()))
        await self._client.assert_refused(self._api.http, "POST", f"{_AUTH}/login", *problems, json=old)
        self._password = new
        await self._log_in()

    async def _assert_session_ended(self, session: MemberClient) -> None:
        path, body = f"{_AUTH}/refresh", _make_refresh_body(session)
        await self._client.assert_refused(self._api.http, "POST", path, "invalid-refresh-token", json=body)
        if self._session is session:
            self._session = None

    async def _post(
        self, path: str, body: dict[str, Any], *, accepted_on_retry: tuple[str, ...] = ()
    ) -> httpx.Response:
        return await self._client.send(
            self._api.http, "POST", f"{_AUTH}/{path}", json=body, accepted_on_retry=accepted_on_retry
        )

    async def _read_code(self) -> str:
        return await asyncio.to_thread(self._api.fetch_latest_code, self._email)


def _make_refresh_body(session: MemberClient) -> dict[str, str]:
    return {"refresh_token": session.tokens["refresh_token"]}


def _new_password() -> str:
    return f"rubber duck {next(_numbers)} knows"
