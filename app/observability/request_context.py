"""The context of one request: the facts for its log line.

Code that learns a fact about a request records it here, without calling the log. Threads that run in a copy of the
request's context share the same object.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class RequestContext:
    """The id of a request, its member, the problem of its response, failed calls to Cognito, and unsent mails."""

    request_id: str = ""
    member_id: str | None = None
    problem: str | None = None
    # A list, not a counter: `append` is atomic, `+=` is not, and several threads record failures at once.
    cognito_failures: list[str] = field(default_factory=list)
    unsent_mails: list[str] = field(default_factory=list)


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


@contextmanager
def bind(request_id: str) -> Iterator[RequestContext]:
    """Make a new context current for the duration of the block, including threads that copy it."""
    context = RequestContext(request_id)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def current() -> RequestContext:
    """Return the context of the current request. Outside of a request, return a new one, which is discarded."""
    return _current.get() or RequestContext()
