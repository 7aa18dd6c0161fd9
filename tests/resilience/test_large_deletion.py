"""The deletion of a large account: its time, messages, capacity and memory.

It has 5,000 Dwipps and 20,000 reactions. `LARGE_ACCOUNT=200` has 200 Dwipps and 800 reactions.
"""

import asyncio
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from devstack.process import Service
from testkit import large_account, metered_worker
from testkit.servers import connect_to_server, run_uvicorn, run_worker
from tests.conftest import Figures, NewEngine
from tests.resilience.departure import Departure

DWIPPS = int(os.environ.get("LARGE_ACCOUNT", "5000"))
REACTIONS_PER_DWIPP = 4
TIMEOUT_SECONDS = 60 + DWIPPS / 4
# The growth of the worker after the first tenth of its work. Reading all rows at once would take ten times as much.
MAX_GROWTH_MB = 8.0
# A batch reads and writes 25 rows.
MAX_CALL_BYTES = 25 * 1024
MAX_CALL_UNITS = 12

pytestmark = [pytest.mark.slow, pytest.mark.longest, pytest.mark.timeout(1500)]


class MemoryWatch:
    """The resident memory of a process, in MB, in the order of the samples."""

    def __init__(self, process_id: int) -> None:
        self._status = Path(f"/proc/{process_id}/status")
        self.samples: list[float] = []

    def sample(self) -> None:
        self.samples.append(self._read("VmRSS"))

    def read_peak(self) -> float:
        return self._read("VmHWM")

    def _read(self, name: str) -> float:
        lines = self._status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _wait_until_started(worker: Service) -> None:
    while "worker started" not in worker.log.read_text():
        worker.require_alive()
        time.sleep(0.05)


def _wait_until_over(departure: Departure, worker: Service, memory: MemoryWatch) -> float:
    """Wait until the deletion is over, and sample the memory each second. Return the seconds."""
    started_at = time.monotonic()
    while not departure.is_over:
        worker.require_alive()
        assert time.monotonic() < started_at + TIMEOUT_SECONDS, "the deletion does not end"
        memory.sample()
        time.sleep(1)
    return time.monotonic() - started_at


def _job_lines(worker: Service) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
    return [line for line in lines if line.get("job") == "delete-account"]


def test_large_account_is_deleted_in_bounded_calls_and_flat_memory(
    new_engine: NewEngine, memory_store: Service, tmp_path: Path, figures: Figures
) -> None:
    engine = new_engine("memory_store")
    report = tmp_path / "report.json"
    variables = {metered_worker.REPORT_VARIABLE: str(report)}

    async def run(server: Service) -> None:
        async with connect_to_server(engine, server) as api:
            departure = await Departure.prepare(api, engine)
            author = (await departure.stayer.get("/v1/me"))["handle"]
            large_account.write_account(
                engine,
                departure.id,
                departure.handle,
                author,
                dwipps=DWIPPS,
                reactions=DWIPPS * REACTIONS_PER_DWIPP,
            )
            departure = departure.after_writes()
            with run_worker(engine, tmp_path, module="testkit.metered_worker", **variables) as worker:
                await asyncio.to_thread(_wait_until_started, worker)
                memory = MemoryWatch(worker.process.pid)
                memory.sample()
                assert (await departure.member.http.delete("/v1/me")).status_code == 202
                seconds = await asyncio.to_thread(_wait_until_over, departure, worker, memory)
                peak = memory.read_peak()
            await departure.assert_over()
        figures("Dwipps, reactions", f"{DWIPPS}, {DWIPPS * REACTIONS_PER_DWIPP}")
        figures("seconds", f"{seconds:.0f}")
        _check_log(_job_lines(worker), figures)
        _check_calls(json.loads(report.read_text()), figures)
        _check_memory(memory.samples, peak, figures)

    with run_uvicorn(engine, tmp_path) as server:
        asyncio.run(run(server))


def _check_log(lines: list[dict[str, Any]], figures: Figures) -> None:
    figures("messages", [f"{line['outcome']} after {line['duration_ms'] / 1000:.1f} s" for line in lines])
    assert [line["number"] for line in lines] == list(range(len(lines)))
    assert [line["outcome"] for line in lines] == ["continued"] * (len(lines) - 1) + ["done"]
    assert max(line["duration_ms"] for line in lines) < 55_000


def _check_calls(report: dict[str, Any], figures: Figures) -> None:
    calls = Counter[str](report["calls"])
    figures("calls", ", ".join(f"{name} {count}" for name, count in sorted(calls.items())))
    figures("capacity units", report["units"])
    for name, (value, operation) in report["largest"].items():
        figures(f"most {name} of a call", f"{value:g} ({operation})")
        assert value <= (MAX_CALL_BYTES if "bytes" in name else MAX_CALL_UNITS)


def _check_memory(samples: list[float], peak: float, figures: Figures) -> None:
    """Check that the memory does not grow after the first tenth of the work."""
    early = max(samples[: max(5, len(samples) // 10)])
    figures("MB of memory (start, early, peak)", f"{samples[0]:.1f}, {early:.1f}, {peak:.1f}")
    assert peak - early < MAX_GROWTH_MB
