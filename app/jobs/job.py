"""The protocol of a job, and of the schedule that starts it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

# Returns True when a job must begin no further batch of work.
MustStop = Callable[[], bool]


class Progress(NamedTuple):
    """The result of the work on a job.

    Attributes:
        is_done: True if nothing is left to do.
        delay_seconds: the delay of the next message. At most 900, the maximum of SQS.
        metric: the business metric that counts the end of the job. None if the job is not done, or if the metric was
            counted before.
    """

    is_done: bool
    delay_seconds: int = 0
    metric: str | None = None


class Job(Protocol):
    """A kind of background job. It resumes from stored state, so several workers can run it at the same time."""

    def run(self, subject: str, must_stop: MustStop) -> Progress:
        """Work on the job until it is done, until it has to wait, or until `must_stop` returns True."""


# Returns the subjects of the jobs of a kind that are due. The sweep starts those that are not pending.
Schedule = Callable[[], Iterable[str]]
