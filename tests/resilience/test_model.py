"""A model of Dwipper beside the API: whatever is done in whatever order, lists, counts and flags are the model's."""

import asyncio
import itertools
import os
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as Profile  # noqa: N812 -- `settings` are the app's here
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.me import deletion, export
from app.settings import Settings
from testkit.api_client import Api, MemberClient, Transport, open_api
from tests.resilience.conftest import NewEngine

pytestmark = pytest.mark.model

EXAMPLES = int(os.environ.get("EXAMPLES", "1"))

_PICK = st.integers(min_value=0, max_value=10_000)
_WISH = st.sampled_from(["POST", "PUT", "DELETE"])
_REACTION = st.sampled_from(["upvote", "favorite"])
_TEXT = st.sampled_from(["One", "Two", "Three", "Four", "🦆" * 280])


@dataclass
class Thought:
    """A Dwipp as the model knows it."""

    id: str
    author: str
    text: str
    version: int = 1


@dataclass
class Person:
    """A member as the model knows them: what they upvoted and favorited, in order."""

    member: MemberClient
    handle: str
    upvote: list[str] = field(default_factory=list)
    favorite: list[str] = field(default_factory=list)


class Dwipper(RuleBasedStateMachine):
    """Members who write, edit, delete, react and leave."""

    open_world: Callable[[], Any]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.open = AsyncExitStack()
        self.api: Api = self.run(self.open.enter_async_context(self.open_world()))
        self.people: list[Person] = []
        self.thoughts: dict[str, Thought] = {}
        self.keyed: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
        self.numbers = itertools.count(1)

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(doing)

    @initialize()
    def two_join(self) -> None:
        self.joins()
        self.joins()

    @precondition(lambda self: len(self.people) < 4)
    @rule()
    def joins(self) -> None:
        handle = f"person_{next(self.numbers)}"
        member = self.run(self.api.member(handle))
        assert self.run(member.get("/v1/me"))["handle"] == handle
        self.people.append(Person(member, handle))

    @rule(who=_PICK, text=_TEXT)
    def writes(self, who: int, text: str) -> None:
        person = self._person(who)
        dwipp = self.run(person.member.post_dwipp(text))
        self.thoughts[dwipp["id"]] = Thought(dwipp["id"], person.handle, text)

    @rule(who=_PICK, text=_TEXT, key=st.sampled_from(["k1", "k2"]))
    def writes_once(self, who: int, text: str, key: str) -> None:
        person = self._person(who)
        post = person.member.http.post("/v1/dwipps", json={"text": text}, headers={"Idempotency-Key": key})
        answer = self.run(post)
        before = self.keyed.get((person.handle, key))
        if before is None:
            assert answer.status_code == 201
            self.keyed[person.handle, key] = (text, answer.json())
            self.thoughts[answer.json()["id"]] = Thought(answer.json()["id"], person.handle, text)
        elif before[0] == text:
            assert (answer.status_code, answer.json()) == (201, before[1])
        else:
            assert answer.status_code == 422

    @precondition(lambda self: self.thoughts)
    @rule(who=_PICK, which=_PICK, text=_TEXT, version=st.one_of(st.none(), st.integers(1, 4)))
    def edits(self, who: int, which: int, text: str, version: int | None) -> None:
        person, thought = self._person(who), self._thought(which)
        body = {"text": text} | ({"version": version} if version else {})
        answer = self.run(person.member.http.patch(f"/v1/dwipps/{thought.id}", json=body))
        if person.handle != thought.author:
            assert answer.status_code == 403
        elif version not in (None, thought.version):
            assert answer.status_code == 409
        else:
            assert answer.status_code == 200
            thought.version += text != thought.text
            thought.text = text

    @precondition(lambda self: self.thoughts)
    @rule(who=_PICK, which=_PICK)
    def deletes(self, who: int, which: int) -> None:
        person, thought = self._person(who), self._thought(which)
        answer = self.run(person.member.http.delete(f"/v1/dwipps/{thought.id}"))
        assert answer.status_code == (204 if person.handle == thought.author else 403)
        if answer.status_code == 204:
            del self.thoughts[thought.id]

    @precondition(lambda self: self.thoughts)
    @rule(who=_PICK, which=_PICK, reaction=_REACTION, wish=_WISH)
    def reacts(self, who: int, which: int, reaction: str, wish: str) -> None:
        person, thought = self._person(who), self._thought(which)
        answer = self.run(person.member.http.request(wish, f"/v1/dwipps/{thought.id}/{reaction}"))
        self._react(person, thought, reaction, wish)
        assert answer.json() == self._view(person, thought, answer.json())

    @precondition(lambda self: self.thoughts)
    @rule(which=_PICK, reaction=_REACTION, wishes=st.lists(_WISH, min_size=4, max_size=4))
    def react_at_the_same_time(self, which: int, reaction: str, wishes: list[str]) -> None:
        thought = self._thought(which)
        together = list(zip(self.people, wishes, strict=False))
        answers = self.run(_all(p.member.http.request(w, f"/v1/dwipps/{thought.id}/{reaction}") for p, w in together))
        assert {answer.status_code for answer in answers} == {200}
        for person, wish in together:
            self._react(person, thought, reaction, wish)

    @precondition(lambda self: len(self.people) > 1)
    @rule(who=_PICK, at_once=st.integers(1, 2))
    def leaves(self, who: int, at_once: int) -> None:
        person = self._person(who)
        self.run(_all(_leave(person.member) for _ in range(at_once)))
        self._forget(person)

    @precondition(lambda self: len(self.people) > 2)
    @rule(who=_PICK, which=_PICK, reaction=_REACTION, wish=_WISH)
    def leaves_while_another_reacts(self, who: int, which: int, reaction: str, wish: str) -> None:
        person, other = self._person(who), self._person(who + 1)
        thoughts = [thought for thought in self.thoughts.values() if thought.author != person.handle]
        if not thoughts:
            return
        thought = thoughts[which % len(thoughts)]
        react = other.member.http.request(wish, f"/v1/dwipps/{thought.id}/{reaction}")
        _, answer = self.run(_all([_leave(person.member), react]))
        assert answer.status_code == 200
        self._react(other, thought, reaction, wish)
        self._forget(person)

    @invariant()
    def the_feed_is_the_models(self) -> None:
        if self.people:
            reader = self.people[len(self.thoughts) % len(self.people)]
            self._assert_lists(reader, "/v1/dwipps", sorted(self.thoughts, reverse=True))

    def teardown(self) -> None:
        try:
            for person in self.people:
                self._assert_everything(person)
        finally:
            self.run(self.open.aclose())
            self.loop.close()

    def _assert_everything(self, person: Person) -> None:
        own = sorted((key for key, thought in self.thoughts.items() if thought.author == person.handle), reverse=True)
        self._assert_lists(person, "/v1/dwipps", sorted(self.thoughts, reverse=True))
        self._assert_lists(person, "/v1/me/dwipps", own)
        favorites = [key for key in reversed(person.favorite) if key in self.thoughts]
        self._assert_lists(person, "/v1/me/favorites", favorites)
        parts = self.run(_export(person.member))
        assert [dwipp["id"] for part in parts for dwipp in part["dwipps"]] == own
        assert [mark["dwipp_id"] for part in parts for mark in part["upvotes"]] == sorted(person.upvote)
        assert [mark["dwipp_id"] for part in parts for mark in part["favorites"]] == sorted(person.favorite)

    def _assert_lists(self, reader: Person, path: str, ids: list[str]) -> None:
        items = self.run(reader.member.walk(path, 3))
        assert [item["id"] for item in items] == ids
        for item in items:
            assert item == self._view(reader, self.thoughts[item["id"]], item)

    def _view(self, reader: Person, thought: Thought, seen: dict[str, Any]) -> dict[str, Any]:
        """What the reader should see; times are taken from what was seen."""
        return {
            "id": thought.id,
            "text": thought.text,
            "author": {"handle": thought.author},
            "created_at": seen["created_at"],
            "edited_at": seen["edited_at"] if thought.version > 1 else None,
            "version": thought.version,
            "upvotes": sum(thought.id in person.upvote for person in self.people),
            "upvoted": thought.id in reader.upvote,
            "favorited": thought.id in reader.favorite,
        }

    def _react(self, person: Person, thought: Thought, reaction: str, wish: str) -> None:
        held: list[str] = getattr(person, reaction)
        there = thought.id in held
        wanted = {"POST": not there, "PUT": True, "DELETE": False}[wish]
        if wanted and not there:
            held.append(thought.id)
        if there and not wanted:
            held.remove(thought.id)

    def _forget(self, person: Person) -> None:
        self.people.remove(person)
        self.thoughts = {key: thought for key, thought in self.thoughts.items() if thought.author != person.handle}

    def _person(self, pick: int) -> Person:
        return self.people[pick % len(self.people)]

    def _thought(self, pick: int) -> Thought:
        return list(self.thoughts.values())[pick % len(self.thoughts)]


