"""Acknowledged concurrent writes to one item take effect. The store queues or refuses conflicting transactions."""

import asyncio
import dataclasses
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from devstack.process import Service
from testkit.api_client import Api, MemberClient
from testkit.conflict_proxy import count_refusals, run_conflict_proxy
from testkit.engine import Engine
from testkit.servers import (
    connect_behind_gateway,
    connect_to_server,
    run_lambda_instances,
    run_uvicorn,
    run_worker,
)
from tests.conftest import Figures, NewEngine
from tests.resilience.departure import Departure
from tests.resilience.removal_race import RemovalRace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

MEMBERS = 64
INSTANCES = 8
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ContendedStore:
    """The tables, and the proxy that refuses conflicting transactions. Without a proxy, the store queues them."""

    engine: Engine
    proxy: Service | None = None


class UpvoteClient:
    """A member who toggles, sets and clears one upvote, and checks each response.

    `upvoted` is the expected state, None if it is unknown after a 503.
    """

    def __init__(self, member: MemberClient, path: str) -> None:
        self._member = member
        self._path = path
        self.upvoted: bool | None = False
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    async def change_until(self, end: float) -> None:
        """Change the upvote at random until this time of the monotonic clock."""
        while time.monotonic() < end:
            method = random.choice(("POST", "PUT", "DELETE"))  # noqa: S311 -- not a secret
            started_at = time.monotonic()
            response = await self._member.http.request(method, self._path)
            self.seconds.append(time.monotonic() - started_at)
            self.statuses[response.status_code] += 1
            self._check(method, response)

    def _check(self, method: str, response: httpx.Response) -> None:
        if response.status_code == 503:
            assert int(response.headers["retry-after"]) > 0
            self.upvoted = None
            return
        assert response.status_code == 200, response.text
        dwipp = response.json()
        expected = {"PUT": True, "DELETE": False}.get(method, None if self.upvoted is None else not self.upvoted)
        assert expected in (None, dwipp["upvoted"])
        # The count was read after the write, and no other member clears this upvote.
        assert dwipp["upvoted"] <= dwipp["upvotes"] <= MEMBERS - (not dwipp["upvoted"])
        self.upvoted = dwipp["upvoted"]


async def run_contention(api: Api, store: ContendedStore, figures: Figures) -> None:
    members = [await api.create_member() for _ in range(MEMBERS)]
    dwipp = await members[0].post_dwipp("Every queue is a snake that swallows people.")
    clients = [UpvoteClient(member, f"/v1/dwipps/{dwipp['id']}/upvote") for member in members]
    end = time.monotonic() + SECONDS
    await asyncio.gather(*(client.change_until(end) for client in clients))

    statuses = sum((client.statuses for client in clients), Counter[int]())
    _record_figures(figures, statuses, sorted(second for client in clients for second in client.seconds))
    if store.proxy:
        figures("writes refused for a conflict", count_refusals(store.proxy))
        assert count_refusals(store.proxy)
    store.engine.assert_counts_equal_rows()
    await _assert_stored_state_matches_responses(clients, members, store.engine)
    assert statuses[503] * 100 < statuses.total()


async def _assert_stored_state_matches_responses(
    clients: list[UpvoteClient], members: list[MemberClient], engine: Engine
) -> None:
    upvoter_ids = {row["member_id"] for row in engine.load_reactions()}
    for client, member in zip(clients, members, strict=True):
        member_id = (await member.get("/v1/me"))["id"]
        assert client.upvoted in (None, member_id in upvoter_ids)


def _record_figures(figures: Figures, statuses: Counter[int], seconds: list[float]) -> None:
    figures("responses", _format_statuses(statuses))
    figures("successes per second", f"{statuses[200] / SECONDS:.0f}")
    percentiles = statistics.quantiles(seconds, n=100)
    figures("seconds (p50, p99, longest)", f"{percentiles[49]:.3f}, {percentiles[98]:.3f}, {seconds[-1]:.3f}")


def _format_statuses(statuses: Counter[int]) -> str:
    return ", ".join(f"{count} times {status}" for status, count in sorted(statuses.items()))


@pytest.fixture(params=["queued", "refused"])
def store(
    request: pytest.FixtureRequest, new_engine: NewEngine, memory_store: Service, tmp_path: Path
) -> Iterator[ContendedStore]:
    """Yield a store that queues conflicting transactions like DynamoDB Local, or refuses them like AWS."""
    engine = new_engine("memory_store")
    if request.param == "queued":
        yield ContendedStore(engine)
        return
    with run_conflict_proxy(memory_store, tmp_path) as proxy:
        yield ContendedStore(dataclasses.replace(engine, store=proxy.endpoint), proxy)


