"""The deadline of a request. Independent of HTTP and AWS.

API Gateway waits 29 seconds for an answer, a cold start included. A later answer reaches nobody, although its writes
may have happened. So each request gets a deadline, and starts nothing that could end after it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST_TIMEOUT_SECONDS = 24.0

_ends_at: ContextVar[float] = ContextVar("request_deadline")


@contextmanager
def request_deadline(seconds: float = REQUEST_TIMEOUT_SECONDS) -> Iterator[None]:
    """Set the deadline for the block, and for threads that run in a copy of its context."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def remaining_seconds() -> float:
    """Return the seconds until the deadline. Infinity without a deadline."""
    return _ends_at.get(float("inf")) - time.monotonic()
