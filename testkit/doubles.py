"""Stand-ins for unit tests: settings without a real AWS, and an app that calls no AWS."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from app.auth.tokens import TokenVerifier
from app.aws.clients import dynamodb_client
from app.aws.retries import new_write_deadline
from app.bootstrap import Container
from app.dwipps.feed import Feed
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.ids import new_id
from app.dwipps.repository import Dwipp, DwippRepository, new_dwipp
from app.dwipps.schemas import DwippPage
from app.main import create_app
from app.members.directory import Directory
from app.members.models import Member
from app.pagination.cursors import PageRequest
from app.settings import Settings

SETTINGS = Settings(
    region="us-east-1",
    user_pool_id="us-east-1_Dwipper01",
    user_pool_client_id="4dwipper0client0of0the0app",
    dwipps_table="dwipps",
    reactions_table="reactions",
    members_table="members",
)


class RecordingFeed(Feed):
    """An empty feed that records the ids of its callers. A test may set another `answer`."""

    respond: Callable[[], DwippPage]

    def __init__(self, services: Container) -> None:
        super().__init__(services.dwipps, FeedPageCache(services.dwipps.list_recent, 0), services.reactions)
        self.callers: list[str] = []
        self.respond = lambda: DwippPage(items=[], next_cursor=None)

    def list_recent(self, member_id: str, page: PageRequest) -> DwippPage:  # noqa: ARG002 -- a test sets the answer
        self.callers.append(member_id)
        return self.respond()


class DirectoryStub(Directory):
    """A directory in which every id is a member with the handle `kay`."""

    def __init__(self, services: Container) -> None:
        super().__init__(dynamodb_client(SETTINGS.region), SETTINGS.members_table, services.user_pool)

    def get_or_create(self, member_id: str) -> Member:
        return Member(member_id, "kay", datetime.now(UTC), new_write_deadline())


class DwippRepositoryStub(DwippRepository):
    """A repository that accepts any new Dwipp, and stores none."""

    def create(self, author: Member, text: str) -> Dwipp:
        return new_dwipp(new_id(), author, text)


def offline_app(tokens: TokenVerifier | None = None) -> tuple[FastAPI, RecordingFeed]:
    """Return an app whose `GET` and `POST /v1/dwipps` call no AWS, and its feed.

    Args:
        tokens: the verifier of access tokens, by default that of the app.
    """
    app = create_app(SETTINGS)
    services: Container = app.state.container
    feed = RecordingFeed(services)
    app.state.container = replace(
        services,
        feed=feed,
        directory=DirectoryStub(services),
        dwipps=DwippRepositoryStub(dynamodb_client(SETTINGS.region), SETTINGS.dwipps_table, 1),
        token_verifier=tokens or services.token_verifier,
    )
    return app, feed


async def send_request(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    """Send one request to an app through the interface of uvicorn."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://dwipper.test") as client:
        return await client.request(method, url, **options)
