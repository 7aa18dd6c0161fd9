"""Members edit a Dwipp, react to it and report it, moderators remove and restore it, and its author deletes it."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from testkit.api_client import Api, MemberClient
from testkit.engine import Engine

READERS = 8
_REACTIONS = [(method, path) for method in ("POST", "PUT", "DELETE") for path in ("/upvote", "/favorite")]
_REPORTS = [("PUT", "/report"), ("DELETE", "/report")]
_REASONS = ("spam", "self-harm", "hate")
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
    moderator: MemberClient
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
        dwipp_id = (await author.post_dwipp("Now you see me"))["id"]
        return cls(engine, author, readers, await api.create_moderator(), dwipp_id)

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
            method, path = random.choice(_REACTIONS + _REPORTS)  # noqa: S311 -- not a secret
            body = {"json": {"reason": random.choice(_REASONS)}} if (method, path) == ("PUT", "/report") else {}  # noqa: S311
            await self._call(member, method, path, **body)

    async def _call(self, member: MemberClient, method: str, path: str, **options: Any) -> None:
        began_at = time.monotonic()
        response = await member.http.request(method, f"/v1/dwipps/{self.dwipp_id}{path}", **options)
        caller = "author" if member is self.author else "reader"
        interval = Interval(began_at, time.monotonic())
        self.calls.append(RecordedCall(f"{caller} {method} {path}", interval, response))

    async def _moderate(self, end: float) -> None:
        while time.monotonic() < end:
            for action, intervals in (("remove", self.removed), ("dismiss", self.visible)):
                await self._decide(action)
                began_at = time.monotonic()
                await asyncio.sleep(_STATE_SECONDS)
                intervals.append(Interval(began_at, time.monotonic()))

    async def _decide(self, action: str) -> None:
        """Decide on the Dwipp, which may be gone. Try again after a 503, because other writes interfere."""
        path, body = f"/v1/moderation/cases/{self.dwipp_id}/decision", {"action": action, "reason": "spam"}
        response = await self.moderator.http.put(path, json=body)
        while response.status_code == 503:
            response = await self.moderator.http.put(path, json=body)
        assert response.status_code == 200, response.text

    def _check_calls(self) -> None:
        for call in self.calls:
            response = call.response
            assert response.status_code in (200, 204, 403, 404, 503), response.text
            if call.kind.endswith("DELETE /report"):
                assert response.status_code in (204, 503), response.text
                continue
            if call.kind == "author PUT /report":
                assert response.status_code in (403, 503), response.text
                continue
            if response.status_code == 200 and "reader" in call.kind:
                assert response.json()["removed"] is None
            if any(interval.contains(call.interval) for interval in self.removed):
                refusals = {403} if "author" in call.kind and "DELETE" not in call.kind else {404}
                assert response.status_code in refusals | {503}, (call.kind, response.text)
            if any(interval.contains(call.interval) for interval in self.visible):
                assert response.status_code in (200, 204, 503), (call.kind, response.text)
        edits = [call for call in self.calls if "PATCH" in call.kind]
        if all(call.response.status_code != 503 for call in edits):
            stored = self.engine.load_dwipps()[self.dwipp_id]
            assert stored["version"] == 1 + sum(call.response.status_code == 200 for call in edits)

    async def _delete_during_the_race(self) -> None:
        is_over = asyncio.Event()
        await self._decide("remove")

        async def delete() -> None:
            response = await self.author.http.delete(f"/v1/dwipps/{self.dwipp_id}")
            while response.status_code == 503:
                response = await self.author.http.delete(f"/v1/dwipps/{self.dwipp_id}")
            assert response.status_code in (204, 404), response.text
            is_over.set()

        await asyncio.gather(delete(), self._decide("dismiss"), *self._start_members(lambda: not is_over.is_set()))
        assert self.dwipp_id not in self.engine.load_dwipps()
        self._check_case()

    def _check_case(self) -> None:
        """Assert that the case is closed, is in no list of open cases, and counts its reports."""
        rows = self.engine.scan(self.engine.settings.safety_table)
        (case,) = (row for row in rows if row["pk"] == f"case#{self.dwipp_id}")
        assert "opening" not in case
        assert not [row for row in rows if row["pk"] == "cases#open"]
        reports = [row for row in rows if row["pk"].startswith("reports#") and row["listed_at"] == case["listed_at"]]
        assert case.get("reports", 0) == len(reports)
        counts = Counter(row["reason"] for row in reports)
        assert {reason: case.get(f"count_{reason}", 0) for reason in _REASONS} == {
            reason: counts[reason] for reason in _REASONS
        }
