"""The worker as a process: `python -m app.worker`. It does the work of the worker function, by polling the queue."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
import uuid

from app.aws.errors import describe_cause, format_cause
from app.errors import MisconfiguredError
from app.jobs.queue import Delivery, JobQueue
from app.jobs.worker import Worker
from app.observability import json_logging, text_logging
from app.settings import Settings
from app.worker_bootstrap import build_worker

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.jobs")

# That of the rule in serverless.yml.
SWEEP_INTERVAL_SECONDS = 5 * 60.0

_PAUSE_AFTER_ERROR_SECONDS = 5.0
_PAUSE_STEP_SECONDS = 0.2
_DESCRIPTION = """\
Run Dwipper's background jobs: receive messages from the queue, and sweep for lost jobs every five minutes. SIGTERM or
Ctrl-C ends the process after the current batch of work; another worker goes on with the job. Any number of workers can
run. The settings are the environment variables of the API."""


class WorkerProcess:
    """The loop of a worker process.

    Args:
        queue: the queue to poll.
        worker: does the work of the messages.
        stop: ends the loop when it is set.
    """

    def __init__(self, queue: JobQueue, worker: Worker, stop: threading.Event) -> None:
        self._queue = queue
        self._worker = worker
        self._stop = stop
        self._next_sweep = 0.0

    def run(self) -> None:
        """Do the work of messages until the process is stopped. An error of AWS only delays it."""
        while not self._stop.is_set():
            try:
                self._step()
            except Exception as error:
                cause = describe_cause(error)
                logger.exception("worker pauses after an error: %s", format_cause(cause), extra={"fields": cause})
                self._pause()

    def run_once(self, poll_seconds: int = 1) -> bool:
        """Do what is due: sweep, and do the work of messages until none is left. Return False if anything failed.

        Args:
            poll_seconds: how long to wait for a message. A poll without a wait may miss messages on AWS.
        """
        has_succeeded = self._worker.sweep(_new_sweep_id())
        while not self._stop.is_set() and (delivery := self._queue.receive(poll_seconds)):
            has_succeeded = self._handle(delivery) and has_succeeded
        return has_succeeded

    def _pause(self) -> None:
        # No `Event.wait`: a signal handler that sets the event could wait for a lock that this thread holds.
        ends_at = time.monotonic() + _PAUSE_AFTER_ERROR_SECONDS
        while time.monotonic() < ends_at and not self._stop.is_set():
            time.sleep(_PAUSE_STEP_SECONDS)

    def _step(self) -> None:
        if time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + SWEEP_INTERVAL_SECONDS
            self._worker.sweep(_new_sweep_id())
        if delivery := self._queue.receive():
            self._handle(delivery)

    def _handle(self, delivery: Delivery) -> bool:
        """Do the work of a message, and delete the message. Give it back if the process is about to end."""
        if self._stop.is_set():
            self._queue.give_back(delivery)
            return True
        has_succeeded = self._worker.handle(delivery.message_id, delivery.body, self._stop.is_set)
        if has_succeeded:
            self._queue.delete(delivery)
        return has_succeeded


def main() -> int:
    """Run the worker. Return the exit code: 1 if a setting is invalid, or if `--once` failed to do what is due."""
    parser = argparse.ArgumentParser(prog="python -m app.worker", description=_DESCRIPTION)
    parser.add_argument("--once", action="store_true", help="do what is due, then end: 1 is the exit code of a failure")
    arguments = parser.parse_args()
    try:
        settings = Settings.from_environment(os.environ)
    except MisconfiguredError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- no log is installed yet
        return 1
    _install_logging(settings)
    process = WorkerProcess(
        JobQueue(settings.region, settings.job_queue_url), build_worker(settings), _stop_on_signals()
    )
    if arguments.once:
        return 0 if _run_once(process) else 1
    logger.info("worker started")
    process.run()
    logger.info("worker stopped")
    return 0


def _run_once(process: WorkerProcess) -> bool:
    """Do what is due. Return False if anything failed, such as the queue."""
    try:
        return process.run_once()
    except Exception as error:
        cause = describe_cause(error)
        logger.exception("worker ends after an error: %s", format_cause(cause), extra={"fields": cause})
        return False


def _install_logging(settings: Settings) -> None:
    logging.getLogger("app").setLevel(settings.log_level)
    if settings.log_format == "json":
        json_logging.install(settings.stage)
    else:
        text_logging.install(settings.log_level)


def _stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM or Ctrl-C sets, so that no signal interrupts a write."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _new_sweep_id() -> str:
    return str(uuid.uuid4())


if __name__ == "__main__":
    sys.exit(main())
