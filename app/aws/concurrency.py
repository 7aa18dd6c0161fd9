"""Concurrent calls to AWS within one request.

Calls may nest. A thread never waits for a call that has not started: it runs that call itself. So the threads of the
pool cannot deadlock, and if all of them are busy, a request still goes on.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar, overload

T = TypeVar("T")
First = TypeVar("First")
Second = TypeVar("Second")
Third = TypeVar("Third")

# Requests that one process works on at the same time. Behind API Gateway it is one.
MAX_CONCURRENT_REQUESTS = 64
# Calls that all requests together make beyond their first ones: two for each request. A request with more calls, for
# example to read many feed shards, may make some of them one after the other.
MAX_EXTRA_CALLS = 2 * MAX_CONCURRENT_REQUESTS


@overload
def run_concurrently(first: Callable[[], First], second: Callable[[], Second], /) -> tuple[First, Second]: ...
@overload
def run_concurrently(
    first: Callable[[], First], second: Callable[[], Second], third: Callable[[], Third], /
) -> tuple[First, Second, Third]: ...
def run_concurrently(*calls: Callable[[], Any]) -> tuple[Any, ...]:
    """Run two or three independent calls at the same time, and return their results. See `gather`."""
    return tuple(gather(calls))


def gather(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Run independent calls at the same time, and return their results in order.

    If calls fail, the error of the first of them is raised. Calls that have not started by then are dropped.
    """
    calls = list(calls)
    inline, others = calls[:1], calls[1:]  # This thread runs the first call.
    futures = [_submit(call) for call in others]
    try:
        return [call() for call in inline] + [
            call() if future.cancel() else future.result() for call, future in zip(others, futures, strict=True)
        ]
    finally:
        # Even after a failure: Lambda would freeze a running call halfway.
        wait([future for future in futures if not future.cancel()])


def _submit(call: Callable[[], T]) -> "Future[T]":
    """Start a call in another thread, in a copy of the context, so that it has the request's deadline."""
    return _executor().submit(copy_context().run, call)


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=MAX_EXTRA_CALLS, thread_name_prefix="aws-call")
