"""The worker as a process: `python -m app.worker`. It polls the queue, and does the work of the worker function."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
import uuid

from app.aws.errors import log_failure
from app.errors import MisconfiguredError
from app.jobs.queue import Delivery
from app.jobs.worker import Worker
from app.observability import json_logging, text_logging
from app.settings import Settings
from app.worker_bootstrap import build_worker

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.jobs")

# The rate of the schedule in serverless.yml.
SWEEP_INTERVAL_SECONDS = 5 * 60.0

_PAUSE_AFTER_ERROR_SECONDS = 5.0
_PAUSE_STEP_SECONDS = 0.2
_DESCRIPTION = """\
Run Dwipper's background jobs: receive messages from the queue, and sweep stale pending rows every five minutes. SIGTERM
or Ctrl-C ends the process after the current batch of work. Another worker continues the job. Any number of workers can
run at the same time. The settings are the environment variables of the API."""


class WorkerProcess:
    """The loop of a worker process.

    Args:
        worker: does the work of the messages of its queue.
        stop: ends the loop when it is set.
    """

    def __init__(self, worker: Worker, stop: threading.Event) -> None:
        self._queue = worker.queue
        self._worker = worker
        self._stop = stop
        self._next_sweep = 0.0

    def run(self) -> None:
        """Do the work of messages until the process is stopped. After an error, pause and continue."""
        while not self._stop.is_set():
            try:
                self._step()
            except Exception as error:  # noqa: BLE001 -- no error ends the worker
                log_failure(logger, "worker pauses after an error", error)
                self._pause()

    def run_once(self, poll_seconds: int = 1) -> bool:
        """Sweep once, and do the work of messages until none is left. Return False if anything failed.

        Args:
            poll_seconds: the time to wait for a message. On AWS, a poll of 0 seconds may miss messages.
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
        """Do the work of a message, and delete it. If the process is stopping, give the message back instead."""
        if self._stop.is_set():
            self._queue.give_back(delivery)
            return True
        has_succeeded = self._worker.handle(delivery.message_id, delivery.body, self._stop.is_set)
        if has_succeeded:
            self._queue.delete(delivery)
        return has_succeeded


def main() -> int:
    """Run the worker. Return the exit code: 1 if a setting is invalid, or if the work of `--once` failed."""
    parser = argparse.ArgumentParser(prog="python -m app.worker", description=_DESCRIPTION)
    parser.add_argument("--once", action="store_true", help="sweep, empty the queue, and end; 1 if anything failed")
    arguments = parser.parse_args()
    try:
        settings = Settings.from_environment(os.environ)
    except MisconfiguredError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- no log is installed yet
        return 1
    _install_logging(settings)
    process = WorkerProcess(build_worker(settings), _stop_on_signals())
    if arguments.once:
        return 0 if _run_once(process) else 1
    logger.info("worker started")
    process.run()
    logger.info("worker stopped")
    return 0


def _run_once(process: WorkerProcess) -> bool:
    """Do the work of `--once`. Return False if anything failed, such as a call to the queue."""
    try:
        return process.run_once()
    except Exception as error:  # noqa: BLE001 -- the exit code says that something failed
        log_failure(logger, "worker ends after an error", error)
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
