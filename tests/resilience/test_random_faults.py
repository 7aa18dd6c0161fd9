"""Acknowledged writes are stored exactly once while one call in three to AWS has a random fault.

This includes the deletion of an account by a worker. The deletion ends at the latest after the faults.
"""

import asyncio
import dataclasses
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from app.aws.deadline import REQUEST_TIMEOUT_SECONDS
from devstack.process import Service
from testkit.api_client import PASSWORD, Api
from testkit.engine import Engine
from testkit.servers import (
    connect_behind_gateway,
    connect_to_server,
    run_lambda_instances,
    run_uvicorn,
    run_worker,
)
from tests.conftest import Figures, NewEngine
from tests.resilience.account_holder import AccountHolder
from tests.resilience.departure import Leaver, load_all
from tests.resilience.retrying_client import RequestStatistics, RetryingClient
from tests.resilience.unreliable_proxy import UnreliableProxy, run_unreliable_proxy
from tests.resilience.writer import ExpectedDwipp, ExpectedState, Writer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.security]

FAULT_ONE_IN = 3  # One call in three has a fault.
SECONDS = 40.0
WRITERS = 8
ACCOUNT_HOLDERS = 3
INSTANCES = WRITERS + ACCOUNT_HOLDERS + 1
GATEWAY_TIMEOUT_SECONDS = 29.0
# The time of a request apart from its calls to AWS. All actors of the test share the machine.
OVERHEAD_SECONDS = 2.0
DWIPPS_OF_LEAVER = 30
VISIBILITY_TIMEOUT_SECONDS = 10
STOP_SECONDS = 60.0
FINISH_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class FaultyEngine:
    """Tables, a user pool and a queue, directly and through proxies that inject faults.

    Attributes:
        direct: the endpoints without faults.
        proxied: the endpoints with faults, for the API and the worker.
        proxies: the proxies by the names of their services.
        seed: the seed of the faults.
    """

    direct: Engine
    proxied: Engine
    proxies: dict[str, UnreliableProxy]
    seed: int

    def set_fault_rate(self, one_in: int) -> dict[str, Counter[str]]:
        """Inject a fault into one call in `one_in`, 0 for none. Return the number of calls by service and fault."""
        return {name: proxy.set_fault_rate(one_in) for name, proxy in self.proxies.items()}


@pytest.fixture
def faulty_engine(
    new_engine: NewEngine, memory_store: Service, embedded: Service, tmp_path: Path
) -> Iterator[FaultyEngine]:
    engine = new_engine("memory_store")
    seed = random.randrange(2**32)  # noqa: S311 -- not a secret
    with (
        run_unreliable_proxy(memory_store, seed, tmp_path) as store,
        run_unreliable_proxy(embedded, seed, tmp_path) as aws,
    ):
        proxied = dataclasses.replace(engine, aws=aws.endpoint, store=store.endpoint)
        yield FaultyEngine(engine, proxied, {"DynamoDB": store, "Cognito and SQS": aws}, seed)


