"""The job erases in batches, and its last pass begins after the last write that was let through before the mark."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import EndpointConnectionError

from app.aws.deadline import remaining_seconds, request_deadline
from app.aws.retries import WRITE_DRAIN_PERIOD
from app.bootstrap import Container
from app.cognito.user_pool import UserPool
from app.dwipps.reactions import Change
from app.errors import UnavailableError
from app.jobs.job import Progress
from app.me import deletions, erasure
from app.me.deletions import DeletionRepository, DeletionState
from app.me.erasure import METRIC, Erasure
from app.members.models import Member, Suspension
from app.members.suspensions import SuspensionRepository
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import open_api

MEMBER_ID = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"
MARKED_AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


def never() -> bool:
    return False


class FakeStore:
    """A store of personal data.

    Attributes:
        rows: the number of rows.
        passes: the number of calls of `erase`.
        during_pass: runs in each pass, after the rows were counted.
    """

    def __init__(self, rows: int = 0) -> None:
        self.rows = rows
        self.passes = 0
        self.during_pass: Callable[[], None] = lambda: None

    def erase(self, _member: Member, limit: int) -> Sequence[Callable[[], None]]:
        self.passes += 1
        calls = [self._erase_row for _ in range(min(self.rows, limit))]
        self.during_pass()
        return calls

    def _erase_row(self) -> None:
        self.rows -= 1


class World:
    """An erasure with stand-ins, and a clock that a test can set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, store: FakeStore, state: DeletionState | None = None) -> None:
        self.now = MARKED_AT
        self.store = store
        self.pool = Mock(spec=UserPool)
        self.deletions = Mock(spec=DeletionRepository)
        self.deletions.get.return_value = state or DeletionState("kay", MARKED_AT, is_over=False)
        self.deletions.finish.return_value = True
        stores: list[Any] = [store]
        self.suspensions = Mock(spec=SuspensionRepository)
        self.erasure = Erasure(self.deletions, self.suspensions, self.pool, stores)
        monkeypatch.setattr(erasure, "now", lambda: self.now)

    def run(self, must_stop: Callable[[], bool] = never) -> Progress:
        return self.erasure.run(MEMBER_ID, must_stop)

    def assert_not_over(self) -> None:
        self.pool.delete.assert_not_called()
        self.deletions.finish.assert_not_called()


def test_job_waits_for_the_end_of_the_drain_period(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeStore(rows=60))
    world.now += timedelta(seconds=20, milliseconds=1)
    assert world.run() == Progress(is_done=False, delay_seconds=40)
    assert world.store.rows == 0
    world.assert_not_over()
    world.now = MARKED_AT + WRITE_DRAIN_PERIOD
    assert world.run() == Progress(is_done=True, metric=METRIC)
    world.pool.delete.assert_called_once_with(MEMBER_ID)


def test_pass_that_began_in_the_drain_period_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is written after the pass has read its page stays, although the pass ends after the period."""
    world = World(monkeypatch, FakeStore())

    def write_late() -> None:
        world.now = MARKED_AT + WRITE_DRAIN_PERIOD
        world.store.rows = 1
        world.store.during_pass = lambda: None

    world.store.during_pass = write_late
    world.now = MARKED_AT + WRITE_DRAIN_PERIOD - timedelta(microseconds=1)
    progress = world.run()
    assert (progress.is_done, progress.delay_seconds) == (False, 1)
    world.assert_not_over()
    assert world.run().is_done
    assert world.store.rows == 0


def test_user_and_profile_go_last(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeStore(rows=60))
    world.now += WRITE_DRAIN_PERIOD
    steps = Mock()
    steps.attach_mock(world.pool.lock_out, "lock_out")
    steps.attach_mock(world.pool.delete, "delete")
    steps.attach_mock(world.deletions.finish, "finish")
    world.store.during_pass = steps.erase
    assert world.run().is_done
    assert [call[0] for call in steps.mock_calls] == ["lock_out", *["erase"] * 4, "delete", "finish"]
    world.suspensions.end_with_account.assert_not_called()


def test_suspension_outlives_the_account_before_the_email_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    suspension = Suspension("id", MARKED_AT, None, "spam")
    world = World(monkeypatch, FakeStore(), DeletionState("kay", MARKED_AT, is_over=False, suspension=suspension))
    world.run()
    world.suspensions.end_with_account.assert_not_called()
    world.now += WRITE_DRAIN_PERIOD
    world.suspensions.end_with_account.side_effect = lambda _: world.pool.delete.assert_not_called()
    assert world.run().is_done
    world.suspensions.end_with_account.assert_called_once_with(suspension)
    world.pool.delete.assert_called_once_with(MEMBER_ID)


def test_job_stops_between_two_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeStore(rows=60))
    world.now += WRITE_DRAIN_PERIOD
    answers = iter([False, True])
    assert world.run(lambda: next(answers)) == Progress(is_done=False)
    assert world.store.rows == 35
    world.assert_not_over()


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(DeletionState("kay", None, is_over=False), id="no deletion"),
        pytest.param(DeletionState(None, MARKED_AT, is_over=True), id="over"),
    ],
)
def test_job_does_nothing_without_a_deletion(state: DeletionState, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeStore(rows=1), state)
    assert world.run() == Progress(is_done=True)
    assert world.store.rows == 1
    assert world.pool.mock_calls == []
    world.deletions.finish.assert_not_called()


def test_second_worker_does_not_count_the_end_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeStore())
    world.now += WRITE_DRAIN_PERIOD
    world.deletions.finish.return_value = False
    assert world.run() == Progress(is_done=True, metric=None)


@pytest.mark.parametrize("error", [UnavailableError(), EndpointConnectionError(endpoint_url="https://idp")])
def test_outage_of_cognito_delays_only_the_end(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeStore(rows=60))
    world.now += WRITE_DRAIN_PERIOD
    world.pool.lock_out.side_effect = error
    world.pool.delete.side_effect = error
    with pytest.raises(type(error)):
        world.run()
    assert world.store.rows == 0
    world.deletions.finish.assert_not_called()


def test_lock_out_leaves_time_for_the_erasure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a Cognito that never responds would use up the time of each message."""
    world = World(monkeypatch, FakeStore())
    limits: list[float] = []
    world.pool.lock_out.side_effect = lambda _: limits.append(remaining_seconds())
    with request_deadline(55):
        world.run()
        assert limits[0] <= 20
        assert remaining_seconds() > 50


