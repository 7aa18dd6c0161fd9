"""A conflicting write is retried after pauses, until its deadline."""

from collections.abc import Callable

import pytest

from app.aws.retries import WriteConflictError, new_write_deadline, retry_on_conflict
from app.errors import UnavailableError
from testkit.doubles import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.aws.retries.time", clock)
    return clock


def make_attempt(failures: int) -> tuple[Callable[[], str], list[int]]:
    """Return an attempt that fails with this many conflicts before it succeeds, and the list of its calls."""
    calls: list[int] = []

    def attempt() -> str:
        calls.append(len(calls))
        if len(calls) <= failures:
            raise WriteConflictError
        return "done"

    return attempt, calls


def test_success_at_once_does_not_pause(clock: Clock) -> None:
    attempt, _ = make_attempt(0)
    assert retry_on_conflict(attempt, new_write_deadline()) == "done"
    assert clock.pauses == []


@pytest.mark.parametrize("failures", [1, 3, 10])
def test_conflicting_write_is_retried_until_it_succeeds(failures: int, clock: Clock) -> None:
    attempt, calls = make_attempt(failures)
    assert retry_on_conflict(attempt, new_write_deadline()) == "done"
    assert len(calls) == failures + 1
    assert len(clock.pauses) == failures


def test_retries_end_after_eight_seconds(clock: Clock) -> None:
    calls: list[float] = []

    def attempt() -> None:
        calls.append(clock.now)
        clock.now += 0.005  # A call takes time too.
        raise WriteConflictError

    with pytest.raises(UnavailableError) as raised:
        retry_on_conflict(attempt, new_write_deadline())
    assert isinstance(raised.value.__cause__, WriteConflictError)  # The log names its cause.
    assert 7 <= clock.now - 1000.0 <= 9
    assert len(calls) > 10


def test_pauses_are_random_and_bounded(clock: Clock) -> None:
    for _ in range(20):
        attempt, _calls = make_attempt(8)
        retry_on_conflict(attempt, new_write_deadline())
    assert max(clock.pauses) < 1
    assert len(set(clock.pauses)) == len(clock.pauses)
    first_pauses, last_pauses = clock.pauses[::8], clock.pauses[7::8]
    assert sum(first_pauses) < sum(last_pauses)


def test_other_errors_are_not_retried(clock: Clock) -> None:
    def attempt() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        retry_on_conflict(attempt, new_write_deadline())
    assert clock.pauses == []