def test_64_members_change_one_upvote_over_uvicorn(store: ContendedStore, tmp_path: Path, figures: Figures) -> None:
    async def run() -> None:
        async with connect_to_server(store.engine, server) as api:
            await run_contention(api, store, figures)

    with run_uvicorn(store.engine, tmp_path) as server:
        asyncio.run(run())


def test_64_members_change_one_upvote_over_8_lambda_instances(
    store: ContendedStore, tmp_path: Path, figures: Figures
) -> None:
    async def run() -> None:
        async with connect_behind_gateway(store.engine, instances) as api:
            await run_contention(api, store, figures)

    with run_lambda_instances(store.engine, INSTANCES, tmp_path) as instances:
        asyncio.run(run())


def test_members_change_a_dwipp_while_it_is_removed_restored_and_deleted(
    store: ContendedStore, tmp_path: Path, figures: Figures
) -> None:
    async def run() -> None:
        async with connect_to_server(store.engine, server) as api:
            race = await RemovalRace.prepare(api, store.engine)
            await race.run(SECONDS / 2)
            figures("responses", dict(sorted(race.count_statuses().items())))
            store.engine.assert_counts_equal_rows()

    with run_uvicorn(store.engine, tmp_path) as server:
        asyncio.run(run())


@pytest.mark.parametrize("rounds", [5])
def test_50_requests_with_one_key_create_one_dwipp(
    store: ContendedStore, tmp_path: Path, figures: Figures, rounds: int
) -> None:
    async def run() -> None:
        async with connect_to_server(store.engine, server) as api:
            member = await api.create_member()
            await member.get("/v1/me")
            statuses: Counter[int] = Counter()
            for number in range(rounds):
                statuses += await _post_50_times(member, f"Of round {number}", f"key-{number}")
            figures("responses", _format_statuses(statuses))
            assert len(store.engine.load_dwipps()) == rounds
            assert statuses[503] * 100 < statuses.total()

    with run_uvicorn(store.engine, tmp_path) as server:
        asyncio.run(run())


async def _post_50_times(member: MemberClient, text: str, key: str) -> Counter[int]:
    """Post a Dwipp 50 times concurrently with one idempotency key. Return the statuses."""
    posts = [member.http.post("/v1/dwipps", json={"text": text}, headers={"Idempotency-Key": key}) for _ in range(50)]
    responses = await asyncio.gather(*posts)
    created = [response for response in responses if response.status_code == 201]
    assert len({response.text for response in created}) == 1
    assert sum("idempotent-replayed" not in response.headers for response in created) == 1
    return Counter(response.status_code for response in responses)


def test_two_workers_delete_an_account_while_others_upvote_the_same_dwipps(
    store: ContendedStore, tmp_path: Path, figures: Figures
) -> None:
    async def run() -> None:
        async with connect_to_server(store.engine, server) as api:
            departure = await Departure.prepare(api, store.engine)
            kept, deleted = [[await _post_dwipp(departure.stayer) for _ in range(30)] for _ in range(2)]
            for path in kept + deleted:
                assert (await departure.member.http.put(f"{path}/upvote")).is_success
            for path in deleted:
                assert (await departure.stayer.http.delete(path)).is_success
            clients = [UpvoteClient(await api.create_member(), f"{path}/upvote") for path in kept[::4]]
            await _delete_during_upvotes(departure, clients, tmp_path, figures)

    with run_uvicorn(store.engine, tmp_path) as server:
        asyncio.run(run())


async def _post_dwipp(author: MemberClient) -> str:
    """Create a Dwipp, and return its path."""
    return f"/v1/dwipps/{(await author.post_dwipp('Of the author'))['id']}"


async def _delete_during_upvotes(
    departure: Departure, clients: list[UpvoteClient], folder: Path, figures: Figures
) -> None:
    """Request the deletion three times at once, and let two workers erase the account while others upvote."""
    responses = await asyncio.gather(*(departure.member.http.delete("/v1/me") for _ in range(3)))
    figures("responses", [response.status_code for response in responses])
    assert {response.status_code for response in responses} <= {202, 503}
    assert departure.queue.count() == 1, "more than one request has started the deletion"
    departure.queue.send(departure.message.to_json())  # For the second worker.
    engine = departure.engine
    with run_worker(engine, folder, "first") as first, run_worker(engine, folder, "second") as second:
        upvotes = [asyncio.create_task(client.change_until(time.monotonic() + SECONDS)) for client in clients]
        while departure.load_reactions():
            first.require_alive()
            second.require_alive()
            await asyncio.sleep(0.1)
        await asyncio.gather(*upvotes)
        for worker in (first, second):
            assert "delete-account" in worker.log.read_text(), "only one worker did the work"
            worker.process.kill()
    figures("upvotes", _format_statuses(sum((client.statuses for client in clients), Counter[int]())))
    engine.assert_counts_equal_rows()
