"""The first members and Dwipps, made as clients make theirs: by the app's own API, in this process.

`python -m devstack.seed` runs it with the environment of the app. Doing it again, or after an interruption,
adds only what is missing.
"""

import asyncio
import contextlib
import dataclasses
import os
from collections.abc import Mapping
from unittest import mock

import httpx

from app.dwipps import repository
from app.main import create_app
from app.settings import Settings
from devstack import mail
from devstack.seed_content import MEMBERS, PASSWORD, THOUGHTS, Thought, email


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """Someone who is logged in."""

    headers: Mapping[str, str]
    dwipps: Mapping[str, str]
    """The ids of what they have shared already, by text."""


async def sow(settings: Settings, mailbox: str) -> None:
    """Add what is missing.

    Args:
        settings: Those of the app.
        mailbox: Where the embedded AWS shows its mails.
    """
    app = create_app(dataclasses.replace(settings, log_level="WARNING"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        members = {handle: await _member(api, mailbox, handle) for handle in MEMBERS}
        for thought in THOUGHTS:
            await _react(api, members, thought, await _share(api, members[thought.author], thought))


async def _member(api: httpx.AsyncClient, mailbox: str, handle: str) -> Member:
    login = await _login(api, handle)
    if not login.is_success:
        await _join(api, mailbox, handle)
        login = (await _login(api, handle)).raise_for_status()
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    own = await api.get("/v1/me/dwipps", params={"limit": 100}, headers=headers)
    dwipps = {item["text"]: item["id"] for item in own.raise_for_status().json()["items"]}
    return Member(headers, dwipps)


async def _login(api: httpx.AsyncClient, handle: str) -> httpx.Response:
    return await api.post("/v1/auth/login", json={"email": email(handle), "password": PASSWORD})


async def _join(api: httpx.AsyncClient, mailbox: str, handle: str) -> None:
    wish = {"email": email(handle), "password": PASSWORD, "handle": handle}
    answer = (await api.post("/v1/auth/register", json=wish)).raise_for_status()
    code = await asyncio.to_thread(mail.latest_code, mailbox, email(handle))
    confirmation = {"registration": answer.json()["registration"], "code": code}
    (await api.post("/v1/auth/confirm", json=confirmation)).raise_for_status()


async def _share(api: httpx.AsyncClient, author: Member, thought: Thought) -> str:
    if thought.text in author.dwipps:
        return author.dwipps[thought.text]
    with _next_id(thought.dwipp_id):
        answer = await api.post("/v1/dwipps", json={"text": thought.text}, headers=author.headers)
    return str(answer.raise_for_status().json()["id"])


def _next_id(dwipp_id: str | None) -> contextlib.AbstractContextManager[object]:
    """Have the next Dwipp get this id, which no client could wish for."""
    return mock.patch.object(repository, "new_id", return_value=dwipp_id) if dwipp_id else contextlib.nullcontext()


async def _react(api: httpx.AsyncClient, members: Mapping[str, Member], thought: Thought, dwipp_id: str) -> None:
    for reaction, handles in (("upvote", thought.upvoted_by), ("favorite", thought.favorited_by)):
        for handle in handles:
            url = f"/v1/dwipps/{dwipp_id}/{reaction}"
            (await api.put(url, headers=members[handle].headers)).raise_for_status()


if __name__ == "__main__":
    inbox = os.environ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"]
    asyncio.run(sow(Settings.from_environment(os.environ), inbox))
