"""What is noted of a request while it is under way, for its line in the log; knows neither HTTP nor AWS.

Who finds something out notes it where they stand, and need not know who reads it. Threads with a copy of the request's
context note it in the same place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Notes:
    """Of one request: its id, who makes it, which problem it is answered with, and how calls to Cognito failed."""

    request_id: str = ""
    member_id: str | None = None
    problem: str | None = None
    # A list and not a number: several threads may append to it at once, and none gets lost.
    cognito_failures: list[str] = field(default_factory=list)


_current: ContextVar[Notes | None] = ContextVar("notes", default=None)


@contextmanager
def taken(request_id: str) -> Iterator[Notes]:
    """What is noted in this block, threads with a copy of its context included, is of this request."""
    notes = Notes(request_id)
    token = _current.set(notes)
    try:
        yield notes
    finally:
        _current.reset(token)


def current() -> Notes:
    """Those of the request under way; where there is none, some that nobody reads."""
    return _current.get() or Notes()