@dataclass(frozen=True, slots=True)
class Actors:
    """The concurrent members, one client for each, and the state that the responses imply."""

    writers: list[Writer]
    holders: list[AccountHolder]
    leaver: Leaver
    clients: list[RetryingClient]
    expected: ExpectedState

    @classmethod
    async def from_api(cls, api: Api, engine: Engine) -> Self:
        """Create all actors, and the Dwipps that the writers share."""
        members = [await api.create_member() for _ in range(WRITERS)]
        shared = {(await members[0].post_dwipp(text))["id"]: text for text in ("Of all", "For all", "By all")}
        expected = ExpectedState({dwipp_id: ExpectedDwipp(text) for dwipp_id, text in shared.items()})
        clients = [RetryingClient(pause_seconds=0.1, max_attempts=100) for _ in range(INSTANCES)]
        writers = [
            Writer(member, (await member.get("/v1/me"))["id"], list(shared), client, expected)
            for member, client in zip(members, clients, strict=False)
        ]
        holders = [AccountHolder(api, client, expected.acknowledged) for client in clients[WRITERS:-1]]
        return cls(writers, holders, await _create_leaver(api, engine, shared), clients, expected)

    async def act_until(self, end: float) -> None:
        """Run the writers and the account holders until this time of the monotonic clock.

        The leaver requests the deletion, and repeats the request only until it is acknowledged.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.clients[-1].send(self.leaver.member.http, "DELETE", "/v1/me"))
            for writer in self.writers:
                tasks.create_task(writer.write_until(end))
            for holder in self.holders:
                tasks.create_task(holder.run_until(end))

    def statistics(self) -> RequestStatistics:
        return RequestStatistics.from_parts(client.statistics for client in self.clients)


async def run_under_faults(api: Api, engine: FaultyEngine, folder: Path, figures: Figures) -> None:
    figures("seed", engine.seed)
    actors = await Actors.from_api(api, engine.direct)
    leaver = actors.leaver
    leaver.queue.set_visibility_timeout(VISIBILITY_TIMEOUT_SECONDS)
    with run_worker(engine.proxied, folder) as worker:
        engine.set_fault_rate(FAULT_ONE_IN)
        end = time.monotonic() + SECONDS
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(actors.act_until(end))
            await asyncio.sleep(SECONDS)
            faults = engine.set_fault_rate(0)
        figures("reactions of the leaver that were left after the faults", len(leaver.load_reactions()))
        worker.process.terminate()
        assert await asyncio.to_thread(worker.process.wait, STOP_SECONDS) == 0
    leaver.backdate_work()  # The faults may have lost the message.
    with run_worker(engine.proxied, folder, "second-worker") as second:
        await asyncio.to_thread(leaver.wait_until_over, FINISH_SECONDS)
        second.process.kill()

    _record_figures(figures, actors, faults)
    figures("errors in the log of the worker", _format_counts(_count_errors(worker.log)))
    assert not _count_errors(second.log)
    actors.expected.check(engine.direct)
    await _check_erasure(leaver, api)
    longest = max(actors.statistics().seconds)
    assert longest <= REQUEST_TIMEOUT_SECONDS + OVERHEAD_SECONDS < GATEWAY_TIMEOUT_SECONDS


async def _create_leaver(api: Api, engine: Engine, shared: Iterable[str]) -> Leaver:
    member = await api.create_member("leaver")
    own = [(await member.post_dwipp(f"Last words {number}"))["id"] for number in range(DWIPPS_OF_LEAVER)]
    for dwipp_id in (*own, *shared):
        for reaction in ("upvote", "favorite"):
            assert (await member.http.put(f"/v1/dwipps/{dwipp_id}/{reaction}")).is_success
    return Leaver(engine, member, (await member.get("/v1/me"))["id"], "leaver")


async def _check_erasure(leaver: Leaver, api: Api) -> None:
    """Check that no personal data is left."""
    login = {"email": leaver.member.email, "password": PASSWORD}
    assert (await api.http.post("/v1/auth/login", json=login)).status_code == 401
    assert (await leaver.member.http.delete("/v1/me")).status_code == 204
    everything = load_all(leaver.engine)
    tables = leaver.engine.settings
    assert all(dwipp["author_handle"] != leaver.handle for dwipp in everything[tables.dwipps_table])
    assert all(row["member_id"] != leaver.id for row in everything[tables.reactions_table])
    assert leaver.id not in str(everything[tables.safety_table]), "a job is pending"
    assert leaver.id not in str(everything["users"])
    rows = {row["pk"]: row for row in everything[tables.members_table]}
    assert rows[f"handle#{leaver.handle}"].keys() == {"pk"}
    assert rows[f"member#{leaver.id}"].keys() == {"pk", "deleting_since", "expires_at", "is_over"}
    assert all("expires_at" in row for row in rows.values() if leaver.id in str(row)), (
        "a row of the deleted member does not expire"
    )


def _record_figures(figures: Figures, actors: Actors, faults: dict[str, Counter[str]]) -> None:
    total = actors.statistics()
    figures("responses", _format_counts(total.responses))
    figures("retries", total.retries)
    figures("acknowledged writes", _format_counts(actors.expected.acknowledged))
    figures("unacknowledged Dwipps", len(actors.expected.unacknowledged_texts))
    for service, counts in faults.items():
        figures(f"calls to {service}", f"{counts.total()}: {_format_counts(counts)}")
    percentiles = statistics.quantiles(total.seconds, n=100)
    figures("seconds (p50, p99, longest)", f"{percentiles[49]:.2f}, {percentiles[98]:.2f}, {max(total.seconds):.2f}")


def _format_counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _assert_no_errors_logged(log: Path) -> None:
    """Check that no error was logged. Faults of AWS are not errors of the app."""
    text = log.read_text()
    assert "Traceback" not in text, text
    assert "failed" not in text, text


def _count_errors(log: Path) -> Counter[str]:
    """Return the number of errors in a worker's log by their cause. Each must be a fault of AWS."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    errors = [line for line in lines if line.get("level") == "ERROR"]
    assert all("aws_error" in line for line in errors), errors
    return Counter(line["aws_error"] for line in errors)


def test_acknowledged_writes_are_stored_once_over_uvicorn(
    faulty_engine: FaultyEngine, tmp_path: Path, figures: Figures
) -> None:
    async def run() -> None:
        async with connect_to_server(faulty_engine.direct, server) as api:
            await run_under_faults(api, faulty_engine, tmp_path, figures)

    with run_uvicorn(faulty_engine.proxied, tmp_path) as server:
        asyncio.run(run())
    _assert_no_errors_logged(server.log)


def test_acknowledged_writes_are_stored_once_over_lambda(
    faulty_engine: FaultyEngine, tmp_path: Path, figures: Figures
) -> None:
    async def run() -> None:
        async with connect_behind_gateway(faulty_engine.direct, instances) as api:
            await run_under_faults(api, faulty_engine, tmp_path, figures)

    with run_lambda_instances(faulty_engine.proxied, INSTANCES, tmp_path) as instances:
        asyncio.run(run())
    _assert_no_errors_logged(tmp_path / "instances.log")
