"""The objects that start background jobs."""

from app.bootstrap.core import Core
from app.jobs.pending import PendingJobRepository
from app.jobs.queue import JobQueue


class Jobs:
    """The queue of the jobs, and the rows of those that wait."""

    def __init__(self, core: Core) -> None:
        settings = core.settings
        self.pending = PendingJobRepository(core.client, settings.safety_table)
        self.queue = JobQueue(settings.region, settings.job_queue_url)