def test_missing_permission_is_not_suppressed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeStore(rows=1))
    world.pool.lock_out.side_effect = LookupError
    with pytest.raises(LookupError):
        world.run()


# The tests below use the embedded AWS.


@pytest.fixture
def container(settings: Settings) -> Container:
    return Container(settings)


@pytest.fixture
def members(settings: Settings, embedded: Service, container: Container) -> tuple[Member, Member]:
    """Create the members Kay and Lee. From now on they can write for the length of the write window."""

    async def register() -> list[str]:
        async with open_api(settings, embedded.endpoint, "uvicorn") as api:
            clients = [await api.create_member(handle) for handle in ("kay", "lee")]
            return [str((await client.get("/v1/me"))["id"]) for client in clients]

    kay_id, lee_id = asyncio.run(register())
    return container.directory.get_or_create(kay_id), container.directory.get_or_create(lee_id)


def _make_erasure(container: Container) -> Erasure:
    return Erasure(container.personal.deletions, container.suspensions, container.user_pool, container.personal.stores)


LATE_WRITES: dict[str, Callable[[Container, Member, str], Any]] = {
    "create": lambda container, kay, _: container.dwipps.create(kay, "Late"),
    "create with a key": lambda container, kay, _: container.writer.create(kay, "key", "Late"),
    "upvote": lambda container, kay, dwipp_id: container.reactions.change_upvote(kay, dwipp_id, Change.SET),
    "toggle": lambda container, kay, dwipp_id: container.reactions.change_upvote(kay, dwipp_id, Change.TOGGLE),
    "favorite": lambda container, kay, dwipp_id: container.reactions.change_favorite(kay, dwipp_id, Change.SET),
}


@pytest.mark.parametrize("write", LATE_WRITES.values(), ids=LATE_WRITES)
def test_write_that_was_let_through_before_the_mark_is_erased(
    write: Callable[[Container, Member, str], Any],
    container: Container,
    members: tuple[Member, Member],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(hours=1))
    kay, lee = members
    dwipp_by_lee = container.dwipps.create(lee, "Stays")
    container.personal.deletions.mark(kay.id, container.personal.deletions.get(kay.id))
    job = _make_erasure(container)

    assert not job.run(kay.id, never).is_done
    write(container, kay, dwipp_by_lee.id)
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))

    assert job.run(kay.id, never) == Progress(is_done=True, metric=METRIC)
    assert container.dwipps.list_recent(10, None) == [dwipp_by_lee]
    assert container.reactions.list_by_dwipp_id(kay.id, 10, "0") == []


def test_writes_after_the_write_deadline_are_refused(container: Container, members: tuple[Member, Member]) -> None:
    kay, _ = members
    dwipp = container.dwipps.create(kay, "In time")
    late_member = Member(kay.id, kay.handle, kay.joined_at, write_deadline=time.monotonic())
    for write in (
        lambda: container.dwipps.create(late_member, "Too late"),
        lambda: container.writer.create(late_member, "key", "Too late"),
        lambda: container.dwipps.edit(late_member, dwipp.id, "Too late", None),
        lambda: container.dwipps.delete(late_member, dwipp.id),
        lambda: container.reactions.change_upvote(late_member, dwipp.id, Change.SET),
        lambda: container.reactions.change_favorite(late_member, dwipp.id, Change.SET),
    ):
        with pytest.raises(UnavailableError):
            write()
    assert container.dwipps.list_recent(10, None) == [dwipp]