async def _all(doings: Any) -> list[Any]:
    return list(await asyncio.gather(*doings))


async def _leave(member: MemberClient) -> None:
    for _ in range(100):
        answer = await member.http.delete("/v1/me")
        assert answer.status_code in (202, 204)
        if answer.status_code == 204:
            return
    raise AssertionError("it never ends")


async def _export(member: MemberClient) -> list[Any]:
    parts = [await member.get("/v1/me/export")]
    while parts[-1]["next_cursor"]:
        parts.append(await member.get("/v1/me/export", cursor=parts[-1]["next_cursor"]))
    return parts


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))
    monkeypatch.setattr(export, "MAX_EXPORT_ITEMS", 3)


def _check(open_world: Callable[[], Any], examples: int, steps: int) -> None:
    machine = type("Dwipper", (Dwipper,), {"open_world": staticmethod(open_world)})
    profile = Profile(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=profile)


TRANSPORTS = pytest.mark.parametrize("transport", ["uvicorn", "rest"])


@TRANSPORTS
def test_on_ministack_for_a_little(transport: Transport, new_settings: Callable[[], Settings], embedded: Any) -> None:
    _check(lambda: open_api(new_settings(), embedded.endpoint, transport), examples=2, steps=15)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@TRANSPORTS
def test_on_ministack(transport: Transport, new_settings: Callable[[], Settings], embedded: Any) -> None:
    _check(lambda: open_api(new_settings(), embedded.endpoint, transport), examples=15 * EXAMPLES, steps=40)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@TRANSPORTS
def test_on_dynamodb_local(transport: Transport, new_engine: NewEngine) -> None:
    def open_world() -> Any:
        engine = new_engine("in_memory", feed_shards=3)
        return open_api(engine.settings, engine.aws, transport)

    _check(open_world, examples=15 * EXAMPLES, steps=40)
