"""Stand-ins for what a unit test does not ask about: settings that lead nowhere, an app that calls no AWS."""

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
    """An empty feed that remembers who asked for it."""

    answer: Callable[[], DwippPage]

    def __init__(self, services: Container) -> None:
        super().__init__(services.dwipps, FeedPageCache(services.dwipps.list_recent, 0), services.reactions)
        self.callers: list[str] = []
        self.answer = lambda: DwippPage(items=[], next_cursor=None)

    def list_recent(self, member_id: str, page: PageRequest) -> DwippPage:  # noqa: ARG002 -- its answer is set
        self.callers.append(member_id)
        return self.answer()


class KnownMembers(Directory):
    """Knows everybody, and calls all of them kay."""

    def __init__(self, services: Container) -> None:
        super().__init__(dynamodb_client(SETTINGS.region), SETTINGS.members_table, services.user_pool)

    def get_or_create(self, member_id: str) -> Member:
        return Member(member_id, "kay", datetime.now(UTC), new_write_deadline())


class WriteOnlyDwipps(DwippRepository):
    """Takes any new Dwipp, and keeps none."""

    def create(self, author: Member, text: str) -> Dwipp:
        return new_dwipp(new_id(), author, text)


def offline_app(tokens: TokenVerifier | None = None) -> tuple[FastAPI, RecordingFeed]:
    """The app, whose `GET` and `POST /v1/dwipps` call no AWS; tokens are verified with these keys."""
    app = create_app(SETTINGS)
    services: Container = app.state.container
    feed = RecordingFeed(services)
    app.state.container = replace(
        services,
        feed=feed,
        directory=KnownMembers(services),
        dwipps=WriteOnlyDwipps(dynamodb_client(SETTINGS.region), SETTINGS.dwipps_table, 1),
        token_verifier=tokens or services.token_verifier,
    )
    return app, feed


async def send_request(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    """One request to an app, as uvicorn would hand it on."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://dwipper.test") as client:
        return await client.request(method, url, **options)
