"""Background jobs in the process of a test."""

import asyncio
import threading

from app.settings import Settings
from app.worker import WorkerProcess
from app.worker_bootstrap import build_worker


def run_jobs(settings: Settings) -> None:
    """Do the work of all messages that are due. Raises AssertionError if a message fails."""
    assert WorkerProcess(build_worker(settings), threading.Event()).run_once(poll_seconds=0), "a job failed"


async def run_jobs_in_thread(settings: Settings) -> None:
    """Do the work of all messages that are due, in another thread."""
    await asyncio.to_thread(run_jobs, settings)
