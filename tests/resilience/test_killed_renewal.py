"""A reader sees only whole snapshots, even if a worker is killed, is late, or runs at the same time as another."""

import itertools
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.bootstrap import Container
from app.jobs import pending
from app.jobs.job import MustStop, Progress
from app.jobs.messages import RENEW_RANKING, JobMessage
from app.jobs.worker import Worker
from app.rankings import renewal as renewal_module
from app.rankings.schedule import RankingSchedule
from app.settings import Settings
from app.worker import WorkerProcess
from app.worker_bootstrap import build_renewal
from testkit.members import make_author
from testkit.queue_control import QueueControl
from testkit.rankings import NewDwipp, RankingTime, stop_time, write_dwipps
from tests.conftest import Figures
from tests.resilience.process_killer import Moment, ProcessKiller

# The writes of the sweep and of the worker. The test checks that the process is killed at each of them.
WRITES = {"PutItem", "SendMessage", "ReceiveMessage", "UpdateItem", "TransactWriteItems", "DeleteMessage"}
HOUR = timedelta(hours=1)
# With pages of this size, each run needs two pieces.
_DWIPPS, _PAGE = 7, 4


class OnePiecePerMessage:
    """A renewal that continues in the next message after one piece, like that of a large site."""

    def __init__(self, container: Container) -> None:
        self._renewal = build_renewal(container, RankingSchedule(container.snapshots))
        self._renewal._reader._client.meta.events.register(
            "before-parameter-build.dynamodb.Query", lambda params, **_: params.update(Limit=_PAGE)
        )

    def run(self, subject: str, must_stop: MustStop) -> Progress:
        answers = iter([must_stop()])
        return self._renewal.run(subject, lambda: next(answers, True))


class Site:
    """A site with some Dwipps, whose list of the day is renewed.

    Attributes:
        expected: the ids in order.
    """

    def __init__(self, settings: Settings, time: RankingTime) -> None:
        self.settings = settings
        self.time = time
        self._upvotes = itertools.count(1)
        self.expected: list[str] = []
        for _ in range(_DWIPPS):
            self.add_best()

    def add_best(self) -> None:
        """Write a Dwipp with more upvotes than all before."""
        dwipp = NewDwipp(HOUR, next(self._upvotes))
        self.expected = [*write_dwipps(self.settings, [dwipp], self.time.value), *self.expected]

    def delete_worst(self) -> None:
        """Delete the Dwipp with the fewest upvotes."""
        Container(self.settings).dwipps.delete(make_author(), self.expected.pop())

    def sweep_and_work(self) -> None:
        """Start the jobs that are due, and do the work of all messages, as a new process does."""
        container = Container(self.settings)
        schedule = RankingSchedule(container.snapshots)
        worker = Worker(
            container.jobs.queue,
            container.jobs.pending,
            {RENEW_RANKING: OnePiecePerMessage(container)},
            {RENEW_RANKING: lambda: [name for name in schedule.iter_due() if name == "day"]},
        )
        assert WorkerProcess(worker, threading.Event()).run_once(poll_seconds=0)

    def list_shown(self) -> list[str]:
        snapshot = Container(self.settings).snapshots.get_latest("day")
        return list(snapshot.ids) if snapshot else []

    def list_rows(self) -> list[str]:
        client: Any = dynamodb_client(self.settings.region)
        rows = client.scan(TableName=self.settings.safety_table)["Items"]
        return sorted(row["sk"]["S"] for row in rows if not row["sk"]["S"].startswith("2"))


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(renewal_module, "PIECE_SECONDS", 0.0)
    with stop_time() as time:
        yield Site(settings, time)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_redelivered", [True, False], ids=["message is redelivered", "message is lost"])
@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_worker_killed_at_any_write_shows_no_part_of_a_snapshot(
    moment: Moment, is_redelivered: bool, site: Site, figures: Figures
) -> None:
    operations: list[str] = []
    for writes in range(40):
        site.time.pass_time(minutes=5)
        before = site.list_shown()
        site.add_best()
        site.delete_worst()
        killer = ProcessKiller(moment, writes)
        with killer.watch():
            site.sweep_and_work()
        assert site.list_shown() in (before, site.expected)
        _deliver_again(site, is_redelivered)
        assert site.list_shown() == site.expected
        assert site.list_rows() == ["pointer"], "a run or a pending row is left"
        if killer.killed_at is None:
            break
        operations.append(killer.killed_at)
    figures("killed at", ", ".join(operations))
    assert set(operations) == WRITES


def _deliver_again(site: Site, is_redelivered: bool) -> None:
    """Deliver the message of a killed process again, or let the sweep find the pending row."""
    queue = QueueControl(site.settings)
    queue.purge()
    if is_redelivered:
        queue.send(JobMessage(kind=RENEW_RANKING, subject="day").to_json())
        site.sweep_and_work()
    time.sleep(0.001)  # Otherwise the pending row may be as new as the sweep, and not stale.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pending, "STALE_AFTER", timedelta(0))
        site.sweep_and_work()


def test_concurrent_workers_show_only_whole_snapshots(site: Site, figures: Figures) -> None:
    """Each worker begins or resumes a run for one piece at any time, as after repeated and late messages."""
    shown: list[list[str]] = []
    snapshots = Container(site.settings).snapshots
    ended = threading.Event()

    def read() -> None:
        last = None
        while not ended.is_set():
            snapshot = snapshots.get_latest("day")
            if snapshot and snapshot != last:
                assert last is None or snapshot.as_of > last.as_of, "an earlier snapshot is shown again"
                shown.append(list(snapshot.ids))
                last = snapshot

    def work(seed: int) -> None:
        chooser = random.Random(seed)  # noqa: S311 -- not a secret
        job = OnePiecePerMessage(Container(site.settings))
        for _ in range(25):
            job.run("day", lambda: False)
            if chooser.random() < 0.3:
                site.time.pass_time(minutes=3)

    with ThreadPoolExecutor(4) as threads:
        reader = threads.submit(read)
        workers = [threads.submit(work, seed) for seed in range(3)]
        failures = [worker.exception() for worker in workers]
        ended.set()
        reader.result()
    assert failures == [None] * 3
    assert len(shown) > 1
    assert all(ids == site.expected for ids in shown)
    figures("snapshots", len(shown))
