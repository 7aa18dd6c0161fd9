"""The log of the heartbeat: one line for each beat, with the outcome of each check, the duration and the metrics."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.observability import log_handlers, request_context
from app.observability.log_lines import write_line
from app.observability.metrics import heartbeat_metrics

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.heartbeat")

OK = "ok"
NOT_SET_UP = "not-set-up"


@dataclass(slots=True)
class HeartbeatLogEntry:
    """The outcomes of the checks: OK, NOT_SET_UP, or the status or the error that a check got."""

    health: str = "unknown"
    login: str = "unknown"


@contextmanager
def log_heartbeat(beat_id: str) -> Iterator[HeartbeatLogEntry]:
    """Bind a context for the duration of the `with` block, and write one line at its end."""
    entry = HeartbeatLogEntry()
    started = time.perf_counter()
    with request_context.bind(beat_id):
        try:
            yield entry
        finally:
            if log_handlers.is_installed():
                _write(entry, round((time.perf_counter() - started) * 1000, 1))


def _write(entry: HeartbeatLogEntry, milliseconds: float) -> None:
    fields = {"health": entry.health, "login": entry.login, "duration_ms": milliseconds}
    has_logged_in = None if entry.login == NOT_SET_UP else entry.login == OK
    write_line(
        logger, "heartbeat", fields, heartbeat_metrics(is_healthy=entry.health == OK, has_logged_in=has_logged_in)
    )
