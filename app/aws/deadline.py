"""The deadline of a request.

API Gateway's timeout is 29 seconds and includes the cold start. The client does not receive a later response, although
its writes may have happened. So each request has a deadline, and starts no call that could end after it. The
time in which a client of uvicorn sends its body moves the deadline.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

import math
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


def extend_deadline(seconds: float) -> None:
    """Move the deadline of the current request by this number of seconds.

    Raises:
        LookupError: outside of a request.
    """
    _ends_at.set(_ends_at.get() + seconds)


def remaining_seconds() -> float:
    """Return the seconds until the deadline. Infinity without a deadline."""
    return _ends_at.get(math.inf) - time.monotonic()
