"""The composition root of the worker. Only its entry points import it."""

from app.bootstrap import build_container
from app.jobs.messages import DELETE_ACCOUNT
from app.jobs.worker import Worker
from app.me.erasure import Erasure
from app.settings import Settings


def build_worker(settings: Settings) -> Worker:
    """Build the worker with all jobs. This makes no call."""
    container = build_container(settings)
    erasure = Erasure(container.deletions, container.suspensions, container.user_pool, container.personal_data)
    return Worker(container.job_queue, container.pending_jobs, {DELETE_ACCOUNT: erasure})
