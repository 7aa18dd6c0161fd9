"""Concurrent calls run at the same time, and their results come in order."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.aws import concurrency
from app.aws.concurrency import MAX_CONCURRENT_REQUESTS, gather, run_concurrently
from app.aws.deadline import remaining_seconds, request_deadline


def test_both_calls_run_at_the_same_time() -> None:
    barrier = threading.Barrier(2, timeout=5)
    assert all(number in (0, 1) for number in run_concurrently(barrier.wait, barrier.wait))


def test_three_calls_run_at_the_same_time() -> None:
    barrier = threading.Barrier(3, timeout=5)
    assert sorted(run_concurrently(barrier.wait, barrier.wait, barrier.wait)) == [0, 1, 2]


def test_three_calls_of_all_requests_run_at_the_same_time() -> None:
    barrier = threading.Barrier(3 * MAX_CONCURRENT_REQUESTS, timeout=10)

    def serve(_: int) -> tuple[int, int, int]:
        return run_concurrently(barrier.wait, barrier.wait, barrier.wait)

    with ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS) as requests:
        positions = [position for served in requests.map(serve, range(MAX_CONCURRENT_REQUESTS)) for position in served]
    assert sorted(positions) == list(range(3 * MAX_CONCURRENT_REQUESTS))


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


class TestBusyPool:
    """A pool with a single thread."""

    @pytest.fixture(autouse=True)
    def pool(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with ThreadPoolExecutor(1) as pool:
            monkeypatch.setattr(concurrency, "_executor", lambda: pool)
            yield

    @pytest.fixture
    def release(self) -> Iterator[threading.Event]:
        """Occupy the thread of the pool until the event is set."""
        release, is_occupied = threading.Event(), threading.Event()

        def occupy() -> bool:
            is_occupied.set()
            return release.wait(10)

        occupant: Future[bool] = concurrency._executor().submit(occupy)
        assert is_occupied.wait(5)
        yield release
        release.set()
        assert occupant.result(5)

    @pytest.mark.timeout(10, method="thread")
    def test_nested_calls_cannot_deadlock(self) -> None:
        def nest(depth: int) -> int:
            if depth == 0:
                return 1
            return sum(gather([lambda: nest(depth - 1)] * 2)) + sum(
                run_concurrently(lambda: nest(depth - 1), lambda: nest(depth - 1), lambda: nest(depth - 1))
            )

        assert nest(4) == 5**4

    @pytest.mark.timeout(10, method="thread")
    @pytest.mark.usefixtures("release")
    def test_caller_makes_the_calls_that_find_no_thread(self) -> None:
        threads = gather([threading.current_thread] * 3)
        assert threads == [threading.current_thread()] * 3

    def test_calls_that_found_no_thread_are_dropped_after_a_failure(self, release: threading.Event) -> None:
        made: list[int] = []

        def fail() -> None:
            raise KeyError

        with pytest.raises(KeyError):
            gather([lambda: made.append(1), fail, lambda: made.append(3)])
        release.set()
        assert made == [1]

    def test_running_call_ends_before_the_failure_of_another_is_raised(self) -> None:
        is_running, has_ended = threading.Event(), threading.Event()

        def fail() -> None:
            assert is_running.wait(5)
            raise KeyError

        def run() -> None:
            is_running.set()
            time.sleep(0.05)
            has_ended.set()

        with pytest.raises(KeyError):
            gather([fail, run])
        assert has_ended.is_set()
