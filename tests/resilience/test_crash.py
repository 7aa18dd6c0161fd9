"""The API is killed amid writes: what it acknowledged is there, once, and what it did not at most once."""

import asyncio
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.process import Service
from testkit.api_client import MemberClient
from testkit.engine import Engine
from testkit.servers import connect_to_server, run_uvicorn
from tests.conftest import Figures
from tests.resilience.conftest import NewEngine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

KILLS = 5
MEMBERS = 8
KINDS = {"upvote": "upvoted", "favorite": "favorited"}

Reaction = tuple[int, str, str]  # Whose, to which Dwipp, and which of the two kinds.

_numbers = itertools.count(1)


@dataclass(slots=True)
class Memory:
    """What the members were answered; and what they asked for and never heard of."""

    created: dict[str, str] = field(default_factory=dict)  # Texts of Dwipps, which are unique, by id.
    reactions: dict[Reaction, bool] = field(default_factory=dict)
    texts_unheard: set[str] = field(default_factory=set)
    reactions_unheard: dict[Reaction, str] = field(default_factory=dict)  # And the verb.
    answers: int = 0


class Writer:
    """A member who creates, upvotes and favors until the API is gone."""

    def __init__(self, number: int, member: MemberClient, memory: Memory) -> None:
        self._number = number
        self._http = member.http
        self._memory = memory

    async def write_until_killed(self) -> None:
        try:
            while True:
                if len(self._memory.created) < MEMBERS or random.random() < 0.3:  # noqa: S311 -- guards nothing
                    await self.create()
                else:
                    await self.react(*self._any_wish())
        except httpx.TransportError:
            return

    async def create(self) -> None:
        text = f"Thought {next(_numbers)}"
        self._memory.texts_unheard.add(text)
        dwipp = self._heard(await self._http.post("/v1/dwipps", json={"text": text}), 201)
        self._memory.texts_unheard.remove(text)
        self._memory.created[dwipp["id"]] = text

    async def react(self, verb: str, dwipp_id: str, kind: str) -> None:
        reaction = (self._number, dwipp_id, kind)
        self._memory.reactions_unheard[reaction] = verb
        dwipp = self._heard(await self._http.request(verb, f"/v1/dwipps/{dwipp_id}/{kind}"), 200)
        del self._memory.reactions_unheard[reaction]
        self._memory.reactions[reaction] = dwipp[KINDS[kind]]

    def _any_wish(self) -> tuple[str, str, str]:
        choose = random.choice
        return choose(("POST", "PUT", "DELETE")), choose(list(self._memory.created)), choose(list(KINDS))

    def _heard(self, answer: httpx.Response, status: int) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        self._memory.answers += 1
        dwipp: dict[str, Any] = answer.json()
        return dwipp


async def write_until_killed(members: list[MemberClient], memory: Memory, server: Service) -> None:
    writers = [Writer(number, member, memory) for number, member in enumerate(members)]
    writing = [asyncio.create_task(writer.write_until_killed()) for writer in writers]
    await asyncio.sleep(random.uniform(1, 2))  # noqa: S311 -- guards nothing
    server.process.kill()
    await asyncio.gather(*writing)


async def check(members: list[MemberClient], memory: Memory, engine: Engine) -> None:
    """Hold what there is against what was answered."""
    engine.assert_counts_equal_rows()
    stored = {dwipp_id: dwipp["text"] for dwipp_id, dwipp in engine.dwipps().items()}
    assert memory.created.items() <= stored.items(), "what was acknowledged is there"
    texts = Counter(stored.values())
    assert set(texts) - set(memory.created.values()) <= memory.texts_unheard, "nothing is there that nobody wrote"
    assert set(texts.values()) <= {1}, "all of it once"
    feed = [dwipp["id"] for dwipp in await members[0].walk("/v1/dwipps", 100)]
    assert feed == sorted(stored, reverse=True), "and in the feed"
    for number, member in enumerate(members):
        await _check_reactions(number, member, memory)


async def _check_reactions(number: int, member: MemberClient, memory: Memory) -> None:
    there = {
        (number, dwipp["id"], kind): dwipp[name]
        for dwipp in await member.walk("/v1/dwipps", 100)
        for kind, name in KINDS.items()
    }
    for reaction, is_there in there.items():
        if reaction not in memory.reactions_unheard:
            assert is_there == memory.reactions.get(reaction, False)
    favorites = [dwipp["id"] for dwipp in await member.walk("/v1/me/favorites", 100)]
    assert sorted(favorites) == sorted(key[1] for key, is_there in there.items() if key[2] == "favorite" and is_there)


async def ask_again(members: list[MemberClient], memory: Memory) -> None:
    """Repeat what can be repeated, as clients do that heard no answer; a toggle is looked up instead."""
    for (number, dwipp_id, kind), verb in list(memory.reactions_unheard.items()):
        there = (await members[number].get(f"/v1/dwipps/{dwipp_id}"))[KINDS[kind]]
        wish = verb == "PUT" if verb != "POST" else there
        await Writer(number, members[number], memory).react("PUT" if wish else "DELETE", dwipp_id, kind)
        assert memory.reactions[number, dwipp_id, kind] == wish


def test_no_acknowledged_write_is_lost_or_doubled_when_the_api_is_killed(
    new_engine: NewEngine, tmp_path: Path, figures: Figures
) -> None:
    engine = new_engine("on_disk")
    memory = Memory()
    logins: list[tuple[str, dict[str, Any]]] = []

    async def join(server: Service) -> None:
        async with connect_to_server(engine, server) as api:
            joined = [await api.member() for _ in range(MEMBERS)]
            logins.extend((member.email, member.tokens) for member in joined)

    async def story(server: Service, *, last: bool) -> None:
        async with connect_to_server(engine, server) as api:
            members = [api.session(*login) for login in logins]
            await check(members, memory, engine)
            await ask_again(members, memory)
            await check(members, memory, engine)
            if not last:
                await write_until_killed(members, memory, server)

    for kill in range(KILLS + 1):
        with run_uvicorn(engine, tmp_path) as server:
            if not logins:
                asyncio.run(join(server))
            asyncio.run(story(server, last=kill == KILLS))

    stored = {dwipp["text"] for dwipp in engine.dwipps().values()}
    figures("kills", KILLS)
    figures("writes answered", memory.answers)
    figures("Dwipps answered", f"{len(memory.created)}, all there")
    figures("Dwipps not answered", f"{len(memory.texts_unheard)}, of which {len(stored & memory.texts_unheard)} there")
    assert memory.answers > KILLS * MEMBERS
