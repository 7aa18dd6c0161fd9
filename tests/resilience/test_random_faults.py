"""One call in three to DynamoDB and to Cognito goes wrong, in any way that there is, while members go on."""

import asyncio
import dataclasses
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from app.aws.deadline import REQUEST_SECONDS
from devstack.process import Service
from testkit.api_client import PASSWORD, Api, MemberClient
from testkit.engine import Engine
from testkit.servers import connect_behind_gateway, connect_to_server, run_lambda_instances, run_uvicorn
from tests.conftest import Figures
from tests.resilience.account_holder import AccountHolder
from tests.resilience.conftest import NewEngine
from tests.resilience.retrying_client import Client, Record
from tests.resilience.unreliable_proxy import Unreliable, unreliable
from tests.resilience.writer import Memory, Thought, Writer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.security]

ONE_IN = 3
SECONDS = 40.0
WRITERS = 8
ACCOUNT_HOLDERS = 3
INSTANCES = WRITERS + ACCOUNT_HOLDERS + 1
GATEWAY_SECONDS = 29.0
# What a request takes that is no call to AWS, on a machine that does all of this at once.
ALLOWANCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Tables and a pool: as they are, and as the API sees them."""

    engine: Engine
    seen: Engine
    proxies: dict[str, Unreliable]
    seed: int

    def spoil(self, one_in: int) -> dict[str, Counter[str]]:
        """Spoil one call in so many from now on; what has happened until now, by service."""
        return {name: proxy.spoil(one_in) for name, proxy in self.proxies.items()}


@pytest.fixture
def place(new_engine: NewEngine, in_memory: Service, embedded: Service, tmp_path: Path) -> Iterator[Place]:
    engine = new_engine("in_memory")
    seed = random.randrange(2**32)  # noqa: S311 -- guards nothing
    with (
        unreliable(in_memory, "dynamodb", seed, tmp_path) as store,
        unreliable(embedded, "cognito", seed, tmp_path) as pool,
    ):
        seen = dataclasses.replace(engine, aws=pool.endpoint, store=store.endpoint)
        yield Place(engine, seen, {"DynamoDB": store, "Cognito": pool}, seed)


@dataclass(frozen=True, slots=True)
class Leaver:
    """Who deletes the account meanwhile."""

    member: MemberClient
    id: str
    handle: str

    async def leave(self, client: Client) -> None:
        """Ask until nothing is left, each time when told to."""
        while True:
            answer = await client.insist(self.member.http, "DELETE", "/v1/me")
            if answer.status_code == 204:
                return
            await asyncio.sleep(int(answer.headers["retry-after"]))

    async def check(self, api: Api, engine: Engine) -> None:
        login = {"email": self.member.email, "password": PASSWORD}
        assert (await api.http.post("/v1/auth/login", json=login)).status_code == 401
        assert all(dwipp["author_handle"] != self.handle for dwipp in engine.dwipps().values())
        assert all(row["member_id"] != self.id for row in engine.reactions())
        rows = {row["pk"]: row for row in engine._all(engine.settings.members_table)}
        assert rows[f"handle#{self.handle}"].keys() == {"pk"}
        assert rows[f"member#{self.id}"].keys() == {"pk", "deleting_since", "expires_at", "is_over"}
        assert all("expires_at" in row for row in rows.values() if self.id in str(row)), "the rest goes by itself"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is at it at the same time, each with a client of their own, and what they were answered together."""

    writers: list[Writer]
    holders: list[AccountHolder]
    leaver: Leaver
    clients: list[Client]
    memory: Memory

    @classmethod
    async def of(cls, api: Api) -> Self:
        members = [await api.member() for _ in range(WRITERS)]
        shared = {(await members[0].post_dwipp(text))["id"]: text for text in ("Of all", "For all", "By all")}
        memory = Memory({dwipp_id: Thought(text) for dwipp_id, text in shared.items()})
        clients = [Client(pause=0.1, tries=100) for _ in range(INSTANCES)]
        writers = [
            Writer(member, (await member.get("/v1/me"))["id"], list(shared), client, memory)
            for member, client in zip(members, clients, strict=False)
        ]
        holders = [AccountHolder(api, client, memory.acknowledged) for client in clients[WRITERS:-1]]
        return cls(writers, holders, await _leaver(api, shared), clients, memory)

    async def act_until(self, end: float) -> None:
        async with asyncio.TaskGroup() as acting:
            acting.create_task(self.leaver.leave(self.clients[-1]))
            for writer in self.writers:
                acting.create_task(writer.write_until(end))
            for holder in self.holders:
                acting.create_task(holder.live_until(end))

    def record(self) -> Record:
        return Record.of(client.record for client in self.clients)


async def storm(api: Api, place: Place, figures: Figures) -> None:
    figures("seed", place.seed)
    cast = await Cast.of(api)
    place.spoil(ONE_IN)
    end = time.monotonic() + SECONDS
    async with asyncio.TaskGroup() as going_on:
        going_on.create_task(cast.act_until(end))
        await asyncio.sleep(SECONDS)
        met = place.spoil(0)

    _print(figures, cast, met)
    cast.memory.check(place.engine)
    await cast.leaver.check(api, place.engine)
    assert max(cast.record().seconds) <= REQUEST_SECONDS + ALLOWANCE_SECONDS < GATEWAY_SECONDS


async def _leaver(api: Api, shared: Iterable[str]) -> Leaver:
    member = await api.member("leaver")
    own = [(await member.post_dwipp(f"Last words {number}"))["id"] for number in range(3)]
    for dwipp_id in (*own, *shared):
        for reaction in ("upvote", "favorite"):
            assert (await member.http.put(f"/v1/dwipps/{dwipp_id}/{reaction}")).is_success
    return Leaver(member, (await member.get("/v1/me"))["id"], "leaver")


def _print(figures: Figures, cast: Cast, met: dict[str, Counter[str]]) -> None:
    record = cast.record()
    figures("answers", _listed(record.answers))
    figures("requests repeated", record.repeated)
    figures("acknowledged", _listed(cast.memory.acknowledged))
    figures("Dwipps that nobody acknowledged", len(cast.memory.texts_unheard))
    for service, faults in met.items():
        figures(f"calls to {service}", f"{faults.total()}: {_listed(faults)}")
    hundredths = statistics.quantiles(record.seconds, n=100)
    figures("seconds (p50, p99, longest)", f"{hundredths[49]:.2f}, {hundredths[98]:.2f}, {max(record.seconds):.2f}")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _assert_quiet(log: Path) -> None:
    """None of this is a mistake of ours, so nothing of it is in the log."""
    text = log.read_text()
    assert "Traceback" not in text, text
    assert "failed" not in text, text


def test_what_is_acknowledged_is_there_once_over_uvicorn(place: Place, tmp_path: Path, figures: Figures) -> None:
    async def story() -> None:
        async with connect_to_server(place.engine, server) as api:
            await storm(api, place, figures)

    with run_uvicorn(place.seen, tmp_path) as server:
        asyncio.run(story())
    _assert_quiet(server.log)


def test_what_is_acknowledged_is_there_once_over_instances_of_the_handler(
    place: Place, tmp_path: Path, figures: Figures
) -> None:
    async def story() -> None:
        async with connect_behind_gateway(place.engine, instances) as api:
            await storm(api, place, figures)

    with run_lambda_instances(place.seen, INSTANCES, tmp_path) as instances:
        asyncio.run(story())
    _assert_quiet(tmp_path / "instances.log")
