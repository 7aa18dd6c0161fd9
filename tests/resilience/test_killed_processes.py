"""A deletion ends in another process if the API or the worker gets SIGKILL or SIGTERM."""

import asyncio
import dataclasses
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from devstack.process import Service
from testkit import large_account
from testkit.api_client import Api, open_api
from testkit.engine import Engine
from testkit.servers import run_uvicorn, run_worker, run_worker_once
from tests.conftest import Figures
from tests.resilience.departure import Departure
from tests.resilience.halting_proxy import HaltMoment, run_halting_proxy

# For each write, the operation and a text in the body of the call. Together they are unique.
API_WRITES = (
    ("TransactWriteItems", "deleting_since"),
    ("SendMessage", ""),
    ("AdminUserGlobalSignOut", ""),
    ("AdminDisableUser", ""),
)
WORKER_WRITES = (
    ("ReceiveMessage", ""),
    ("UpdateItem", "touched_at"),
    ("AdminUserGlobalSignOut", ""),
    ("AdminDisableUser", ""),
    ("DeleteItem", ""),
    ("TransactWriteItems", "upvotes"),
    ("SendMessage", ""),
    ("AdminDeleteUser", ""),
    ("TransactWriteItems", "is_over"),
    ("DeleteMessage", ""),
)
# A worker that gets SIGTERM ends after its batch of work, or after its poll of 5 seconds.
STOP_SECONDS = 8.0
FINISH_SECONDS = 30.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


@pytest.fixture
def engine(settings: Settings, embedded: Service) -> Engine:
    return Engine(settings, embedded.endpoint, embedded.endpoint)


@pytest.fixture
async def api(engine: Engine) -> AsyncIterator[Api]:
    """Open the API of an app in this process. It is not killed."""
    async with open_api(engine.settings, engine.aws, "uvicorn") as api:
        yield api


async def _request_deletion(api: Api, engine: Engine) -> Departure:
    departure = await Departure.prepare(api, engine)
    assert (await departure.member.http.delete("/v1/me")).status_code == 202
    return departure


async def _request_large_deletion(api: Api, engine: Engine, *, dwipps: int, reactions: int) -> Departure:
    """Request the deletion of an account with this number of additional Dwipps and reactions."""
    departure = await Departure.prepare(api, engine)
    author = (await departure.stayer.get("/v1/me"))["handle"]
    large_account.write_account(engine, departure.id, departure.handle, author, dwipps=dwipps, reactions=reactions)
    departure = departure.after_writes()
    assert (await departure.member.http.delete("/v1/me")).status_code == 202
    return departure


def _proxied(engine: Engine, endpoint: str) -> Engine:
    return dataclasses.replace(engine, aws=endpoint, store=endpoint)


def _job_lines(worker: Service) -> list[dict[str, Any]]:
    """Return the log lines of messages, without those of the sweep."""
    lines = [json.loads(line) for line in worker.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("job") == "delete-account"]


def _wait_until_work_has_begun(departure: Departure, worker: Service) -> int:
    """Wait until the worker has erased some reactions. Return the number of those that are left."""
    before = len(departure.load_reactions())
    deadline = time.monotonic() + FINISH_SECONDS
    while (left := len(departure.load_reactions())) == before:
        worker.require_alive()
        assert time.monotonic() < deadline, "the worker does not begin"
        time.sleep(0.05)
    return left


@pytest.mark.longest
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("operation", "text"), API_WRITES)
async def test_deletion_ends_after_sigkill_of_the_api(
    operation: str, text: str, moment: HaltMoment, api: Api, engine: Engine, tmp_path: Path
) -> None:
    departure = await Departure.prepare(api, engine)
    headers = {"Authorization": f"Bearer {departure.member.tokens['access_token']}"}
    with (
        run_halting_proxy(engine.aws, moment, operation, text, tmp_path) as proxy,
        run_uvicorn(_proxied(engine, proxy.endpoint), tmp_path) as server,
    ):
        async with httpx.AsyncClient(base_url=server.endpoint, headers=headers, trust_env=False) as client:
            request = asyncio.create_task(client.delete("/v1/me"))
            await asyncio.to_thread(proxy.wait_until_halted)
            server.process.kill()
            with pytest.raises(httpx.TransportError):
                await request
    if (operation, moment) == ("TransactWriteItems", "before"):
        assert await asyncio.to_thread(run_worker_once, engine, tmp_path) == 0
        await departure.assert_unchanged()
        return
    await departure.assert_locked_out()
    departure.backdate_mark()
    departure.backdate_work()
    assert await asyncio.to_thread(run_worker_once, engine, tmp_path) == 0
    await departure.assert_over()


