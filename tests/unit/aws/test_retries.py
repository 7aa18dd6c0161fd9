"""A write that others are in the way of is tried again after pauses, and not for ever."""

from collections.abc import Callable

import pytest

from app.aws.retries import WriteConflictError, new_write_deadline, retry_on_conflict
from app.errors import UnavailableError


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.aws.retries.time", clock)
    return clock


def _after(failures: int) -> tuple[Callable[[], str], list[int]]:
    """An attempt that works after so many that do not."""
    tries: list[int] = []

    def attempt() -> str:
        tries.append(len(tries))
        if len(tries) <= failures:
            raise WriteConflictError
        return "done"

    return attempt, tries


def test_what_works_at_once_does_not_wait(clock: Clock) -> None:
    attempt, _ = _after(0)
    assert retry_on_conflict(attempt, new_write_deadline()) == "done"
    assert clock.pauses == []


@pytest.mark.parametrize("failures", [1, 3, 10])
def test_it_is_tried_until_it_works(failures: int, clock: Clock) -> None:
    attempt, tries = _after(failures)
    assert retry_on_conflict(attempt, new_write_deadline()) == "done"
    assert len(tries) == failures + 1
    assert len(clock.pauses) == failures


def test_it_gives_up_after_eight_seconds(clock: Clock) -> None:
    tries: list[float] = []

    def attempt() -> None:
        tries.append(clock.now)
        clock.now += 0.005  # A call takes its time too.
        raise WriteConflictError

    with pytest.raises(UnavailableError):
        retry_on_conflict(attempt, new_write_deadline())
    assert 7 <= clock.now - 1000.0 <= 9
    assert len(tries) > 10


def test_pauses_are_random_and_bounded(clock: Clock) -> None:
    for _ in range(20):
        attempt, _tries = _after(8)
        retry_on_conflict(attempt, new_write_deadline())
    assert max(clock.pauses) < 1
    assert len(set(clock.pauses)) == len(clock.pauses)
    firsts, lasts = clock.pauses[::8], clock.pauses[7::8]
    assert sum(firsts) < sum(lasts)


def test_any_other_error_ends_it(clock: Clock) -> None:
    def attempt() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        retry_on_conflict(attempt, new_write_deadline())
    assert clock.pauses == []
