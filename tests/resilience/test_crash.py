"""If the API is killed during writes, acknowledged writes are stored once, and all others at most once."""

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
from tests.conftest import Figures, NewEngine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

KILLS = 5
MEMBERS = 8
VIEW_FIELDS = {"upvote": "upvoted", "favorite": "favorited"}

Reaction = tuple[int, str, str]  # The number of the member, the id of the Dwipp, and the kind of reaction.

_numbers = itertools.count(1)


@dataclass(slots=True)
class ExpectedState:
    """The state that the responses imply, and the writes without a response.

    Attributes:
        created: the unique texts of acknowledged Dwipps by id.
        reactions: whether an acknowledged reaction is set.
        unacknowledged_texts: the texts of creates without a response.
        unacknowledged_reactions: the methods of reactions without a response.
        acknowledged: the number of acknowledged writes.
    """

    created: dict[str, str] = field(default_factory=dict)
    reactions: dict[Reaction, bool] = field(default_factory=dict)
    unacknowledged_texts: set[str] = field(default_factory=set)
    unacknowledged_reactions: dict[Reaction, str] = field(default_factory=dict)
    acknowledged: int = 0


class Writer:
    """A member who creates Dwipps and reacts until the API is killed."""

    def __init__(self, number: int, member: MemberClient, expected: ExpectedState) -> None:
        self._number = number
        self._http = member.http
        self._expected = expected

    async def write_until_killed(self) -> None:
        try:
            while True:
                if len(self._expected.created) < MEMBERS or random.random() < 0.3:  # noqa: S311 -- not a secret
                    await self.create()
                else:
                    await self.react(*self._choose_reaction())
        except httpx.TransportError:
            return

    async def create(self) -> None:
        text = f"Thought {next(_numbers)}"
        self._expected.unacknowledged_texts.add(text)
        dwipp = self._acknowledge(await self._http.post("/v1/dwipps", json={"text": text}), 201)
        self._expected.unacknowledged_texts.remove(text)
        self._expected.created[dwipp["id"]] = text

    async def react(self, method: str, dwipp_id: str, kind: str) -> None:
        reaction = (self._number, dwipp_id, kind)
        self._expected.unacknowledged_reactions[reaction] = method
        dwipp = self._acknowledge(await self._http.request(method, f"/v1/dwipps/{dwipp_id}/{kind}"), 200)
        del self._expected.unacknowledged_reactions[reaction]
        self._expected.reactions[reaction] = dwipp[VIEW_FIELDS[kind]]

    def _choose_reaction(self) -> tuple[str, str, str]:
        """Return a random method, Dwipp and kind of reaction."""
        choose = random.choice
        return choose(("POST", "PUT", "DELETE")), choose(list(self._expected.created)), choose(list(VIEW_FIELDS))

    def _acknowledge(self, response: httpx.Response, status: int) -> dict[str, Any]:
        """Check the status, and return the Dwipp of the response."""
        assert response.status_code == status, response.text
        self._expected.acknowledged += 1
        dwipp: dict[str, Any] = response.json()
        return dwipp


async def write_until_killed(members: list[MemberClient], expected: ExpectedState, server: Service) -> None:
    writers = [Writer(number, member, expected) for number, member in enumerate(members)]
    tasks = [asyncio.create_task(writer.write_until_killed()) for writer in writers]
    await asyncio.sleep(random.uniform(1, 2))  # noqa: S311 -- not a secret
    server.process.kill()
    await asyncio.gather(*tasks)


async def check_state(members: list[MemberClient], expected: ExpectedState, engine: Engine) -> None:
    """Compare the tables and the lists with the expected state."""
    engine.assert_counts_equal_rows()
    stored = {dwipp_id: dwipp["text"] for dwipp_id, dwipp in engine.load_dwipps().items()}
    assert expected.created.items() <= stored.items(), "an acknowledged Dwipp is not stored"
    texts = Counter(stored.values())
    unacknowledged = set(texts) - set(expected.created.values())
    assert unacknowledged <= expected.unacknowledged_texts, "a stored Dwipp was not requested"
    assert set(texts.values()) <= {1}, "a Dwipp is stored twice"
    feed = [dwipp["id"] for dwipp in await members[0].list_all("/v1/dwipps", 100)]
    assert feed == sorted(stored, reverse=True), "the feed differs from the stored Dwipps"
    for number, member in enumerate(members):
        await _check_reactions(number, member, expected)


async def _check_reactions(number: int, member: MemberClient, expected: ExpectedState) -> None:
    views = {
        (number, dwipp["id"], kind): dwipp[field_name]
        for dwipp in await member.list_all("/v1/dwipps", 100)
        for kind, field_name in VIEW_FIELDS.items()
    }
    for reaction, is_set in views.items():
        if reaction not in expected.unacknowledged_reactions:
            assert is_set == expected.reactions.get(reaction, False)
    favorites = [dwipp["id"] for dwipp in await member.list_all("/v1/me/favorites", 100)]
    assert sorted(favorites) == sorted(key[1] for key, is_set in views.items() if key[2] == "favorite" and is_set)


async def retry_unacknowledged(members: list[MemberClient], expected: ExpectedState) -> None:
    """Retry the reactions without a response. A toggle is not idempotent, so its state is read and then set."""
    for (number, dwipp_id, kind), method in list(expected.unacknowledged_reactions.items()):
        is_set = (await members[number].get(f"/v1/dwipps/{dwipp_id}"))[VIEW_FIELDS[kind]]
        target = method == "PUT" if method != "POST" else is_set
        await Writer(number, members[number], expected).react("PUT" if target else "DELETE", dwipp_id, kind)
        assert expected.reactions[number, dwipp_id, kind] == target


def test_killed_api_neither_loses_nor_doubles_acknowledged_writes(
    new_engine: NewEngine, tmp_path: Path, figures: Figures
) -> None:
    engine = new_engine("disk_store")
    expected = ExpectedState()
    logins: list[tuple[str, dict[str, Any]]] = []

    async def create_members(server: Service) -> None:
        async with connect_to_server(engine, server) as api:
            members = [await api.create_member() for _ in range(MEMBERS)]
            logins.extend((member.email, member.tokens) for member in members)

    async def run(server: Service, *, is_last: bool) -> None:
        async with connect_to_server(engine, server) as api:
            members = [api.open_session(*login) for login in logins]
            await check_state(members, expected, engine)
            await retry_unacknowledged(members, expected)
            await check_state(members, expected, engine)
            if not is_last:
                await write_until_killed(members, expected, server)

    for kill in range(KILLS + 1):
        with run_uvicorn(engine, tmp_path) as server:
            if not logins:
                asyncio.run(create_members(server))
            asyncio.run(run(server, is_last=kill == KILLS))

    stored = {dwipp["text"] for dwipp in engine.load_dwipps().values()}
    unacknowledged = expected.unacknowledged_texts
    figures("kills", KILLS)
    figures("acknowledged writes", expected.acknowledged)
    figures("acknowledged Dwipps", f"{len(expected.created)}, all stored")
    figures("unacknowledged Dwipps", f"{len(unacknowledged)}, of which {len(stored & unacknowledged)} stored")
    assert expected.acknowledged > KILLS * MEMBERS
