"""Where code runs that waits for AWS: in a thread beside a server's loop, or at once where nobody else is served.

A Lambda function works on one event at a time. A thread there would cost a sixth of the processor's time for an event,
and nobody would gain by it.
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

_alone: ContextVar[bool] = ContextVar("alone", default=False)


@contextmanager
def alone() -> Iterator[None]:
    """The request of this block is the only one of its process."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def waiting(function: Callable[Parameters, Returned]) -> Callable[Parameters, Awaitable[Returned]]:
    """The function as FastAPI takes it, which may wait: other requests, if there are any, go on meanwhile."""

    @wraps(function)
    async def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        if _alone.get():
            return function(*args, **kwargs)
        return await run_in_threadpool(function, *args, **kwargs)

    return call


class Route(APIRoute):
    """A route whose endpoint, unless it is a coroutine function, may wait."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else waiting(endpoint), **options)
