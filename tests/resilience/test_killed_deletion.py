"""A deletion ends without another request if the API, the worker or the sweep is killed at any write."""

import asyncio
import itertools
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.aws.timestamps import now
from app.bootstrap import Container
from app.jobs.job import Job, MustStop, Progress
from app.jobs.messages import DELETE_ACCOUNT
from app.jobs.worker import Worker
from app.me import deletions
from app.me.erasure import Erasure
from app.settings import Settings
from app.worker import WorkerProcess
from devstack.process import Service
from testkit.api_client import open_api
from testkit.engine import Engine
from tests.conftest import Figures, NewEngine
from tests.resilience.departure import Departure, pending_jobs_are_stale, revive_and_finish
from tests.resilience.process_killer import Moment, ProcessKiller

# The writes of each victim. The test checks that the victim is killed at each of them.
# The PutItem adds a missing pending job. The drain period is over at once here.
API_WRITES = {"TransactWriteItems", "PutItem", "SendMessage", "AdminUserGlobalSignOut", "AdminDisableUser"}
WORKER_WRITES = {
    "ReceiveMessage",
    "UpdateItem",
    "AdminUserGlobalSignOut",
    "AdminDisableUser",
    "TransactWriteItems",
    "DeleteItem",
    "SendMessage",
    "DeleteMessage",
    "AdminDeleteUser",
}

Victim = Callable[[Departure], None]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class OneBatchPerMessage:
    """A job that continues in the next message after one batch, like the deletion of a large account."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def run(self, subject: str, must_stop: MustStop) -> Progress:
        answers = itertools.chain([must_stop()], itertools.repeat(True))
        return self._job.run(subject, lambda: next(answers))


def request_deletion(departure: Departure) -> None:
    container = Container(departure.engine.settings)
    container.personal.deletion.request(departure.id, now(), lambda: str(departure.member.tokens["access_token"]))


def run_worker(departure: Departure) -> None:
    container = Container(departure.engine.settings)
    erasure = Erasure(
        container.personal.deletions, container.suspensions, container.user_pool, container.personal.stores
    )
    worker = Worker(container.jobs.queue, container.jobs.pending, {DELETE_ACCOUNT: OneBatchPerMessage(erasure)})
    assert WorkerProcess(worker, threading.Event()).run_once(poll_seconds=0)


def run_sweep_and_worker(departure: Departure) -> None:
    with pending_jobs_are_stale():
        run_worker(departure)


@pytest.fixture(autouse=True)
def no_drain_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the drain period of deletions, because no other writes run."""
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))


@pytest.fixture(params=["ministack", pytest.param("dynamodb local", marks=pytest.mark.longest)])
def engine(
    request: pytest.FixtureRequest, new_settings: Callable[[], Settings], new_engine: NewEngine, embedded: Service
) -> Engine:
    """Return tables in one of the stores."""
    if request.param == "ministack":
        return Engine(new_settings(), embedded.endpoint, embedded.endpoint)
    return new_engine("memory_store")


async def kill_at_each_write(
    engine: Engine, prepare: Callable[[Departure], None], victim: Victim, moment: Moment
) -> list[str]:
    """Kill the victim at each of its writes, each time for another member. Return the operations.

    Nobody repeats the request. The sweep and another worker must finish the deletion.
    """
    operations: list[str] = []
    async with open_api(engine.settings, engine.aws, "uvicorn") as api:
        for writes in range(100):
            departure = await Departure.prepare(api, engine)
            await asyncio.to_thread(prepare, departure)
            killer = ProcessKiller(moment, writes)
            await asyncio.to_thread(_run_until_killed, killer, victim, departure)
            if departure.is_marked:
                await departure.assert_locked_out()
                await revive_and_finish(api)
                await departure.assert_over()
            else:
                await revive_and_finish(api)
                await departure.assert_unchanged()
            if killer.killed_at is None:
                return operations
            operations.append(killer.killed_at)
    raise AssertionError("the victim never ended before it was killed")


def _run_until_killed(killer: ProcessKiller, victim: Victim, departure: Departure) -> None:
    with killer.watch():
        victim(departure)


MOMENTS = pytest.mark.parametrize("moment", ["before-call", "after-call"])


@MOMENTS
def test_deletion_ends_if_the_api_is_killed_at_any_write(moment: Moment, engine: Engine, figures: Figures) -> None:
    operations = asyncio.run(kill_at_each_write(engine, lambda _: None, request_deletion, moment))
    figures("killed at", ", ".join(operations))
    assert set(operations) == API_WRITES


@MOMENTS
def test_deletion_ends_if_the_worker_is_killed_at_any_write(moment: Moment, engine: Engine, figures: Figures) -> None:
    operations = asyncio.run(kill_at_each_write(engine, request_deletion, run_worker, moment))
    figures("killed at", ", ".join(operations))
    assert set(operations) == WORKER_WRITES


@MOMENTS
def test_deletion_ends_if_the_sweep_is_killed_at_any_write(moment: Moment, engine: Engine, figures: Figures) -> None:
    def request_and_lose_message(departure: Departure) -> None:
        request_deletion(departure)
        departure.queue.purge()

    operations = asyncio.run(kill_at_each_write(engine, request_and_lose_message, run_sweep_and_worker, moment))
    figures("killed at", ", ".join(operations))
    assert operations[:2] == ["SendMessage", "UpdateItem"], "the sweep touches a job before it sends the message"
    assert set(operations) == WORKER_WRITES