@pytest.mark.longest
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("operation", "text"), WORKER_WRITES)
async def test_deletion_ends_after_sigkill_of_the_worker(
    operation: str, text: str, moment: HaltMoment, api: Api, engine: Engine, tmp_path: Path
) -> None:
    departure = await _request_deletion(api, engine)
    departure.queue.set_visibility_timeout(2)
    if operation != "SendMessage":  # The worker sends a message for the time after the drain period.
        departure.backdate_mark()
    with (
        run_halting_proxy(engine.aws, moment, operation, text, tmp_path) as proxy,
        run_worker(_proxied(engine, proxy.endpoint), tmp_path, "killed") as worker,
    ):
        await asyncio.to_thread(proxy.wait_until_halted)
        worker.process.kill()
        worker.process.wait()
    await departure.assert_locked_out()
    departure.backdate_mark()
    with run_worker(engine, tmp_path) as worker:  # It gets the message after its visibility timeout.
        await asyncio.to_thread(departure.wait_until_over, FINISH_SECONDS)
        worker.process.kill()
    await departure.assert_over()


@pytest.mark.longest
async def test_deletion_ends_in_time_although_each_worker_is_killed(
    api: Api, engine: Engine, tmp_path: Path, figures: Figures
) -> None:
    """This runs with the times of production, except for the visibility timeout."""
    departure = await _request_large_deletion(api, engine, dwipps=100, reactions=300)
    departure.queue.set_visibility_timeout(1)
    requested_at = time.monotonic()
    left = []
    for kill in range(3):
        with run_worker(engine, tmp_path, f"killed-{kill}") as worker:
            left.append(await asyncio.to_thread(_wait_until_work_has_begun, departure, worker))
            worker.process.kill()
    figures("reactions left at each kill", left)
    assert left[-1] > 0, "the worker was killed too late"
    with run_worker(engine, tmp_path) as worker:
        await asyncio.to_thread(departure.wait_until_over, 90)
        worker.process.kill()
    seconds = time.monotonic() - requested_at
    figures("seconds", f"{seconds:.0f}")
    assert seconds > 60, "the last pass began within the drain period"
    await departure.assert_over()


async def test_worker_ends_on_sigterm_and_another_one_continues_at_once(
    api: Api, engine: Engine, tmp_path: Path, figures: Figures
) -> None:
    departure = await _request_large_deletion(api, engine, dwipps=500, reactions=1500)
    with run_worker(engine, tmp_path, "stopped") as worker:
        left = await asyncio.to_thread(_wait_until_work_has_begun, departure, worker)
        stopped_at = time.monotonic()
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.process.wait, STOP_SECONDS) == 0
        figures("seconds from SIGTERM to the end", f"{time.monotonic() - stopped_at:.2f}")
    assert [line["outcome"] for line in _job_lines(worker)] == ["continued"]
    assert left > len(departure.load_reactions()) > 0
    departure.backdate_mark()
    # The visibility timeout is 6 minutes here.
    with run_worker(engine, tmp_path) as worker:
        await asyncio.to_thread(departure.wait_until_over, FINISH_SECONDS * 2)
        worker.process.kill()
    figures("seconds from SIGTERM to the end of the deletion", f"{time.monotonic() - stopped_at:.1f}")
    await departure.assert_over()


async def test_idle_worker_that_gets_sigterm_ends(engine: Engine, tmp_path: Path, figures: Figures) -> None:
    with run_worker(engine, tmp_path) as worker:
        while "worker started" not in worker.log.read_text():
            worker.require_alive()
            await asyncio.sleep(0.05)
        stopped_at = time.monotonic()
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.process.wait, STOP_SECONDS) == 0
        figures("seconds", f"{time.monotonic() - stopped_at:.2f}")
    assert "worker stopped" in worker.log.read_text()


async def test_cognito_that_never_responds_does_not_stop_the_erasure(
    api: Api, engine: Engine, tmp_path: Path, figures: Figures
) -> None:
    departure = await _request_deletion(api, engine)
    departure.backdate_mark()
    started_at = time.monotonic()
    with (
        run_halting_proxy(engine.aws, "before", "AdminUserGlobalSignOut", "", tmp_path) as proxy,
        run_worker(_proxied(engine, proxy.endpoint), tmp_path) as worker,
    ):
        await asyncio.to_thread(departure.wait_until_over, 60)
        worker.process.kill()
    figures("seconds", f"{time.monotonic() - started_at:.0f}")
    await departure.assert_over()


async def test_two_worker_processes_on_one_job_erase_each_row_once(
    api: Api, engine: Engine, tmp_path: Path, figures: Figures
) -> None:
    departure = await _request_large_deletion(api, engine, dwipps=300, reactions=900)
    departure.backdate_mark()
    departure.queue.send(departure.message.to_json())
    with run_worker(engine, tmp_path, "first") as first, run_worker(engine, tmp_path, "second") as second:
        await asyncio.to_thread(departure.wait_until_over, FINISH_SECONDS * 2)
        await asyncio.to_thread(_wait_until_idle, departure)
        for worker in (first, second):
            worker.process.kill()
    durations = [[line["duration_ms"] for line in _job_lines(worker)] for worker in (first, second)]
    figures("milliseconds of the messages of both workers", durations)
    assert all(max(each) > 1000 for each in durations), "one worker did the work alone"
    await departure.assert_over()


def _wait_until_idle(departure: Departure) -> None:
    deadline = time.monotonic() + FINISH_SECONDS
    while departure.queue.count():
        assert time.monotonic() < deadline, "a message is left"
        time.sleep(0.1)
