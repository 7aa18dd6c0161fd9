"""Members who edit one Dwipp and react to it, while moderators remove and restore it, until its author deletes it."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from app.aws.retries import condition_results, new_write_deadline, retry_on_conflict
from app.dwipps.repository import DwippRepository
from testkit.api_client import Api, MemberClient
from testkit.engine import Engine
from testkit.moderation import Moderation

READERS = 8
_REACTIONS = [(method, path) for method in ("POST", "PUT", "DELETE") for path in ("/upvote", "/favorite")]
_STATE_SECONDS = 0.2  # The pause after each removal and restoration, in which requests begin and end.


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of the monotonic clock, in seconds."""

    began_at: float
    ended_at: float

    def contains(self, other: "Interval") -> bool:
        """Return True if the other interval lies within this one."""
        return self.began_at <= other.began_at and other.ended_at <= self.ended_at


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call to the API. `kind` is the caller and the method, such as `author PATCH`."""

    kind: str
    interval: Interval
    response: httpx.Response


@dataclass(slots=True)
class RemovalRace:
    """The members, and what they and the moderators did.

    Attributes:
        removed: the intervals in which the Dwipp was removed.
        visible: the intervals in which the Dwipp was not removed.
        calls: all calls before the deletion, with their responses.
    """

    engine: Engine
    author: MemberClient
    readers: list[MemberClient]
    dwipp_id: str
    removed: list[Interval] = field(default_factory=list)
    visible: list[Interval] = field(default_factory=list)
    calls: list[RecordedCall] = field(default_factory=list)

    @classmethod
    async def prepare(cls, api: Api, engine: Engine) -> Self:
        """Create the members and the Dwipp."""
        author, *readers = [await api.create_member() for _ in range(1 + READERS)]
        for reader in readers:
            await reader.get("/v1/me")
        return cls(engine, author, readers, (await author.post_dwipp("Now you see me"))["id"])

    async def run(self, seconds: float) -> None:
        """Run the race without a deletion for this time, and go on until the author has deleted the Dwipp."""
        end = time.monotonic() + seconds
        await asyncio.gather(*self._start_members(lambda: time.monotonic() < end), self._moderate(end))
        self._check_calls()
        await self._delete_during_the_race()

    def count_statuses(self) -> Counter[str]:
        """Return the number of calls by kind and status."""
        return Counter(f"{call.kind} {call.response.status_code}" for call in self.calls)

    def _start_members(self, must_go_on: Callable[[], bool]) -> list[Any]:
        return [self._edit(must_go_on), *(self._react(member, must_go_on) for member in (self.author, *self.readers))]

    async def _edit(self, must_go_on: Callable[[], bool]) -> None:
        for number in itertools.count():
            if not must_go_on():
                return
            await self._call(self.author, "PATCH", "", json={"text": f"Edit {number} at {time.monotonic()}"})

    async def _react(self, member: MemberClient, must_go_on: Callable[[], bool]) -> None:
        while must_go_on():
            await self._call(member, *random.choice(_REACTIONS))  # noqa: S311 -- not a secret

    async def _call(self, member: MemberClient, method: str, path: str, **options: Any) -> None:
        began_at = time.monotonic()
        response = await member.http.request(method, f"/v1/dwipps/{self.dwipp_id}{path}", **options)
        caller = "author" if member is self.author else "reader"
        interval = Interval(began_at, time.monotonic())
        self.calls.append(RecordedCall(f"{caller} {method} {path}", interval, response))

    async def _moderate(self, end: float) -> None:
        moderation = self._make_moderation()
        while time.monotonic() < end:
            for change, intervals in ((moderation.remove, self.removed), (moderation.restore, self.visible)):
                await asyncio.to_thread(self._change, moderation, change)
                began_at = time.monotonic()
                await asyncio.sleep(_STATE_SECONDS)
                intervals.append(Interval(began_at, time.monotonic()))

    def _make_moderation(self) -> Moderation:
        settings = self.engine.settings
        dwipps = DwippRepository(self.engine.client, settings.dwipps_table, settings.feed_shards)
        return Moderation(self.engine.client, dwipps)

    def _change(self, moderation: Moderation, change: Callable[[str], Any]) -> None:
        """Remove or restore the Dwipp. If another write interferes, try again."""

        def attempt() -> None:
            try:
                change(self.dwipp_id)
            except moderation.client.exceptions.TransactionCanceledException as error:
                condition_results(error)
                raise

        retry_on_conflict(attempt, new_write_deadline())

    def _check_calls(self) -> None:
        for call in self.calls:
            response = call.response
            assert response.status_code in (200, 403, 404, 503), response.text
            if response.status_code == 200 and "reader" in call.kind:
                assert response.json()["removed"] is None
            if any(interval.contains(call.interval) for interval in self.removed):
                refusals = {403} if "author" in call.kind and "DELETE" not in call.kind else {404}
                assert response.status_code in refusals | {503}, (call.kind, response.text)
            if any(interval.contains(call.interval) for interval in self.visible):
                assert response.status_code in (200, 503), (call.kind, response.text)
        edits = [call for call in self.calls if "PATCH" in call.kind]
        if all(call.response.status_code != 503 for call in edits):
            stored = self.engine.load_dwipps()[self.dwipp_id]
            assert stored["version"] == 1 + sum(call.response.status_code == 200 for call in edits)

    async def _delete_during_the_race(self) -> None:
        is_over = asyncio.Event()
        moderation = self._make_moderation()
        await asyncio.to_thread(self._change, moderation, moderation.remove)

        async def delete() -> None:
            response = await self.author.http.delete(f"/v1/dwipps/{self.dwipp_id}")
            while response.status_code == 503:
                response = await self.author.http.delete(f"/v1/dwipps/{self.dwipp_id}")
            assert response.status_code in (204, 404), response.text
            is_over.set()

        async def restore() -> None:
            with suppress(moderation.client.exceptions.TransactionCanceledException):  # The deletion may come first.
                await asyncio.to_thread(self._change, moderation, moderation.restore)

        await asyncio.gather(delete(), restore(), *self._start_members(lambda: not is_over.is_set()))
        assert self.dwipp_id not in self.engine.load_dwipps()
