"""A run reads each Dwipp of its period once, resumes where it stopped, and shows only whole snapshots."""

import dataclasses
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.bootstrap import Container
from app.jobs.job import Progress
from app.jobs.messages import RENEW_RANKING
from app.rankings import renewal as renewal_module
from app.rankings.schedule import RankingSchedule
from app.settings import Settings
from app.worker_bootstrap import build_renewal
from testkit.rankings import NewDwipp, RankingTime, write_dwipps

DONE, NOT_DONE = Progress(is_done=True), Progress(is_done=False)
HOUR = timedelta(hours=1)


@pytest.fixture
def container(settings: Settings, time: RankingTime) -> Container:
    return Container(settings)


class Worker:
    """The renewal of a ranked list, as one worker runs it.

    Each piece is one query of at most three Dwipps for each shard.

    Attributes:
        read: the ids that were read, in order.
    """

    def __init__(self, container: Container) -> None:
        self.renewal = build_renewal(container, RankingSchedule(container.snapshots))
        self.read: list[str] = []
        events = self.renewal._reader._client.meta.events
        events.register("before-parameter-build.dynamodb.Query", _limit_to_three)
        events.register("after-call.dynamodb.Query", self._record)

    def run(self, name: str = "day", pieces: int | None = None) -> Progress:
        """Handle a message, with time for this number of pieces. None for all."""
        left = itertools.count() if pieces is None else iter(range(pieces))
        return self.renewal.run(name, lambda: next(left, None) is None)

    def _record(self, parsed: Any, **_: Any) -> None:
        self.read += [item["dwipp_id"]["S"] for item in parsed["Items"]]


def _limit_to_three(params: dict[str, Any], **_: Any) -> None:
    params["Limit"] = 3


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal_module, "PIECE_SECONDS", 0.0)


@pytest.fixture
def new_worker(container: Container) -> Callable[[], Worker]:
    return lambda: Worker(container)


@pytest.fixture
def ids(settings: Settings, time: RankingTime) -> list[str]:
    """Return the ids of ten Dwipps of the last day, most upvotes first."""
    return write_dwipps(settings, [NewDwipp(HOUR * (number + 1), 50 - number) for number in range(10)], time.value)


def _list_ids(container: Container, name: Any = "day") -> list[str] | None:
    snapshot = container.snapshots.get_latest(name)
    return list(snapshot.ids) if snapshot else None


def _load_rows(container: Container) -> set[str]:
    client, table = dynamodb_client(container.settings.region), container.settings.safety_table
    rows = [(row["pk"]["S"], row["sk"]["S"]) for row in client.scan(TableName=table)["Items"]]
    return {f"{pk} {'snapshot' if sk.startswith('2') else sk}" for pk, sk in rows}


class TestOneRun:
    @pytest.mark.parametrize("feed_shards", [1, 3])
    def test_run_reads_each_dwipp_of_the_period_once(
        self, feed_shards: int, settings: Settings, time: RankingTime
    ) -> None:
        settings = dataclasses.replace(settings, feed_shards=feed_shards)
        ages = [HOUR * number for number in range(1, 40, 2)]
        ids = write_dwipps(settings, [NewDwipp(age) for age in ages], time.value)
        container = Container(settings)
        worker = Worker(container)
        assert worker.run() == DONE
        assert sorted(worker.read, reverse=True) == ids[:12] == _list_ids(container)

    @pytest.mark.usefixtures("ids")
    def test_run_deletes_its_state_and_its_pending_row(
        self, container: Container, new_worker: Callable[[], Worker]
    ) -> None:
        assert container.jobs.pending.add_if_absent(RENEW_RANKING, "day")
        assert new_worker().run(pieces=1) == NOT_DONE
        assert _load_rows(container) == {"pending#renew-ranking day", "snapshot#day run"}
        assert new_worker().run() == DONE
        assert _load_rows(container) == {"snapshot#day snapshot", "snapshot#day pointer"}

    def test_unknown_list_fails(self, new_worker: Callable[[], Worker]) -> None:
        with pytest.raises(KeyError):
            new_worker().run("decade")


