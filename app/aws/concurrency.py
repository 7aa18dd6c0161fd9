"""Concurrent calls to AWS within one request.

Do not nest: a task that waits for another task of the same pool can deadlock it.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from typing import TypeVar

T = TypeVar("T")
First = TypeVar("First")
Second = TypeVar("Second")

# Requests that one process works on at the same time. Behind API Gateway it is one.
MAX_CONCURRENT_REQUESTS = 64
# Calls that all requests together make beyond their first ones.
MAX_EXTRA_CALLS = 64


def run_concurrently(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Run two independent calls at the same time, and return both results.

    If both fail, the error of the first is raised.
    """
    other = _submit(second)
    try:
        return first(), other.result()
    finally:
        wait([other])  # Even after a failure: Lambda would freeze the other call halfway.


def gather(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Run independent calls at the same time, and return their results in order."""
    calls = list(calls)
    if len(calls) == 1:
        return [calls[0]()]
    futures = [_submit(call) for call in calls]
    wait(futures)  # Even after a failure: Lambda would freeze the other calls halfway.
    return [future.result() for future in futures]


def _submit(call: Callable[[], T]) -> "Future[T]":
    """Start a call in another thread, in a copy of the context, so that it has the request's deadline."""
    return _executor().submit(copy_context().run, call)


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=MAX_EXTRA_CALLS, thread_name_prefix="aws-call")
