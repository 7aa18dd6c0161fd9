"""A member who writes and reads, asks again where there was no answer, and knows what has to be there."""

import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from testkit.api_client import MemberClient
from testkit.engine import Engine
from tests.resilience.retrying_client import Client

_KINDS = {"upvote": "upvoted", "favorite": "favorited"}

_numbers = itertools.count(1)

Reaction = tuple[str, str, str]  # Whose, to which Dwipp, and which of the two kinds.


@dataclass(slots=True)
class Thought:
    """A Dwipp as its author knows it."""

    text: str
    version: int = 1


@dataclass(slots=True)
class Memory:
    """What all members were answered together."""

    thoughts: dict[str, Thought] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    texts_unheard: set[str] = field(default_factory=set)
    reactions: dict[Reaction, bool] = field(default_factory=dict)
    acknowledged: Counter[str] = field(default_factory=Counter)

    def check(self, engine: Engine) -> None:
        """Hold what there is against what was answered."""
        engine.assert_counts_equal_rows()
        stored = engine.dwipps()
        for dwipp_id, thought in self.thoughts.items():
            assert dwipp_id in stored, "what was acknowledged is there"
            assert (stored[dwipp_id]["text"], int(stored[dwipp_id]["version"])) == (thought.text, thought.version)
        assert not self.deleted & stored.keys(), "what was deleted is not"
        others = [dwipp["text"] for dwipp_id, dwipp in stored.items() if dwipp_id not in self.thoughts]
        assert len(set(others)) == len(others), "what was not acknowledged is there once at most"
        assert set(others) <= self.texts_unheard, "and nothing that nobody wrote"
        rows = {(row["member_id"], row["dwipp_id"]): row for row in engine.reactions()}
        for (member_id, dwipp_id, kind), wished in self.reactions.items():
            assert (f"{_KINDS[kind]}_at" in rows.get((member_id, dwipp_id), {})) == wished


class Writer:
    """A member who does one thing after the other to Dwipps of their own, and to those that all react to."""

    def __init__(self, member: MemberClient, member_id: str, shared: list[str], client: Client, memory: Memory) -> None:
        self._http = member.http
        self._id = member_id
        self._shared = shared
        self._client = client
        self._memory = memory
        self._own: list[str] = []

    async def write_until(self, end: float) -> None:
        doings = [self._create, self._create_once, self._edit, self._delete, self._react, self._react, self._read]
        while time.monotonic() < end:
            await random.choice(doings)()  # noqa: S311 -- guards nothing

    async def _create(self) -> None:
        text = _text()
        answer = await self._client.ask(self._http, "POST", "/v1/dwipps", json={"text": text})
        if answer.is_success:
            self._remember(answer.json(), text)
        else:
            self._memory.texts_unheard.add(text)

    async def _create_once(self) -> None:
        text = _text()
        key = {"Idempotency-Key": text.replace(" ", "-")}
        first, again = [
            await self._client.insist(self._http, "POST", "/v1/dwipps", json={"text": text}, headers=key)
            for _ in range(2)
        ]
        assert first.json() == again.json()
        assert "idempotent-replayed" in again.headers
        self._remember(first.json(), text)

    async def _edit(self) -> None:
        if self._own:
            path, thought = self._any_own()
            thought.text = _text()
            body = {"text": thought.text, "version": thought.version}
            answer = await self._client.insist(self._http, "PATCH", path, json=body, explained=("edit-conflict",))
            thought.version += 1
            if not answer.is_success:
                answer = await self._client.insist(self._http, "GET", path)
            assert (answer.json()["text"], answer.json()["version"]) == (thought.text, thought.version)
            self._memory.acknowledged["edits"] += 1

    async def _delete(self) -> None:
        if len(self._own) > 3:
            path, _ = self._any_own()
            await self._client.insist(self._http, "DELETE", path, explained=("dwipp-not-found",))
            dwipp_id = path.rpartition("/")[2]
            self._own.remove(dwipp_id)
            del self._memory.thoughts[dwipp_id]
            self._memory.deleted.add(dwipp_id)
            self._memory.acknowledged["deletions"] += 1

    async def _react(self) -> None:
        dwipp_id, kind, verb = _any(self._shared), _any(list(_KINDS)), _any(["PUT", "DELETE"])
        answer = await self._client.insist(self._http, verb, f"/v1/dwipps/{dwipp_id}/{kind}")
        assert answer.json()[_KINDS[kind]] == (verb == "PUT")
        self._memory.reactions[self._id, dwipp_id, kind] = verb == "PUT"
        self._memory.acknowledged["reactions"] += 1

    async def _read(self) -> None:
        path = _any(["/v1/dwipps", "/v1/me/dwipps", "/v1/me/favorites", "/v1/me", "/v1/me/export"])
        answer = (await self._client.insist(self._http, "GET", path)).json()
        if path == "/v1/me":
            assert answer["id"] == self._id
        if path == "/v1/dwipps":
            ids = [dwipp["id"] for dwipp in answer["items"]]
            assert ids == sorted(ids, reverse=True)
            assert ids

    def _any_own(self) -> tuple[str, Thought]:
        dwipp_id = _any(self._own)
        return f"/v1/dwipps/{dwipp_id}", self._memory.thoughts[dwipp_id]

    def _remember(self, dwipp: dict[str, Any], text: str) -> None:
        self._own.append(dwipp["id"])
        self._memory.thoughts[dwipp["id"]] = Thought(text)
        self._memory.acknowledged["Dwipps"] += 1


def _text() -> str:
    return f"Thought {next(_numbers)}"


def _any(choices: list[str]) -> str:
    return random.choice(choices)  # noqa: S311 -- guards nothing
