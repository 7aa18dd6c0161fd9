"""Stand-ins for unit tests: a clock, settings that name nothing in AWS, and an app that calls no AWS."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from app import errors
from app.auth.tokens import TokenVerifier
from app.aws.clients import dynamodb_client
from app.aws.retries import new_write_deadline
from app.bootstrap import Container
from app.dwipps.feed import Feed
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.idempotency import IdempotentWriter
from app.dwipps.ids import new_id
from app.dwipps.models import Dwipp, new_dwipp
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippPage
from app.main import create_app
from app.members.directory import Directory
from app.members.models import Member
from app.openapi import examples
from app.pagination.cursors import PageRequest
from app.settings import Settings
from testkit.limits import NO_LIMITS

SETTINGS = Settings(
    region="us-east-1",
    user_pool_id="us-east-1_Dwipper01",
    user_pool_client_id="4dwipper0client0of0the0app",
    dwipps_table="dwipps",
    reactions_table="reactions",
    members_table="members",
    safety_table="safety",
    job_queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
    limits=NO_LIMITS,
)


class Clock:
    """A stand-in for the module `time`. It stands still, except for `sleep`.

    Attributes:
        now: the current time in seconds. A test can change it.
        pauses: the seconds of each sleep.
    """

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.pauses: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class RecordingFeed(Feed):
    """A feed that records its callers.

    Attributes:
        callers: the member id of each call.
        respond: makes the page, by default an empty one.
    """

    respond: Callable[[], DwippPage]

    def __init__(self, container: Container) -> None:
        cache = FeedPageCache(container.dwipps.list_recent, 0)
        super().__init__(container.dwipps, cache, container.reactions, container.audiences, container.snapshots)
        self.callers: list[str] = []
        self.respond = lambda: DwippPage(items=[], next_cursor=None)

    def list_recent(self, member_id: str, page: PageRequest) -> DwippPage:  # noqa: ARG002 -- a test sets the page
        self.callers.append(member_id)
        return self.respond()


class DirectoryStub(Directory):
    """A directory that finds a member with the handle `kay` for every id."""

    def __init__(self, container: Container) -> None:
        super().__init__(
            dynamodb_client(SETTINGS.region), SETTINGS.members_table, container.user_pool, container.suspensions
        )

    def get_or_create(self, member_id: str) -> Member:
        return Member(member_id, "kay", datetime.now(UTC), new_write_deadline())


class DwippRepositoryStub(DwippRepository):
    """A repository that returns new Dwipps without storing them."""

    def create(self, author: Member, text: str) -> Dwipp:
        return new_dwipp(new_id(), author, text)


def make_offline_app(tokens: TokenVerifier | None = None) -> tuple[FastAPI, RecordingFeed]:
    """Return an app whose `GET` and `POST /v1/dwipps` call no AWS, and its feed.

    Args:
        tokens: the verifier of access tokens, by default that of the app.
    """
    app = create_app(SETTINGS)
    container: Container = app.state.container
    client = dynamodb_client(SETTINGS.region)
    feed = RecordingFeed(container)
    dwipps = DwippRepositoryStub(client, SETTINGS.dwipps_table, 1)
    container.feed = feed
    container.directory = DirectoryStub(container)
    container.dwipps = dwipps
    container.writer = IdempotentWriter(client, SETTINGS.members_table, dwipps)
    container.token_verifier = tokens or container.token_verifier
    return app, feed


def make_error(error_class: type[errors.DwipperError]) -> errors.DwipperError:
    """Return an error of this class. Its arguments are examples."""
    if error_class is errors.InvalidGrantError:
        return errors.InvalidGrantError("invalid_grant", "No.")
    if error_class is errors.SuspendedError:
        return errors.SuspendedError(examples.SUSPENDED_UNTIL, examples.SUSPENSION_REASON)
    if error_class is errors.RateLimitedError:
        return errors.RateLimitedError(1200, {"RateLimit": '"hour";r=0;t=1200'})
    return error_class()


async def send_request(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    """Send a request to an app through the interface of uvicorn."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://dwipper.test") as client:
        return await client.request(method, url, **options)
