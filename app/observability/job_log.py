"""The log of background jobs: one line for each message, with its job, outcome, duration and metrics.

Like the line of a request, it holds a hash instead of the id of a member. Another subject is the name of a list.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from app.observability import log_handlers, request_context
from app.observability.log_lines import hash_id, write_line
from app.observability.metrics import job_metrics

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.jobs")

# `delayed`: the job is not done, and an error of AWS delays its next message.
Outcome = Literal["done", "continued", "delayed", "failed"]
_FAILURES = ("delayed", "failed")


@dataclass(slots=True)
class JobLogEntry:
    """The facts about a message or a sweep that the log may contain. `revived` counts the messages of a sweep."""

    job: str = "unknown"
    number: int | None = None
    subject: str | None = None
    outcome: Outcome = "failed"
    revived: int | None = None
    business_metric: str | None = None


@contextmanager
def log_job(message_id: str) -> Iterator[JobLogEntry]:
    """Bind a context for the duration of the `with` block, and write one line at its end.

    The outcome is `failed` unless the `with` block sets another one.
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
    fields = {
        "job": entry.job,
        "number": entry.number,
        "outcome": entry.outcome,
        "revived": entry.revived,
        "duration_ms": milliseconds,
        **_describe_subject(entry.subject),
    }
    values = job_metrics(
        has_failed=entry.outcome in _FAILURES, revived=entry.revived or 0, cognito_errors=cognito_errors
    )
    if entry.business_metric:
        values[entry.business_metric] = 1
    write_line(logger, "job", fields, values)


def _describe_subject(subject: str | None) -> dict[str, str | None]:
    return {"list": subject} if subject and subject.isalpha() else {"member": hash_id(subject)}
