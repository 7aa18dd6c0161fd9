"""The worker: runs the jobs of messages, and sends messages for jobs that are due and for stale pending rows."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from functools import partial

from app.aws.deadline import request_deadline
from app.aws.errors import is_transient, log_failure, log_suppressed
from app.jobs.job import Job, MustStop, Progress, Schedule
from app.jobs.messages import MAX_NUMBER, JobKind, JobMessage, UnreadableMessageError
from app.jobs.pending import PendingJobRepository
from app.jobs.queue import JobQueue
from app.observability.job_log import JobLogEntry, log_job

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.jobs")

# The timeout of the worker function is 60 seconds. The time of a message counts from its start. After WORK_SECONDS, the
# job begins no batch. No call begins that could end after DEADLINE_SECONDS.
WORK_SECONDS = 40.0
DEADLINE_SECONDS = 55.0
# The time before the deadline that is reserved for sending the next message.
_SEND_SECONDS = 6.0

# The pauses after a transient error. Within a message, the bound of the pause doubles from the first value to the
# second. The third value is the minimum delay of the next message.
_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 4.0
_RETRY_DELAY_SECONDS = 30


class ChainTooLongError(Exception):
    """The chain of a job's messages is too long. Most likely the job never ends."""


class Worker:
    """The worker of all kinds of jobs, and the queue of their messages.

    Args:
        queue: the queue.
        pending: the pending rows.
        jobs: the jobs by kind.
        schedules: the schedules of those kinds whose jobs no request starts.
    """

    def __init__(
        self,
        queue: JobQueue,
        pending: PendingJobRepository,
        jobs: Mapping[JobKind, Job],
        schedules: Mapping[JobKind, Schedule] | None = None,
    ) -> None:
        self.queue = queue
        self._pending = pending
        self._jobs = jobs
        self._schedules = schedules or {}

    def handle(self, message_id: str, body: str, is_stopping: MustStop = lambda: False) -> bool:
        """Do the work of a message. Return True if the message can be deleted.

        If False, SQS delivers the message again, and moves it to the dead-letter queue after the fifth time.

        Args:
            message_id: the id of the message, for the log.
            body: the body of the message.
            is_stopping: returns True if the process has to end soon.
        """
        with log_job(message_id) as entry:
            _run_logged(entry, partial(self._handle, entry, body, is_stopping))
        return entry.outcome != "failed"

    def sweep(self, sweep_id: str) -> bool:
        """Send a message for each stale pending row, and start the jobs that are due. Return False if that failed.

        If the time of a sweep does not suffice for all rows, the next sweep continues.

        Args:
            sweep_id: the id of the run, for the log.
        """
        with log_job(sweep_id) as entry:
            _run_logged(entry, partial(self._sweep, entry))
        return entry.outcome != "failed"

    def _handle(self, entry: JobLogEntry, body: str, is_stopping: MustStop) -> None:
        message = JobMessage.from_json(body)
        entry.job, entry.number, entry.subject = message.kind, message.number, message.subject
        if message.number > MAX_NUMBER:
            raise ChainTooLongError
        with request_deadline(DEADLINE_SECONDS - _SEND_SECONDS):
            progress, had_errors = self._run_until_time_is_up(message, is_stopping)
        if progress.is_done:
            entry.outcome, entry.business_metric = "done", progress.metric
            return
        delay = max(progress.delay_seconds, _RETRY_DELAY_SECONDS) if had_errors else progress.delay_seconds
        self.queue.send(message.next(), delay)
        entry.outcome = "delayed" if had_errors else "continued"

    def _sweep(self, entry: JobLogEntry) -> None:
        entry.job, entry.revived = "sweep", 0
        ends_at = time.monotonic() + WORK_SECONDS
        last_error: Exception | None = None
        for kind in self._jobs:
            for subject in self._pending.iter_stale(kind):
                if time.monotonic() >= ends_at:
                    break
                error = _try(partial(self._revive, kind, subject))
                entry.revived += error is None
                last_error = error or last_error
        for kind, schedule in self._schedules.items():
            last_error = _try(partial(self._start_due_jobs, kind, schedule)) or last_error
        if last_error is not None and not entry.revived:
            raise last_error
        entry.outcome = "done"

    def _start_due_jobs(self, kind: JobKind, schedule: Schedule) -> None:
        for subject in schedule():
            if self._pending.add_if_absent(kind, subject):
                # If that fails, the row becomes stale, and a later sweep sends another message.
                self.queue.send_or_log(JobMessage(kind=kind, subject=subject))

    def _revive(self, kind: JobKind, subject: str) -> None:
        """Send a message for a pending row."""
        # In this order, because a failure in between then leads to a second message instead of none.
        self.queue.send(JobMessage(kind=kind, subject=subject))
        self._pending.touch(kind, subject)

    def _run_until_time_is_up(self, message: JobMessage, is_stopping: MustStop) -> tuple[Progress, bool]:
        """Run the job. After a transient error, run it again until the time is up.

        Return the progress, and whether there was a transient error.
        """
        ends_at = time.monotonic() + WORK_SECONDS

        def must_stop() -> bool:
            return is_stopping() or time.monotonic() >= ends_at

        bound = _FIRST_PAUSE_SECONDS
        while True:
            try:
                self._pending.touch(message.kind, message.subject)
                return self._jobs[message.kind].run(message.subject, must_stop), bound > _FIRST_PAUSE_SECONDS
            except Exception as error:
                if not is_transient(error):
                    raise
                log_suppressed(error)
            if must_stop():
                return Progress(is_done=False), True
            time.sleep(random.uniform(0, bound))  # noqa: S311 -- jitter, not a secret
            bound = min(bound * 2, _MAX_PAUSE_SECONDS)


def _try(call: Callable[[], None]) -> Exception | None:
    """Make a call of the sweep. Return a transient error, so that the sweep continues with the others."""
    try:
        call()
    except Exception as error:
        if not is_transient(error):
            raise
        log_suppressed(error)
        return error
    return None


def _run_logged(entry: JobLogEntry, work: Callable[[], None]) -> None:
    """Do the work with a deadline. Log an exception instead of raising it."""
    try:
        with request_deadline(DEADLINE_SECONDS):
            work()
    except UnreadableMessageError as error:
        logger.error("message cannot be read: %s", error)  # noqa: TRY400 -- the frames say nothing
    except Exception as error:  # noqa: BLE001 -- whatever a job raises
        log_failure(logger, f"job {entry.job} failed", error)
