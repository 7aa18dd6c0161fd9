"""Blocking code in routes: in a thread under a server, inline in a Lambda function.

A Lambda function works on one event at a time. A thread would cost a sixth of the processor time of an event there, and
no other request would profit.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar

from fastapi.routing import APIRoute
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


class ThreadpoolRoute(APIRoute):
    """A route whose endpoint may block, unless it is a coroutine function."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else in_threadpool(endpoint), **options)