class TestSeveralMessages:
    @pytest.mark.parametrize("name", ["hot", "day", "all"])
    def test_run_resumes_where_it_stopped(
        self, name: str, container: Container, ids: list[str], time: RankingTime, new_worker: Callable[[], Worker]
    ) -> None:
        began_at, read = time.value, []
        for number in range(4):
            worker = new_worker()
            assert worker.run(name, pieces=1) == (DONE if number == 3 else NOT_DONE)
            assert (_list_ids(container, name) is None) is (number < 3)
            read += worker.read
            time.pass_time(minutes=1)
        assert sorted(read, reverse=True) == ids
        assert _list_ids(container, name) == ids
        snapshot = container.snapshots.get_latest(name)  # type: ignore[arg-type]
        assert snapshot
        assert snapshot.as_of == began_at.replace(microsecond=began_at.microsecond // 1000 * 1000)

    @pytest.mark.usefixtures("ids")
    def test_message_without_time_changes_nothing(self, container: Container, new_worker: Callable[[], Worker]) -> None:
        new_worker().run(pieces=2)
        rows, worker = _load_rows(container), new_worker()
        assert worker.run(pieces=0) == NOT_DONE
        assert (worker.read, _load_rows(container)) == ([], rows)

    def test_further_shards_are_read_by_a_run_that_has_begun(
        self, settings: Settings, ids: list[str], new_worker: Callable[[], Worker], time: RankingTime
    ) -> None:
        new_worker().run(pieces=1)
        raised = dataclasses.replace(settings, feed_shards=8)
        write_dwipps(raised, [NewDwipp(-HOUR, 99) for _ in range(5)], time.value)
        container = Container(raised)
        assert Worker(container).run() == DONE
        assert _list_ids(container) == ids

    def test_run_of_last_week_begins_anew(
        self, container: Container, ids: list[str], time: RankingTime, new_worker: Callable[[], Worker]
    ) -> None:
        new_worker().run("all", pieces=2)
        time.pass_time(days=8)
        worker = new_worker()
        assert worker.run("all") == DONE
        assert sorted(worker.read, reverse=True) == ids == _list_ids(container, "all")


class TestDueTime:
    @pytest.mark.usefixtures("ids")
    def test_repeated_message_reads_nothing(self, container: Container, new_worker: Callable[[], Worker]) -> None:
        assert new_worker().run() == DONE
        assert container.jobs.pending.add_if_absent(RENEW_RANKING, "day")
        rows, worker = _load_rows(container), new_worker()
        assert worker.run() == DONE
        assert worker.read == []
        assert _load_rows(container) == rows - {"pending#renew-ranking day"}

    def test_later_message_renews_the_list(
        self,
        settings: Settings,
        container: Container,
        ids: list[str],
        time: RankingTime,
        new_worker: Callable[[], Worker],
    ) -> None:
        assert new_worker().run() == DONE
        time.pass_time(minutes=5)
        (best,) = write_dwipps(settings, [NewDwipp(HOUR, 99)], time.value)
        assert new_worker().run() == DONE
        assert _list_ids(container) == [best, *ids]


class TestTwoWorkers:
    def test_one_of_two_concurrent_workers_saves_its_piece(
        self, container: Container, ids: list[str], new_worker: Callable[[], Worker]
    ) -> None:
        new_worker().run(pieces=1)
        slow, fast = new_worker(), new_worker()
        _interrupt(slow, lambda: fast.run(pieces=1))
        assert slow.run() == DONE
        assert (len(slow.read), len(fast.read)) == (3, 3)
        assert _list_ids(container) is None
        assert new_worker().run() == DONE
        assert _list_ids(container) == ids

    @pytest.mark.usefixtures("ids")
    @pytest.mark.parametrize("pieces", [1, 2])
    def test_late_worker_replaces_no_later_snapshot(
        self, pieces: int, container: Container, time: RankingTime, new_worker: Callable[[], Worker]
    ) -> None:
        late, began_at = new_worker(), time.value

        def renew_later() -> None:
            time.pass_time(minutes=6)
            _forget_run(container)
            assert new_worker().run() == DONE

        _interrupt(late, renew_later, piece=pieces)
        assert late.run() == DONE
        snapshot = container.snapshots.get_latest("day")
        assert snapshot
        assert snapshot.as_of > began_at + timedelta(minutes=5)

    def test_two_workers_that_end_the_same_run_show_one_snapshot(
        self, container: Container, ids: list[str], new_worker: Callable[[], Worker]
    ) -> None:
        new_worker().run(pieces=3)
        slow, fast = new_worker(), new_worker()
        _interrupt(slow, fast.run)
        assert slow.run() == DONE
        assert _list_ids(container) == ids
        assert _load_rows(container) == {"snapshot#day snapshot", "snapshot#day pointer"}

    def test_run_that_is_older_than_the_snapshot_is_dropped(
        self, container: Container, ids: list[str], time: RankingTime, new_worker: Callable[[], Worker]
    ) -> None:
        """A late worker may save its run after a later snapshot."""
        late = new_worker()

        def renew_later() -> None:
            time.pass_time(minutes=1)
            _forget_run(container)
            assert new_worker().run() == DONE

        _interrupt(late, renew_later)
        assert late.run(pieces=1) == NOT_DONE
        assert "snapshot#day run" in _load_rows(container)
        time.pass_time(minutes=5)
        worker = new_worker()
        assert worker.run() == DONE
        assert sorted(worker.read, reverse=True) == ids
        assert _load_rows(container) == {"snapshot#day snapshot", "snapshot#day pointer"}


def _forget_run(container: Container) -> None:
    client = dynamodb_client(container.settings.region)
    client.delete_item(TableName=container.settings.safety_table, Key={"pk": {"S": "snapshot#day"}, "sk": {"S": "run"}})


def _interrupt(worker: Worker, action: Callable[[], object], piece: int = 1) -> None:
    """Run an action after the worker has read this piece, and before it saves or shows the result."""
    read_piece, numbers = worker.renewal._read_piece, itertools.count(1)

    def read_and_act(*arguments: Any) -> Any:
        result = read_piece(*arguments)
        if next(numbers) == piece:
            action()
        return result

    worker.renewal._read_piece = read_and_act  # type: ignore[method-assign, assignment]
