"""The largest response and the longest request, compared with the limits of Lambda and API Gateway."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx

from app.api_gateway import make_handler
from app.dwipps.ids import feed_shard, new_id
from app.jobs.queue import JobQueue
from app.main import create_app
from app.me.schemas import MAX_EXPORT_ITEMS
from app.worker_bootstrap import build_worker
from benchmarks import rows
from benchmarks.progress import ProgressTracker
from benchmarks.report import Part, Table
from benchmarks.services import Services
from testkit.engine import Engine
from testkit.gateway import make_event
from testkit.gateway_authorizer import Authorizer
from testkit.servers import connect_in_process

MAX_SHARDS = 64
MAX_PAGE_SIZE = 100
DELETED_DWIPPS = 2_500
_TEXT = "\U0001f6bf" * 280
_MAX_RESPONSE_BYTES = 6 * 1024 * 1024
_MAX_REQUEST_SECONDS = 29.0
_MAX_MESSAGE_SECONDS = 60.0

_INTRODUCTION = """\
Two limits must never be reached: Lambda's 6 MB for a response, and API Gateway's 29 seconds for a request. The size of
an account has no bound. So its export is split into parts, and a background job deletes it, message by message. Each
message must end within the 60 seconds of the worker function. This part measures the largest possible requests and
messages. Their texts need the most bytes: 280 characters from beyond the Basic Multilingual Plane. Each of them takes
12 bytes in the JSON of a Lambda response."""


@dataclass(frozen=True, slots=True)
class MeasuredResponse:
    """A response of the function.

    Attributes:
        content: the parsed body.
        status: the HTTP status.
        size: the bytes that Lambda counts.
        seconds: the duration of the request.
    """

    content: Any
    status: int
    size: int
    seconds: float


class MemberClient:
    """A client of one member. It invokes the function in this process, as API Gateway would."""

    def __init__(self, engine: Engine, token: str) -> None:
        self._handler = make_handler(create_app(engine.settings))
        self._token = token
        keys = f"{engine.aws}/{engine.settings.user_pool_id}/.well-known/jwks.json"
        self._claims = Authorizer(engine.settings, keys).claims(f"Bearer {token}")

    def send(self, method: str, path: str) -> MeasuredResponse:
        """Send one request, and measure its response."""
        headers = {"Authorization": f"Bearer {self._token}"}
        event = make_event(httpx.Request(method, f"https://dwipper.test{path}", headers=headers), "rest", self._claims)
        started_at = time.perf_counter()
        response = self._handler(event, None)
        seconds = time.perf_counter() - started_at
        content = json.loads(response["body"] or "null")
        return MeasuredResponse(content, response["statusCode"], len(json.dumps(response)), seconds)


def run(services: Services, tracker: ProgressTracker) -> Part:
    """Request the largest pages and exports, and delete a member with many Dwipps and reactions."""
    engine = services.create_engine(feed_shards=MAX_SHARDS)
    client = MemberClient(engine, asyncio.run(_get_token(engine)))
    _fill(engine, client.send("GET", "/v1/me").content)
    requests = tracker.track(list(_list_largest_requests(client)), "The largest responses")
    responses = {name: client.send("GET", path) for name, path in requests}
    responses["request for a deletion"] = client.send("DELETE", "/v1/me")
    return _report(responses, _measure_messages(engine, tracker))


async def _get_token(engine: Engine) -> str:
    async with connect_in_process(engine, create_app(engine.settings)) as api:
        return str((await api.create_member()).tokens["access_token"])


def _fill(engine: Engine, profile: Any) -> None:
    """Write many Dwipps of the member, and as many of another author. The member reacted to all of the latter."""
    own, others = ([new_id() for _ in range(DELETED_DWIPPS)] for _ in range(2))
    own_dwipps = [rows.make_dwipp(dwipp_id, upvotes=0) | {"author_handle": profile["handle"]} for dwipp_id in own]
    dwipps = own_dwipps + [rows.make_dwipp(dwipp_id, upvotes=1) for dwipp_id in others]
    changes = ({"text": _TEXT, "feed_shard": feed_shard(dwipp["dwipp_id"], MAX_SHARDS)} for dwipp in dwipps)
    rows.write(engine.client, engine.settings.dwipps_table, map(dict.__or__, dwipps, changes))
    upvotes = (rows.make_reaction(profile["id"], dwipp_id) for dwipp_id in others)
    upvotes_and_favorites = (reaction | {"favorited_at": reaction["upvoted_at"]} for reaction in upvotes)
    rows.write(engine.client, engine.settings.reactions_table, upvotes_and_favorites)


def _list_largest_requests(client: MemberClient) -> Iterator[tuple[str, str]]:
    """Yield the name and the path of each request. Walk to the end of the exported Dwipps for the last one."""
    yield f"page of {MAX_PAGE_SIZE} of the feed, with {MAX_SHARDS} partitions", f"/v1/dwipps?limit={MAX_PAGE_SIZE}"
    yield f"page of {MAX_PAGE_SIZE} own Dwipps", f"/v1/me/dwipps?limit={MAX_PAGE_SIZE}"
    yield f"page of {MAX_PAGE_SIZE} favorites", f"/v1/me/favorites?limit={MAX_PAGE_SIZE}"
    yield f"export, {MAX_EXPORT_ITEMS} Dwipps", "/v1/me/export"
    path = "/v1/me/export"
    while (export := client.send("GET", path).content)["dwipps"] and export["next_cursor"]:
        path = f"/v1/me/export?cursor={export['next_cursor']}"
    yield f"export, {MAX_EXPORT_ITEMS} reactions, both upvotes and favorites", path


def _measure_messages(engine: Engine, tracker: ProgressTracker) -> list[float]:
    """Do the work of the deletion's messages. Return the seconds of each message. Skip the drain period."""
    queue, worker = JobQueue(engine.settings.region, engine.settings.job_queue_url), build_worker(engine.settings)
    seconds = []
    with patch("app.me.deletions.WRITE_DRAIN_PERIOD", timedelta()):
        for _ in tracker.track(["until nothing is left"], "The longest deletion"):
            while delivery := queue.receive(poll_seconds=0):
                started_at = time.perf_counter()
                worker.handle(delivery.message_id, delivery.body)
                seconds.append(time.perf_counter() - started_at)
                queue.delete(delivery)
    return seconds


def _report(responses: dict[str, MeasuredResponse], message_seconds: list[float]) -> Part:
    lines = [
        (name, _format_kilobytes(response.size), f"{response.seconds:.2f} s") for name, response in responses.items()
    ]
    lines.append(("allowed", _format_kilobytes(_MAX_RESPONSE_BYTES), f"{_MAX_REQUEST_SECONDS:.0f} s"))
    job = f"deletion of {DELETED_DWIPPS:,} Dwipps and {DELETED_DWIPPS:,} upvotes"
    messages = [
        (job, str(len(message_seconds)), f"{max(message_seconds):.2f} s"),
        ("allowed", "10,000", f"{_MAX_MESSAGE_SECONDS:.0f} s"),
    ]
    return Part(
        "Ceilings",
        _INTRODUCTION,
        [
            Table("ceilings", "The largest response and the longest request", ("request", "response", "time"), lines),
            Table("messages", "The longest message of a job", ("job", "messages", "longest"), messages),
        ],
    )


def _format_kilobytes(size: int) -> str:
    return f"{size / 1024:,.0f} KB"
