"""A api to tell a story in: an app, a way to it, and members who use it."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from app.api_gateway import make_handler
from app.main import create_app
from app.settings import Settings
from devstack.mail import Mail, everything
from testkit.gateway import Authorizer, GatewayKind, GatewayTransport
from testkit.leak_scan import LeakScan
from testkit.transcript import Transcript

PASSWORD = "a rubber duck knows"

Transport = Literal["uvicorn"] | GatewayKind
TRANSPORTS: tuple[Transport, ...] = ("uvicorn", "rest")

_numbers = itertools.count(1)


@dataclass(slots=True)
class Api:
    """An app on tables of its own; `http` is somebody who is not logged in."""

    settings: Settings
    endpoint: str
    http: httpx.AsyncClient
    transcript: Transcript
    open_client: Callable[..., httpx.AsyncClient]
    mails_before: int
    outlast: Callable[[], None] = lambda: None
    """Lets the time pass that a deletion waits for writes on their way; in this process there are none."""

    def mails(self) -> list[Mail]:
        """The mails since the api began, the oldest first."""
        return everything(self.endpoint)[self.mails_before :]

    def code(self, email: str) -> str:
        """The code in the latest mail to an address."""
        codes = [mail.code for mail in self.mails() if mail.recipient == email.lower() and mail.code]
        return codes[-1]

    async def register(self, email: str, password: str = PASSWORD, handle: str | None = None) -> str:
        body = {"email": email, "password": password} | ({"handle": handle} if handle else {})
        answer = await self.http.post("/v1/auth/register", json=body)
        assert answer.status_code == 202, answer.text
        registration: str = answer.json()["registration"]
        return registration

    async def confirm(self, registration: str, email: str) -> None:
        answer = await self.http.post("/v1/auth/confirm", json={"registration": registration, "code": self.code(email)})
        assert answer.status_code == 204, answer.text

    async def login(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        answer = await self.http.post("/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def member(self, handle: str | None = None) -> "MemberClient":
        """Somebody who registered, confirmed and logged in."""
        email = f"member{next(_numbers)}@example.org"
        await self.confirm(await self.register(email, handle=handle), email)
        return self.session(email, await self.login(email))

    def session(self, email: str, tokens: dict[str, Any]) -> "MemberClient":
        """Who calls with these tokens."""
        http = self.open_client(headers={"Authorization": f"Bearer {tokens['access_token']}"})
        return MemberClient(email, tokens, http)


@dataclass(slots=True)
class MemberClient:
    """Somebody who is logged in."""

    email: str
    tokens: dict[str, Any]
    http: httpx.AsyncClient

    async def post_dwipp(self, text: str) -> dict[str, Any]:
        answer = await self.http.post("/v1/dwipps", json={"text": text})
        assert answer.status_code == 201, answer.text
        dwipp: dict[str, Any] = answer.json()
        return dwipp

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def walk(self, path: str, limit: int) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, limit=limit, **cursor)
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}


@asynccontextmanager
async def open_api(settings: Settings, endpoint: str, transport: Transport, *, prefix: str = "") -> AsyncIterator[Api]:
    """A api that is reached over this transport, below this prefix."""
    app = create_app(settings)
    transcript, scan = Transcript(), LeakScan(settings)
    carrier: httpx.AsyncBaseTransport
    if transport == "uvicorn":
        carrier = httpx.ASGITransport(app)
    else:
        keys_url = f"{endpoint}/{settings.user_pool_id}/.well-known/jwks.json"
        carrier = GatewayTransport(make_handler(app), Authorizer(settings, keys_url), kind=transport, prefix=prefix)

    def open_client(**options: Any) -> httpx.AsyncClient:
        hooks = {"response": [transcript.record, scan.look]}
        base_url = f"https://dwipper.test{prefix}"
        return httpx.AsyncClient(transport=carrier, base_url=base_url, event_hooks=hooks, **options)

    try:
        yield Api(settings, endpoint, open_client(), transcript, open_client, len(everything(endpoint)))
    finally:
        await carrier.aclose()
