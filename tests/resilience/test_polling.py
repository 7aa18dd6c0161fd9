"""A client that polls with the documented loop misses no Dwipp, however writes overlap and the index lags."""

import asyncio
import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.dwipps.ids import lowest_id
from devstack.process import Service
from testkit.api_client import Api, MemberClient
from testkit.lagging_index_proxy import MAX_LAG_SECONDS, run_lagging_index_proxy
from testkit.polling_loop import run_loop
from testkit.servers import connect_to_server, run_uvicorn
from tests.conftest import Figures, NewEngine

WRITERS = 8
DWIPPS = 2_000
PAUSE_SECONDS = 0.2


class _PollingEndedError(Exception):
    """Ends the loop."""


@dataclass(slots=True)
class Poller:
    """A client that runs the documented loop in a thread.

    Attributes:
        shown: the ids of the shown Dwipps, in order.
        late_count: the number of shown Dwipps that are older than another one of an earlier poll.
        poll_count: the number of polls.
    """

    http: httpx.Client
    shown: list[str] = field(default_factory=list)
    late_count: int = 0
    poll_count: int = 0
    _newest_of_earlier_polls: str = ""
    _began_at: float = 0.0
    _end: float = math.inf

    def end_after_lag(self) -> None:
        """End the loop after a poll that begins when the index shows all Dwipps."""
        self._end = time.monotonic() + MAX_LAG_SECONDS

    def run(self) -> None:
        try:
            run_loop(lowest_id(0), http=self.http, show=self._show, time=self)
        except _PollingEndedError:
            return

    def sleep(self, _seconds: float) -> None:
        """Pause between two polls, in place of `time.sleep`."""
        self.poll_count += 1
        self._newest_of_earlier_polls = max(self.shown, default="")
        if self._began_at > self._end:
            raise _PollingEndedError
        time.sleep(PAUSE_SECONDS)
        self._began_at = time.monotonic()

    def _show(self, dwipp: dict[str, Any]) -> None:
        self.shown.append(dwipp["id"])
        self.late_count += dwipp["id"] < self._newest_of_earlier_polls


async def _write(member: MemberClient, count: int) -> list[str]:
    return [(await member.post_dwipp("Hm."))["id"] for _ in range(count)]


async def _write_and_poll(api: Api, poller: Poller, writers: list[MemberClient]) -> list[str]:
    polling = asyncio.create_task(asyncio.to_thread(poller.run))
    written = await asyncio.gather(*(_write(writer, DWIPPS // WRITERS) for writer in writers))
    poller.end_after_lag()
    await polling
    return [dwipp_id for ids in written for dwipp_id in ids]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("feed_shards", [1, 4])
def test_loop_shows_each_dwipp_once(
    feed_shards: int, new_engine: NewEngine, memory_store: Service, tmp_path: Path, figures: Figures
) -> None:
    engine = new_engine("memory_store", feed_shards=feed_shards)

    async def run(server: Service) -> tuple[Poller, list[str]]:
        async with connect_to_server(engine, server) as api:
            writers = [await api.create_member() for _ in range(WRITERS)]
            headers = {"Authorization": writers[0].http.headers["Authorization"]}
            with httpx.Client(base_url=server.endpoint, headers=headers, timeout=29, trust_env=False) as http:
                poller = Poller(http)
                return poller, await _write_and_poll(api, poller, writers)

    with (
        run_lagging_index_proxy(memory_store, tmp_path) as proxy,
        run_uvicorn(replace(engine, store=proxy.endpoint), tmp_path) as server,
    ):
        poller, written = asyncio.run(run(server))
    assert len(set(written)) == DWIPPS
    assert len(poller.shown) == len(set(poller.shown)), "a Dwipp was shown twice"
    assert set(poller.shown) == set(written), f"{len(set(written) - set(poller.shown))} Dwipps were missed"
    assert poller.late_count, "no Dwipp appeared late, so the test shows nothing"
    figures("Dwipps", f"{DWIPPS} in {poller.poll_count} polls, {poller.late_count} appeared after newer ones")
