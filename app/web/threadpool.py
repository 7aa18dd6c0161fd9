"""Blocking code in routes: in a thread under a server, inline in a Lambda function.

A Lambda process handles one event at a time. A thread would only cost processor time there
(docs/adr/0006-run-blocking-code-inline-on-lambda.md).
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

_inline: ContextVar[bool] = ContextVar("inline", default=False)


@contextmanager
def run_inline() -> Iterator[None]:
    """Run blocking code inline for the duration of the block: no other request waits for this process."""
    token = _inline.set(True)
    try:
        yield
    finally:
        _inline.reset(token)


def in_threadpool(function: Callable[Parameters, Returned]) -> Callable[Parameters, Awaitable[Returned]]:
    """Make a blocking function awaitable. It runs in a thread, unless `run_inline` is in effect."""

    @wraps(function)
    async def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        if _inline.get():
            return function(*args, **kwargs)
        return await run_in_threadpool(function, *args, **kwargs)

    return call
