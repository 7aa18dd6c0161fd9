"""No write that was let through before the mark of a deletion survives the deletion."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.me import deletions
from app.settings import Settings
from app.worker import WorkerProcess
from app.worker_bootstrap import build_worker
from devstack.process import Service
from testkit.api_client import Api, open_api
from testkit.engine import Engine
from tests.resilience.departure import Departure
from tests.resilience.injector import WriteHolder, intercept_sdk

DRAIN_SECONDS = 3.0
WAIT_SECONDS = 20.0


@pytest.fixture(autouse=True)
def intercepted_sdk() -> Iterator[None]:
    with intercept_sdk():
        yield


@pytest.fixture(autouse=True)
def short_drain_period(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(seconds=DRAIN_SECONDS))


@pytest.fixture
async def api(settings: Settings, embedded: Service) -> AsyncIterator[Api]:
    async with open_api(settings, embedded.endpoint, "uvicorn") as api:
        yield api


@pytest.fixture
async def worker(settings: Settings) -> AsyncIterator[None]:
    """Run a worker in a thread of this process."""
    stop = threading.Event()
    process = WorkerProcess(build_worker(settings), stop)
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.to_thread(thread.join)


async def _start_writes(departure: Departure, holder: WriteHolder) -> list[asyncio.Task[Any]]:
    """Start one write of each kind by the leaver. The writes are let through, and held before they take effect."""
    http = departure.member.http
    own = (await departure.member.get("/v1/me/dwipps"))["items"][0]["id"]
    foreign = f"/v1/dwipps/{(await departure.stayer.post_dwipp('Stays'))['id']}"
    other = f"/v1/dwipps/{(await departure.stayer.post_dwipp('Stays too'))['id']}"
    with holder.hold():
        requests = [
            http.post("/v1/dwipps", json={"text": "Late"}),
            http.post("/v1/dwipps", json={"text": "Late"}, headers={"Idempotency-Key": "late"}),
            http.patch(f"/v1/dwipps/{own}", json={"text": "Late"}),
            http.put(f"{foreign}/upvote"),
            http.put(f"{foreign}/favorite"),
            http.post(f"{other}/upvote"),
        ]
        tasks = [asyncio.create_task(request) for request in requests]
        await asyncio.to_thread(holder.wait_until_held)
    return tasks


def _wait_until_first_pass(departure: Departure) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while departure.load_reactions():
        assert time.monotonic() < deadline, "the worker does not begin"
        time.sleep(0.05)


@pytest.mark.slow
async def test_writes_that_take_effect_at_the_end_of_the_drain_period_are_erased(api: Api, worker: None) -> None:
    departure = await Departure.prepare(api, Engine(api.settings, api.endpoint, api.endpoint))
    holder = WriteHolder(writes=6)
    writes = await _start_writes(departure, holder)
    departure = departure.after_writes()
    marked_at = time.monotonic()
    assert (await departure.member.http.delete("/v1/me")).status_code == 202
    await asyncio.to_thread(_wait_until_first_pass, departure)
    assert time.monotonic() < marked_at + DRAIN_SECONDS - 0.5, "the machine is too slow for this test"
    await asyncio.sleep(marked_at + DRAIN_SECONDS - 0.5 - time.monotonic())
    holder.release()
    statuses = [response.status_code for response in await asyncio.gather(*writes)]
    assert statuses == [201, 201, 404, 200, 200, 200], "a write had no effect"
    assert len(departure.load_reactions()) == 2
    await asyncio.to_thread(departure.wait_until_over, WAIT_SECONDS)
    await departure.assert_over()
