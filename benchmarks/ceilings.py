"""The two ceilings that nothing may reach: Lambda's 6 MB for an answer, and API Gateway's 29 seconds for a request.

What grows without bound, an account to delete or to export, is worked off a bounded piece at a time. So what is
measured is the largest piece that can be asked for, with texts that take the most bytes: 280 characters from beyond the
Basic Multilingual Plane, which the JSON of a Lambda answer spells in 12 bytes each.
"""

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
from app.main import create_app
from app.me.export import MAX_EXPORT_ITEMS
from benchmarks import rows
from benchmarks.environment import Stage
from benchmarks.progress import Steps
from benchmarks.report import Part, Table
from testkit.engine import Engine
from testkit.gateway import Authorizer, make_event
from testkit.servers import connect_in_process

MOST_SHARDS = 64
LARGEST_PAGE = 100
TO_DELETE = 2_500
_TEXT = "\U0001f6bf" * 280
_LARGEST_ANSWER = 6 * 1024 * 1024
_LONGEST_SECONDS = 29.0


@dataclass(frozen=True, slots=True)
class Piece:
    """An answer: the bytes of it that Lambda sees, and the seconds of the request."""

    content: Any
    status: int
    size: int
    seconds: float


class Client:
    """One member, who calls the function in this process as API Gateway does."""

    def __init__(self, engine: Engine, token: str) -> None:
        self._handler = make_handler(create_app(engine.settings))
        self._token = token
        keys = f"{engine.aws}/{engine.settings.user_pool_id}/.well-known/jwks.json"
        self._claims = Authorizer(engine.settings, keys).claims(f"Bearer {token}")

    def ask(self, method: str, path: str) -> Piece:
        """Make one request."""
        headers = {"Authorization": f"Bearer {self._token}"}
        event = make_event(httpx.Request(method, f"https://dwipper.test{path}", headers=headers), "rest", self._claims)
        begun = time.perf_counter()
        answer = self._handler(event, None)
        seconds = time.perf_counter() - begun
        content = json.loads(answer["body"] or "null")
        return Piece(content, answer["statusCode"], len(json.dumps(answer)), seconds)


async def _token(engine: Engine) -> str:
    async with connect_in_process(engine, create_app(engine.settings)) as api:
        return str((await api.member()).tokens["access_token"])


def part(stage: Stage, steps: Steps) -> Part:
    """Ask for the largest of everything, and delete a member who wrote and liked a lot."""
    engine = stage.engine(feed_shards=MOST_SHARDS)
    token = asyncio.run(_token(engine))
    client = Client(engine, token)
    _fill(engine, client.ask("GET", "/v1/me").content)
    wanted = steps.of(list(_largest(client)), "The largest answers")
    pages = {name: client.ask("GET", path) for name, path in wanted}
    deletion = _deleted(client, steps)
    return _told(pages, deletion)


def _fill(engine: Engine, profile: Any) -> None:
    """Have a member write many Dwipps, and like as many of somebody else's."""
    own, others = ([new_id() for _ in range(TO_DELETE)] for _ in range(2))
    written = [rows.dwipp(each, upvotes=0) | {"author_handle": profile["handle"]} for each in own]
    liked = [rows.dwipp(each, upvotes=1) for each in others]
    shared = ({"text": _TEXT, "feed_shard": feed_shard(each["dwipp_id"], MOST_SHARDS)} for each in written + liked)
    rows.write(engine.client, engine.settings.dwipps_table, map(dict.__or__, written + liked, shared))
    marks = (rows.reaction(profile["id"], each) for each in others)
    both = (mark | {"favorited_at": mark["upvoted_at"]} for mark in marks)
    rows.write(engine.client, engine.settings.reactions_table, both)


def _largest(client: Client) -> Iterator[tuple[str, str]]:
    yield f"page of {LARGEST_PAGE} of the feed, of {MOST_SHARDS} partitions", f"/v1/dwipps?limit={LARGEST_PAGE}"
    yield f"page of {LARGEST_PAGE} of one's own", f"/v1/me/dwipps?limit={LARGEST_PAGE}"
    yield f"page of {LARGEST_PAGE} favorites", f"/v1/me/favorites?limit={LARGEST_PAGE}"
    yield f"export, {MAX_EXPORT_ITEMS} Dwipps", "/v1/me/export"
    path = "/v1/me/export"
    while (export := client.ask("GET", path).content)["dwipps"]:
        path = f"/v1/me/export?cursor={export['next_cursor']}"
    yield f"export, {MAX_EXPORT_ITEMS} upvotes that are favorites too", path


def _deleted(client: Client, steps: Steps) -> list[Piece]:
    """Ask for the deletion until nothing is left, but for the 52 seconds in which writes may still come in."""
    pieces: list[Piece] = []
    with patch("app.me.deletion.WRITE_DRAIN_PERIOD", timedelta()):
        for _ in steps.of(["until 204"], "The longest deletion"):
            while not pieces or pieces[-1].status == httpx.codes.ACCEPTED:
                pieces.append(client.ask("DELETE", "/v1/me"))
    return pieces


def _told(pages: dict[str, Piece], deletion: list[Piece]) -> Part:
    lines = [(name, f"{piece.size / 1024:,.0f} KB", f"{piece.seconds:.2f} s") for name, piece in pages.items()]
    deleted = f"deletion of {TO_DELETE:,} Dwipps and {TO_DELETE:,} upvotes, {len(deletion)} requests"
    lines.append(
        (deleted, f"{max(p.size for p in deletion) / 1024:,.0f} KB", f"{max(p.seconds for p in deletion):.2f} s")
    )
    lines.append(("allowed", f"{_LARGEST_ANSWER / 1024:,.0f} KB", f"{_LONGEST_SECONDS:.0f} s"))
    table = Table("ceilings", "The largest answer and the longest request", ("request", "answer", "time"), lines)
    return Part("Ceilings", " ".join((__doc__ or "").split()), [table])
