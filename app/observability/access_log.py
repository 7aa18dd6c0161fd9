"""One line in the log for every request: what was asked, by whom, how it was answered, and what CloudWatch counts.

It has the template of the path and not the path, the hash of a member and not the member. Of the request's query,
headers and body, and of its answer's, nothing is in it.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import __version__
from app.observability import json_logging, metrics, request_context
from app.observability.route_templates import UNMATCHED, Templates

logger = logging.getLogger("app.access")

CLIENT_LEFT = 499  # As nginx has it: whoever asked did not wait for the answer.

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
# https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
_TRACE_ROOT = re.compile(r"(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


@dataclass(slots=True)
class Exchange:
    """A request and its answer, as far as the log may know them."""

    method: str
    route: str = UNMATCHED
    operation: str | None = None
    status: int = CLIENT_LEFT
    replayed: bool = False


class AccessLog:
    """Writes the line of each request (ASGI middleware, outside of all that answer, inside of what gives an id)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._templates = Templates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or not json_logging.installed():
            await self._app(scope, receive, send)
            return
        with written(scope["state"]["request_id"], scope["method"]) as exchange:

            async def noted_send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    exchange.status = message["status"]
                    exchange.replayed = any(name == b"idempotent-replayed" for name, _ in message.get("headers", ()))
                await send(message)

            try:
                await self._app(scope, receive, noted_send)
            finally:
                exchange.route, exchange.operation = self._templates.of(scope)


@contextmanager
def written(request_id: str, method: str) -> Iterator[Exchange]:
    """Take notes in this block, and write the line of the request at its end, whatever it comes to."""
    exchange = Exchange(method if method in _METHODS else "OTHER")
    begun = time.perf_counter()
    with request_context.taken(request_id) as taken:
        try:
            yield exchange
        except BaseException:
            exchange.status = 500  # What Mangum makes of an answer that broke off, whatever it began with.
            logger.exception("request %s broke off", request_id)
            raise
        finally:
            if json_logging.installed():
                _write(exchange, taken, round((time.perf_counter() - begun) * 1000, 1))


def _write(exchange: Exchange, taken: request_context.Notes, milliseconds: float) -> None:
    """Write one line. It is the metrics, too, and so written at any level of the log: past `isEnabledFor`."""
    fields = {
        "trace_id": _trace_id(),
        "method": exchange.method,
        "route": exchange.route,
        "operation": exchange.operation,
        "status": exchange.status,
        "duration_ms": milliseconds,
        "member": _hash(taken.member_id),
        "problem": taken.problem,
        "version": __version__,
    }
    extra = {
        "fields": {name: value for name, value in fields.items() if value is not None},
        "metrics": metrics.of_request(exchange.status, milliseconds, len(taken.cognito_failures))
        | metrics.of_business(exchange.operation, exchange.status, replayed=exchange.replayed),
    }
    logger.handle(logger.makeRecord(logger.name, logging.INFO, __file__, 0, "request", (), None, extra=extra))


def _trace_id() -> str | None:
    """X-Ray's id of the trace, by the variable that Lambda's runtime sets at every invocation."""
    found = _TRACE_ROOT.search(os.environ.get("_X_AMZN_TRACE_ID", ""))
    return found[1] if found else None


def _hash(member_id: str | None) -> str | None:
    """What tells members apart in the log. No key is needed: a `sub` is a random UUID, and nobody can try them all."""
    return hashlib.sha256(member_id.encode()).hexdigest()[:16] if member_id else None
