"""The seed: the first members, Dwipps and reactions, created through the API of an app in this process.

The API cannot make a member a moderator, so the seed calls Cognito for that.

`python -m devstack.seed` runs the seed with the environment of the app. A later run adds only what is missing.
"""

import asyncio
import dataclasses
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from unittest import mock

import httpx

from app.auth.groups import MODERATORS
from app.dwipps import repository
from app.dwipps.ids import new_id
from app.main import create_app
from app.settings import Settings
from devstack import clients, mail
from devstack.seed_content import MEMBERS, MODERATOR_EMAIL, PASSWORD, THOUGHTS, Thought, to_email


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A logged-in member.

    Attributes:
        headers: the headers that authenticate the member's requests.
        dwipps: the ids of the member's existing Dwipps, by text.
    """

    headers: Mapping[str, str]
    dwipps: Mapping[str, str]


async def seed(settings: Settings, cognito_endpoint: str) -> None:
    """Add the missing members, Dwipps and reactions. Make one member a moderator.

    Args:
        settings: the settings of the app.
        cognito_endpoint: the endpoint of the embedded AWS. It also stores the mail with the confirmation codes.

    Raises:
        httpx.HTTPStatusError: if the API refuses a request.
        LookupError: if no code was mailed to a new member.
        ClientError: if the user pool has no group of moderators.
    """
    app = create_app(dataclasses.replace(settings, log_level="WARNING"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        members = {handle: await _log_in_or_sign_up(api, cognito_endpoint, handle) for handle in MEMBERS}
        for thought in THOUGHTS:
            dwipp_id = await _create_dwipp(api, members[thought.author], thought)
            await _add_reactions(api, members, thought, dwipp_id)
    await asyncio.to_thread(_add_moderator, settings, cognito_endpoint)


def _add_moderator(settings: Settings, cognito_endpoint: str) -> None:
    cognito = clients.cognito_client(cognito_endpoint, settings.region)
    cognito.admin_add_user_to_group(UserPoolId=settings.user_pool_id, Username=MODERATOR_EMAIL, GroupName=MODERATORS)


async def _log_in_or_sign_up(api: httpx.AsyncClient, mail_endpoint: str, handle: str) -> Member:
    login = await _log_in(api, handle)
    if not login.is_success:
        await _sign_up(api, mail_endpoint, handle)
        login = (await _log_in(api, handle)).raise_for_status()
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    page = await api.get("/v1/me/dwipps", params={"limit": 100}, headers=headers)
    dwipps = {item["text"]: item["id"] for item in page.raise_for_status().json()["items"]}
    return Member(headers, dwipps)


async def _log_in(api: httpx.AsyncClient, handle: str) -> httpx.Response:
    return await api.post("/v1/auth/login", json={"email": to_email(handle), "password": PASSWORD})


async def _sign_up(api: httpx.AsyncClient, mail_endpoint: str, handle: str) -> None:
    body = {"email": to_email(handle), "password": PASSWORD, "handle": handle}
    response = (await api.post("/v1/auth/register", json=body)).raise_for_status()
    code = await asyncio.to_thread(mail.find_latest_code, mail_endpoint, to_email(handle))
    confirmation = {"registration": response.json()["registration"], "code": code}
    (await api.post("/v1/auth/confirm", json=confirmation)).raise_for_status()


async def _create_dwipp(api: httpx.AsyncClient, author: Member, thought: Thought) -> str:
    """Create the Dwipp unless its author has one with this text. Return its id."""
    if thought.text in author.dwipps:
        return author.dwipps[thought.text]
    with mock.patch.object(repository, "new_id", return_value=thought.dwipp_id or _make_id(thought.age)):
        response = await api.post("/v1/dwipps", json={"text": thought.text}, headers=author.headers)
    return str(response.raise_for_status().json()["id"])


def _make_id(age: timedelta) -> str:
    """Return the id of a Dwipp of this age. Clients cannot choose ids, so the seed replaces the function of the app."""
    digits = f"{round((datetime.now(UTC) - age).timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}{new_id()[13:]}"


async def _add_reactions(
    api: httpx.AsyncClient, members: Mapping[str, Member], thought: Thought, dwipp_id: str
) -> None:
    for reaction, handles in (("upvote", thought.upvoted_by), ("favorite", thought.favorited_by)):
        for handle in handles:
            url = f"/v1/dwipps/{dwipp_id}/{reaction}"
            (await api.put(url, headers=members[handle].headers)).raise_for_status()


if __name__ == "__main__":
    endpoint = os.environ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"]
    asyncio.run(seed(Settings.from_environment(os.environ), endpoint))
