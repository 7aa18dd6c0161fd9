"""Concurrent calls run at the same time, and their results come in order."""

import threading

import pytest

from app.aws.concurrency import gather, run_concurrently
from app.aws.deadline import remaining_seconds, request_deadline


def test_both_calls_run_at_the_same_time() -> None:
    barrier = threading.Barrier(2, timeout=5)
    assert all(number in (0, 1) for number in run_concurrently(barrier.wait, barrier.wait))


def test_both_results_are_returned_in_order() -> None:
    second_is_done = threading.Event()

    def first() -> bool:
        return second_is_done.wait(5)

    def second() -> str:
        second_is_done.set()
        return "second"

    assert run_concurrently(first, second) == (True, "second")


def test_first_error_in_order_is_raised() -> None:
    def first() -> None:
        raise KeyError

    def second() -> None:
        raise ValueError

    with pytest.raises(KeyError):
        run_concurrently(first, second)
    with pytest.raises(ValueError, match=r"^$"):
        run_concurrently(lambda: None, second)


def test_gathered_results_are_in_order() -> None:
    assert gather([]) == []
    assert gather([lambda: 1]) == [1]
    assert gather(lambda number=number: number for number in range(100)) == list(range(100))  # type: ignore[misc]


def test_gathered_calls_run_at_the_same_time() -> None:
    barrier = threading.Barrier(8, timeout=5)
    assert sorted(gather([barrier.wait] * 8)) == list(range(8))


def test_error_in_one_gathered_call_is_raised() -> None:
    def fail() -> int:
        raise KeyError

    with pytest.raises(KeyError):
        gather([lambda: 1, fail, lambda: 3])


def test_concurrent_calls_share_the_deadline() -> None:
    with request_deadline(5):
        remaining = [
            *run_concurrently(remaining_seconds, remaining_seconds),
            *gather([remaining_seconds, remaining_seconds]),
        ]
    assert all(4 < seconds <= 5 for seconds in remaining)
