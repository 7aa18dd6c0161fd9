"""How long a request may take; knows neither HTTP nor AWS.

API Gateway waits 29 seconds for an answer, and a cold start is part of them. What comes later nobody hears, though it
may have written. So every request has a time by which it is over, and begins nothing that could end after that.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST_SECONDS = 24.0

_over_at: ContextVar[float] = ContextVar("over_at")


@contextmanager
def request_time(seconds: float = REQUEST_SECONDS) -> Iterator[None]:
    """What is done in this block, threads with a copy of its context included, has so many seconds from now on."""
    token = _over_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _over_at.reset(token)


def seconds_left() -> float:
    """How many seconds the request has still; for ever where there is none."""
    return _over_at.get(float("inf")) - time.monotonic()
