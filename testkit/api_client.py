"""The API for a test: an app over one transport, and clients for its members."""

import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import httpx

from app.api_gateway import make_handler
from app.auth.groups import MODERATORS
from app.main import app as served_app
from app.main import create_app
from app.settings import Settings
from devstack import clients
from devstack.mail import Mail, fetch_all
from testkit.gateway import GatewayKind, GatewayTransport
from testkit.gateway_authorizer import Authorizer
from testkit.jobs import run_jobs_in_thread
from testkit.leak_scan import LeakScan
from testkit.transcript import Transcript

if TYPE_CHECKING:
    from types_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

PASSWORD = "a rubber duck knows"

Transport = Literal["uvicorn"] | GatewayKind
TRANSPORTS: tuple[Transport, ...] = ("uvicorn", "rest")

# MiniStack's code of each registration.
_CODE = "123456"

_member_numbers = itertools.count(1)


@dataclass(slots=True)
class Api:
    """An app with tables and a user pool that other tests do not use.

    Attributes:
        settings: the names of the tables and of the user pool.
        endpoint: the URL of the embedded AWS.
        http: a client that is not logged in.
        transcript: the recorded requests and responses.
        open_client: opens another client with these options of httpx.
        finish_jobs: does the work of all messages that are due.
        has_quick_accounts: True if members get their accounts from Cognito, not from the API.
        opened_at: the time at which the API was opened.
    """

    settings: Settings
    endpoint: str
    http: httpx.AsyncClient
    transcript: Transcript
    open_client: Callable[..., httpx.AsyncClient]
    finish_jobs: Callable[[], Awaitable[None]]
    has_quick_accounts: bool = False
    opened_at: float = field(default_factory=time.time)

    def list_mails(self) -> list[Mail]:
        """Return the mails since the API was opened, oldest first."""
        return [mail for mail in fetch_all(self.endpoint) if mail.sent_at >= self.opened_at]

    def fetch_latest_code(self, email: str) -> str:
        """Return the code in the latest mail to this email that contains one."""
        codes = [mail.code for mail in self.list_mails() if mail.recipient == email.lower() and mail.code]
        return codes[-1]

    async def register(self, email: str, password: str = PASSWORD, handle: str | None = None) -> str:
        """Register an account, and return the id of the registration."""
        body = {"email": email, "password": password} | ({"handle": handle} if handle else {})
        response = await self.http.post("/v1/auth/register", json=body)
        assert response.status_code == 202, response.text
        registration: str = response.json()["registration"]
        return registration

    async def confirm(self, registration: str, email: str) -> None:
        """Confirm a registration with the code in the latest mail to this email."""
        body = {"registration": registration, "code": self.fetch_latest_code(email)}
        response = await self.http.post("/v1/auth/confirm", json=body)
        assert response.status_code == 204, response.text

    async def login(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Log in, and return the tokens."""
        response = await self.http.post("/v1/auth/login", json={"email": email, "password": password})
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.json()
        return tokens

    async def create_member(self, handle: str | None = None) -> "MemberClient":
        """Register, confirm and log in a new member."""
        email = f"member{next(_member_numbers)}@example.org"
        if self.has_quick_accounts:
            self._create_account(email, handle)
        else:
            await self.confirm(await self.register(email, handle=handle), email)
        return self.open_session(email, await self.login(email))

    async def create_moderator(self) -> "MemberClient":
        """Create a member in the group of the moderators. The member logs in afterwards, so the token has the group."""
        member = await self.create_member()
        cognito = clients.cognito_client(self.endpoint, self.settings.region)
        cognito.admin_add_user_to_group(
            UserPoolId=self.settings.user_pool_id, Username=member.email, GroupName=MODERATORS
        )
        return self.open_session(member.email, await self.login(member.email))

    def _create_account(self, email: str, handle: str | None) -> None:
        """Make the calls to Cognito that a registration and its confirmation make."""
        cognito = clients.cognito_client(self.endpoint, self.settings.region)
        client_id = self.settings.user_pool_client_id
        handles: list[AttributeTypeTypeDef] = [{"Name": "preferred_username", "Value": handle}] if handle else []
        cognito.sign_up(ClientId=client_id, Username=email, Password=PASSWORD, UserAttributes=handles)
        cognito.confirm_sign_up(ClientId=client_id, Username=email, ConfirmationCode=_CODE)

    def open_session(self, email: str, tokens: dict[str, Any]) -> "MemberClient":
        """Return a client of the member with these tokens, which sends the access token."""
        http = self.open_client(headers={"Authorization": f"Bearer {tokens['access_token']}"})
        return MemberClient(email, tokens, http)


@dataclass(slots=True)
class MemberClient:
    """A client that is logged in as a member."""

    email: str
    tokens: dict[str, Any]
    http: httpx.AsyncClient

    async def post_dwipp(self, text: str) -> dict[str, Any]:
        """Create a Dwipp, and return the body of the response."""
        response = await self.http.post("/v1/dwipps", json={"text": text})
        assert response.status_code == 201, response.text
        dwipp: dict[str, Any] = response.json()
        return dwipp

    async def get(self, path: str, **params: Any) -> Any:
        """Return the body of a successful GET."""
        response = await self.http.get(path, params=params or None)
        assert response.status_code == 200, response.text
        return response.json()

    async def list_all(self, path: str, limit: int, **params: str) -> list[dict[str, Any]]:
        """Read a list page by page, and return all items."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, limit=limit, **params, **cursor)
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}


async def _check_media_type(response: httpx.Response) -> None:
    """Check that a response has a media type if and only if it has content or is a 202 (an event hook of httpx)."""
    if response.request.method != "HEAD":
        await response.aread()
        has_type = bool(response.content) or response.status_code == 202
        assert has_type is ("content-type" in response.headers), response.request.url


@asynccontextmanager
async def open_api(
    settings: Settings, endpoint: str, transport: Transport, *, prefix: str = "", has_quick_accounts: bool = False
) -> AsyncIterator[Api]:
    """Create an app, and open its API over one transport. All responses are recorded and scanned for leaks.

    Args:
        settings: the names of the tables and of the user pool.
        endpoint: the URL of the embedded AWS.
        transport: the interface of uvicorn, or a kind of API Gateway.
        prefix: the stage or the base path, which precedes each path.
        has_quick_accounts: create the accounts of members in Cognito. The API makes five times as many calls to AWS.
    """
    app = create_app(settings)
    # A router builds its routes at the first request, which takes 30 milliseconds. So all apps of a process share one.
    app.router = served_app.router
    transcript, scan = Transcript(), LeakScan(settings)
    http_transport: httpx.AsyncBaseTransport
    if transport == "uvicorn":
        http_transport = httpx.ASGITransport(app)
    else:
        keys_url = f"{endpoint}/{settings.user_pool_id}/.well-known/jwks.json"
        http_transport = GatewayTransport(
            make_handler(app), Authorizer(settings, keys_url), kind=transport, prefix=prefix
        )

    def open_client(**options: Any) -> httpx.AsyncClient:
        hooks = {"response": [transcript.record, scan.check_unread, _check_media_type]}
        base_url = f"https://dwipper.test{prefix}"
        return httpx.AsyncClient(transport=http_transport, base_url=base_url, event_hooks=hooks, **options)

    try:
        finish_jobs = partial(run_jobs_in_thread, settings)
        yield Api(settings, endpoint, open_client(), transcript, open_client, finish_jobs, has_quick_accounts)
    finally:
        await http_transport.aclose()
