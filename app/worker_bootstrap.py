"""The composition root of the worker. Only its entry points import it."""

from app.bootstrap import build_container
from app.jobs.messages import DECIDE_DWIPPS, DELETE_ACCOUNT
from app.jobs.worker import Worker
from app.me.erasure import Erasure
from app.moderation.bulk_job import BulkJob
from app.settings import Settings


def build_worker(settings: Settings) -> Worker:
    """Build the worker with all jobs. This makes no call."""
    container = build_container(settings)
    pending = container.pending_jobs
    erasure = Erasure(container.deletions, container.suspensions, container.user_pool, container.personal_data)
    bulk_job = BulkJob(
        container.bulk_decisions,
        container.suspensions,
        container.dwipps,
        container.case_states,
        container.decision_writer,
    )
    return Worker(container.job_queue, pending, {DELETE_ACCOUNT: erasure, DECIDE_DWIPPS: bulk_job})
