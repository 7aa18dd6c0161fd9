"""The access log: one line for each request, with its member, status, duration and metrics.

A line holds the path template instead of the path, and a hash instead of the member's id. It holds nothing from the
query, the headers or the body of the request, and nothing from the body of the response.
"""

import logging
import time
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.observability import log_handlers, metrics, request_context
from app.observability.log_lines import hash_id, write_line
from app.observability.request_context import RequestContext
from app.observability.route_templates import UNMATCHED, resolve_template

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.access")

CLIENT_CLOSED_REQUEST = 499  # nginx's status for a client that disconnected before the response.

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


@dataclass(slots=True)
class AccessLogEntry:
    """The facts about a request and its response that the log may contain."""

    method: str
    route: str = UNMATCHED
    operation: str | None = None
    status: int = CLIENT_CLOSED_REQUEST
    business_metric: str | None = None


class AccessLog:
    """ASGI middleware that writes the log line of each request.

    It runs inside of `RequestIdMiddleware` and outside of all code that sends a response.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and log it."""
        if scope["type"] != "http" or not log_handlers.is_installed():
            await self._app(scope, receive, send)
            return
        with log_request(scope["state"]["request_id"], scope["method"]) as entry:

            async def observe_send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    entry.status = message["status"]
                    entry.business_metric = _business_metric(scope, message)
                await send(message)

            try:
                await self._app(scope, receive, observe_send)
            finally:
                entry.route, entry.operation = resolve_template(scope)


@contextmanager
def log_request(request_id: str, method: str) -> Iterator[AccessLogEntry]:
    """Bind a request context for the duration of the block, and write one line at its end.

    An exception that leaves the block is logged with the status 500, and a cancellation with 499.
    """
    entry = AccessLogEntry(method if method in _METHODS else "OTHER")
    started = time.perf_counter()
    with request_context.bind(request_id) as context:
        try:
            yield entry
        except CancelledError:
            entry.status = CLIENT_CLOSED_REQUEST  # The server shuts down, and closes the connection.
            raise
        except BaseException:
            entry.status = 500  # Mangum replaces an incomplete response by a 500.
            entry.business_metric = None
            logger.exception("request %s failed before the response was complete", request_id)
            raise
        finally:
            if log_handlers.is_installed():
                _write(entry, context, round((time.perf_counter() - started) * 1000, 1))


def _write(entry: AccessLogEntry, context: RequestContext, milliseconds: float) -> None:
    fields = {
        "method": entry.method,
        "route": entry.route,
        "operation": entry.operation,
        "status": entry.status,
        "duration_ms": milliseconds,
        "member": hash_id(context.member_id),
        "problem": context.problem,
    }
    values = metrics.request_metrics(entry.status, milliseconds, len(context.cognito_failures))
    if context.unsent_mails:
        values[metrics.UNSENT_MAILS] = len(context.unsent_mails)
    if entry.business_metric:
        values[entry.business_metric] = 1
    write_line(logger, "request", fields, values)


def _business_metric(scope: Scope, start: Message) -> str | None:
    """Return the metric that counts the response. None for failures, and for replays of an earlier response."""
    route = scope.get("route")
    if route is None or start["status"] != (getattr(route, "status_code", None) or 200):
        return None
    if any(name == b"idempotent-replayed" for name, _ in start.get("headers", ())):
        return None
    return metrics.business_metric(route.endpoint)
