"""The actors of the authorization matrix, and an API that trusts a signing key of the tests.

Cognito issues no token to an unconfirmed user, so the tests sign one.
"""

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.auth.jwks import Keys, fetch_keys
from app.bootstrap import core
from app.me import deletions
from app.settings import Settings
from devstack.process import Service
from testkit import gateway_authorizer
from testkit.api_client import PASSWORD, Api, MemberClient, Transport, open_api
from testkit.forged_tokens import make_token, make_valid_claims, public_keys
from testkit.operations import Operation
from testkit.storage import Storage

ACTOR_NAMES = ("author", "other", "moderator", "unconfirmed", "deleted", "anonymous")

_NEW_PASSWORD = "another password"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Actor:
    """A user of the API. `registration` is "none" if the actor has no pending registration."""

    email: str
    http: httpx.AsyncClient
    registration: str = "none"

    async def post(self, path: str, body: Any) -> httpx.Response:
        """Post to a path under `/v1/auth/`."""
        return await self.http.post(f"/v1/auth/{path}", json=body)

    async def start_session(self) -> str:
        """Log in, and return the refresh token. Return "none" if the login is refused."""
        response = await self.post("login", {"email": self.email, "password": PASSWORD})
        return str(response.json().get("refresh_token", "none"))


@dataclass(frozen=True)
class Actors:
    """The actors by name, and the author with their handle."""

    by_name: Mapping[str, Actor]
    author: MemberClient
    author_handle: str

    async def call(self, name: str, operation: Operation, dwipp_id: str) -> httpx.Response:
        """Call an operation as an actor. Path parameters are the author's handle and a Dwipp of the author."""
        actor = self.by_name[name]
        path = operation.path.format(dwipp_id=dwipp_id, handle=self.author_handle)
        form = "data" if operation.name == "token" else "json"
        body = {form: await _make_body(operation, actor)}
        return await actor.http.request(operation.method, path, **body)


async def _make_body(operation: Operation, actor: Actor) -> Any:
    """Return a body with the data of the actor. Log in or request a reset first if the body requires it."""
    if operation.name in ("refresh", "logout"):
        return {"refresh_token": await actor.start_session()}
    # AWS mails no reset code to an unconfirmed user. MiniStack does, so the unconfirmed actor requests none.
    if operation.name == "reset_password" and actor.registration == "none":
        await actor.post("password/forgot", {"email": actor.email})
    bodies = {
        "register": {"email": f"newcomer{next(_numbers)}@example.org", "password": PASSWORD},
        "confirm": {"registration": actor.registration, "code": "123456"},
        "resend": {"registration": actor.registration},
        "login": {"email": actor.email, "password": PASSWORD},
        "token": {"grant_type": "password", "username": actor.email, "password": PASSWORD},
        "forgot_password": {"email": actor.email},
        "reset_password": {"email": actor.email, "code": "654321", "new_password": _NEW_PASSWORD},
        "change_password": {"current_password": PASSWORD, "new_password": _NEW_PASSWORD},
    }
    return bodies.get(operation.name, operation.body)


class MatrixApi:
    """An API over one transport, and its stored data."""

    def __init__(self, settings: Settings, api: Api) -> None:
        self._settings = settings
        self._api = api
        self.storage = Storage(settings)

    async def create_actors(self) -> Actors:
        """Create one actor of each kind, without Dwipps and reactions."""
        author, other, deleted = [await self._api.create_member() for _ in range(3)]
        handle = (await author.get("/v1/me"))["handle"]
        moderator = await self._api.create_moderator()
        for member in (other, moderator):
            await member.get("/v1/me")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
            assert (await deleted.http.delete("/v1/me")).status_code == 202
            await self._api.finish_jobs()
        actors = {
            "author": Actor(author.email, author.http),
            "other": Actor(other.email, other.http),
            "moderator": Actor(moderator.email, moderator.http),
            "unconfirmed": await self._create_unconfirmed(),
            "deleted": Actor(deleted.email, deleted.http),
            "anonymous": Actor(f"nobody{next(_numbers)}@example.org", self._api.http),
        }
        return Actors(actors, author, handle)

    async def _create_unconfirmed(self) -> Actor:
        email = f"unconfirmed{next(_numbers)}@example.org"
        registration = await self._api.register(email)
        claims = make_valid_claims(
            sub=self.storage.get_user_id(email), iss=self._settings.issuer, client_id=self._settings.user_pool_client_id
        )
        session = self._api.open_session(email, {"access_token": make_token(claims=claims)})
        return Actor(email, session.http, registration=registration)


@asynccontextmanager
async def open_matrix_api(settings: Settings, embedded: Service, transport: Transport) -> AsyncIterator[MatrixApi]:
    """Open an API whose app and gateway also trust the signing key of the tests."""
    test_keys = public_keys("signing")
    fetch_pool_jwks = gateway_authorizer._fetch_keys

    def fetch_all_keys(url: str) -> Keys:
        return {**fetch_keys(url), **test_keys}

    def fetch_all_jwks(url: str) -> Any:
        return {"keys": [*fetch_pool_jwks(url)["keys"], *test_keys.values()]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core, "fetch_keys", fetch_all_keys)
        patch.setattr(gateway_authorizer, "_fetch_keys", fetch_all_jwks)
        async with open_api(settings, embedded.endpoint, transport) as api:
            yield MatrixApi(settings, api)
