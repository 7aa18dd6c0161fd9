"""The log of background jobs: one line for each message, with its job, outcome, duration and metrics.

A line holds a hash instead of the subject's id, like that of a request.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from app import __version__
from app.observability import log_handlers, request_context
from app.observability.metrics import job_metrics
from app.observability.tracing import hash_id, trace_id

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.jobs")

# `delayed` means that AWS failed, so that the job goes on later.
Outcome = Literal["done", "continued", "delayed", "failed"]
_FAILURES = ("delayed", "failed")


@dataclass(slots=True)
class JobLogEntry:
    """The facts about a message and its job that the log may contain. `revived` counts the jobs of a sweep."""

    job: str = "unknown"
    number: int | None = None
    subject: str | None = None
    outcome: Outcome = "failed"
    revived: int | None = None
    business_metric: str | None = None


@contextmanager
def log_job(message_id: str) -> Iterator[JobLogEntry]:
    """Bind a context for the duration of the block, and write one line at its end.

    The outcome is `failed` unless the block sets another one.
    """
    entry = JobLogEntry()
    started = time.perf_counter()
    with request_context.bind(message_id) as context:
        try:
            yield entry
        finally:
            if log_handlers.is_installed():
                _write(entry, len(context.cognito_failures), round((time.perf_counter() - started) * 1000, 1))


def _write(entry: JobLogEntry, cognito_errors: int, milliseconds: float) -> None:
    """Write one line. In JSON it is written at any log level, because it carries the metrics."""
    fields = {
        "trace_id": trace_id(),
        "job": entry.job,
        "number": entry.number,
        "outcome": entry.outcome,
        "revived": entry.revived,
        "duration_ms": milliseconds,
        "member": hash_id(entry.subject),
        "version": __version__,
    }
    values = job_metrics(
        has_failed=entry.outcome in _FAILURES, revived=entry.revived or 0, cognito_errors=cognito_errors
    )
    if entry.business_metric:
        values[entry.business_metric] = 1
    extra = {"fields": {name: value for name, value in fields.items() if value is not None}, "metrics": values}
    # `handle` skips the check of the logger's level. The handler of text logging has a level of its own.
    logger.handle(logger.makeRecord(logger.name, logging.INFO, __file__, 0, "job", (), None, extra=extra))
