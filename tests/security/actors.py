"""The people of the matrix of who may what, in a api whose pool signs tokens even for whom it never would.

An unconfirmed user cannot log in. That they cannot is Cognito's word; what they could do with a token is ours.
"""

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app import bootstrap
from app.auth.jwks import Keys, fetch_keys
from app.me import deletion
from app.settings import Settings
from devstack.process import Service
from testkit import gateway
from testkit.api_client import PASSWORD, Api, MemberClient, Transport, open_api
from testkit.forged_tokens import good_claims, public_keys, token
from testkit.operations import Operation
from testkit.storage import Storage

PEOPLE = ("author", "other", "unconfirmed", "deleted", "anonymous")

_NEW_PASSWORD = "another password"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with an email and a way to ask; what they never got is a text that is none."""

    email: str
    http: httpx.AsyncClient
    registration: str = "none"

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(f"/v1/auth/{path}", json=body)

    async def refresh_token(self) -> str:
        """Of a session that has just begun."""
        answer = await self.post("login", {"email": self.email, "password": PASSWORD})
        return str(answer.json().get("refresh_token", "none"))


@dataclass(frozen=True)
class Cast:
    """One of each."""

    people: Mapping[str, Person]
    author: MemberClient
    author_handle: str

    async def ask(self, who: str, operation: Operation, dwipp_id: str) -> httpx.Response:
        """What an operation answers to one of them, about the author and the author's Dwipp."""
        path = operation.path.format(dwipp_id=dwipp_id, handle=self.author_handle)
        form = "data" if operation.name == "token" else "json"
        body = {form: await _body(operation, self.people[who])}
        return await self.people[who].http.request(operation.method, path, **body)


async def _body(operation: Operation, person: Person) -> Any:
    """Their own email and password, their own session, and the codes that MiniStack mails."""
    if operation.name in ("refresh", "logout"):
        return {"refresh_token": await person.refresh_token()}
    # Amazon mails no code to an address that nobody confirmed; MiniStack does.
    if operation.name == "reset_password" and person.registration == "none":
        await person.post("password/forgot", {"email": person.email})
    bodies = {
        "register": {"email": f"newcomer{next(_numbers)}@example.org", "password": PASSWORD},
        "confirm": {"registration": person.registration, "code": "123456"},
        "resend": {"registration": person.registration},
        "login": {"email": person.email, "password": PASSWORD},
        "token": {"grant_type": "password", "username": person.email, "password": PASSWORD},
        "forgot_password": {"email": person.email},
        "reset_password": {"email": person.email, "code": "654321", "new_password": _NEW_PASSWORD},
        "change_password": {"current_password": PASSWORD, "new_password": _NEW_PASSWORD},
    }
    return bodies.get(operation.name, operation.body)


class Stage:
    """A api over one transport, and everything that is stored in it."""

    def __init__(self, settings: Settings, telling: Api) -> None:
        self._settings = settings
        self._world = telling
        self.stored = Storage(settings)

    async def cast(self) -> Cast:
        """Five people who have done nothing yet."""
        author, other, deleted = [await self._world.member() for _ in range(3)]
        handle = (await author.get("/v1/me"))["handle"]
        await other.get("/v1/me")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))
            assert (await deleted.http.delete("/v1/me")).status_code == 204
        people = {
            "author": Person(author.email, author.http),
            "other": Person(other.email, other.http),
            "unconfirmed": await self._unconfirmed(),
            "deleted": Person(deleted.email, deleted.http),
            "anonymous": Person(f"nobody{next(_numbers)}@example.org", self._world.http),
        }
        return Cast(people, author, handle)

    async def _unconfirmed(self) -> Person:
        email = f"unconfirmed{next(_numbers)}@example.org"
        registration = await self._world.register(email)
        claims = good_claims(
            sub=self.stored.user_id(email), iss=self._settings.issuer, client_id=self._settings.user_pool_client_id
        )
        session = self._world.session(email, {"access_token": token(claims=claims)})
        return Person(email, session.http, registration=registration)


@asynccontextmanager
async def stage(settings: Settings, embedded: Service, transport: Transport) -> AsyncIterator[Stage]:
    """A api whose pool has one more key, which is ours; the app and the gateway's authorizer trust it."""
    ours = public_keys("signing")
    theirs = gateway._keys

    def fetched(url: str) -> Keys:
        return {**fetch_keys(url), **ours}

    def published(url: str) -> Any:
        return {"keys": [*theirs(url)["keys"], *ours.values()]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "fetch_keys", fetched)
        patch.setattr(gateway, "_keys", published)
        async with open_api(settings, embedded.endpoint, transport) as telling:
            yield Stage(settings, telling)
