"""A deletion ends exactly once if its messages are lost, duplicated or late, and beside unreadable messages."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.jobs.messages import MAX_NUMBER, JobMessage
from app.jobs.queue import Delivery, JobQueue
from app.me import deletions, erasure
from app.settings import Settings
from app.worker import WorkerProcess
from app.worker_bootstrap import build_worker
from devstack.process import Service
from testkit.api_client import Api, open_api
from testkit.engine import Engine
from testkit.queue_control import QueueControl
from tests.resilience.departure import Departure, revive_and_finish

# Bodies that are not JSON, have an invalid version, kind or number, or have an unknown field.
UNREADABLE = (
    "",
    "not JSON",
    '{"version":2,"kind":"delete-account","subject":"SUBJECT","number":0}',
    '{"version":1,"kind":"delete-everything","subject":"SUBJECT","number":0}',
    '{"version":1,"kind":"delete-account","subject":"SUBJECT","number":-1}',
    '{"version":1,"kind":"delete-account","subject":"SUBJECT","number":0,"handle":"kay"}',
)


class DoublingQueue(JobQueue):
    """A queue that delivers each message twice: once more after its work is done."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.region, settings.job_queue_url)
        self.deliveries: list[str] = []

    def delete(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery.message_id)
        if self.deliveries.count(delivery.message_id) == 1:
            self.give_back(delivery)
        else:
            super().delete(delivery)


@pytest.fixture(autouse=True)
def no_drain_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the drain period of deletions, because no other writes run."""
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))


@pytest.fixture
async def api(settings: Settings, embedded: Service) -> AsyncIterator[Api]:
    async with open_api(settings, embedded.endpoint, "uvicorn") as api:
        yield api


async def _request_deletion(api: Api) -> Departure:
    departure = await Departure.prepare(api, Engine(api.settings, api.endpoint, api.endpoint))
    assert (await departure.member.http.delete("/v1/me")).status_code == 202
    return departure


async def test_sweep_revives_a_job_with_a_lost_message_only_when_stale(api: Api) -> None:
    departure = await _request_deletion(api)
    departure.queue.purge()
    await api.finish_jobs()
    assert not departure.is_over, "the sweep revives a job that may still run"
    await revive_and_finish(api)
    await departure.assert_over()


async def test_sweep_sends_one_message_for_a_stale_job(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    departure = await _request_deletion(api)
    departure.queue.purge()
    departure.backdate_work()
    worker = build_worker(api.settings)
    for sweep_id in ("first", "second"):
        assert await asyncio.to_thread(worker.sweep, sweep_id)
        assert departure.queue.count() == 1


async def test_message_that_is_delivered_twice_has_one_effect(api: Api) -> None:
    departure = await _request_deletion(api)
    departure.queue.send(departure.message.to_json())
    worker = build_worker(api.settings)
    worker.queue = queue = DoublingQueue(api.settings)
    process = WorkerProcess(worker, threading.Event())
    assert await asyncio.to_thread(process.run_once, poll_seconds=0)
    assert len(queue.deliveries) == 4
    await departure.assert_over()


async def test_two_workers_on_one_job_erase_each_row_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "_BATCH_SIZE", 1)  # So that both workers meet at each row.
    departure = await _request_deletion(api)
    barrier = threading.Barrier(2)

    def handle(name: str) -> bool:
        worker = build_worker(api.settings)
        barrier.wait()
        return worker.handle(name, departure.message.to_json())

    with ThreadPoolExecutor(2) as threads:
        assert list(await asyncio.to_thread(lambda: list(threads.map(handle, ("one", "two"))))) == [True, True]
    await departure.assert_over()


async def test_unreadable_messages_become_dead_letters_and_block_nothing(api: Api) -> None:
    queue = QueueControl(api.settings)
    queue.set_visibility_timeout(0)  # A failed message is delivered again at once.
    departure = await Departure.prepare(api, Engine(api.settings, api.endpoint, api.endpoint))
    bodies = sorted(body.replace("SUBJECT", departure.id) for body in UNREADABLE if body)
    queue.send(*bodies[:2])
    assert (await departure.member.http.delete("/v1/me")).status_code == 202
    queue.send(*bodies[2:])
    with pytest.raises(AssertionError, match="a job failed"):
        await api.finish_jobs()
    assert (queue.receive_dead_letters(), queue.count()) == (bodies, 0)
    await departure.assert_over()


async def test_chain_of_messages_ends_in_a_dead_letter_beyond_its_limit(api: Api) -> None:
    departure = await _request_deletion(api)
    departure.queue.purge()
    departure.queue.set_visibility_timeout(0)
    last = JobMessage(kind=departure.message.kind, subject=departure.id, number=MAX_NUMBER)
    departure.queue.send(last.to_json())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(hours=1))  # The job needs another message.
        assert _handle(api.settings, last)
        assert departure.queue.count() == 2, "the last message of the chain sends no next one"
    assert not _handle(api.settings, last.next())
    departure.queue.purge()
    departure.queue.send(last.next().to_json())
    with pytest.raises(AssertionError, match="a job failed"):
        await api.finish_jobs()
    assert departure.queue.receive_dead_letters() == [last.next().to_json()]
    assert not departure.is_over
    await revive_and_finish(api)  # The sweep begins a new chain.
    await departure.assert_over()


def _handle(settings: Settings, message: JobMessage) -> bool:
    return build_worker(settings).handle("message", message.to_json())
