"""The job that deletes an account: all personal data first, then the Cognito user, and the profile last."""

import math
import time
from collections.abc import Sequence
from datetime import timedelta

from app.aws.concurrency import gather
from app.aws.deadline import remaining_seconds, request_deadline
from app.aws.errors import is_transient, log_suppressed
from app.aws.timestamps import now
from app.cognito.user_pool import UserPool
from app.jobs.job import MustStop, Progress
from app.me.deletions import DeletionRepository
from app.members.models import Member
from app.members.personal_data import PersonalData
from app.members.suspensions import SuspensionRepository

METRIC = "AccountsDeleted"

# If Cognito does not respond, time must remain for the erasure: a message has WORK_SECONDS.
_LOCK_OUT_TIMEOUT_SECONDS = 20.0

# A batch that begins at the last moment must end before the deadline of its message.
_BATCH_TIMEOUT_SECONDS = 15.0
# The maximum number of rows of each store in a batch.
_BATCH_SIZE = 25


class Erasure:
    """The erasure of marked accounts. It can stop at any point, because it resumes from the data that is left."""

    def __init__(
        self,
        deletions: DeletionRepository,
        suspensions: SuspensionRepository,
        pool: UserPool,
        stores: Sequence[PersonalData],
    ) -> None:
        self._deletions = deletions
        self._suspensions = suspensions
        self._pool = pool
        self._stores = stores

    def run(self, subject: str, must_stop: MustStop) -> Progress:
        """Erase what is left of an account.

        The last pass begins after the drain period, because earlier writes can still take effect during it.

        Args:
            subject: the id of the member.
            must_stop: returns True when no further batch may begin.
        """
        state = self._deletions.get(subject)
        if state.is_over:
            self._deletions.forget_job(subject)  # The row exists only if an earlier release ended the deletion.
        if state.marked_at is None or state.is_over:
            return Progress(is_done=True)
        self._lock_out(subject)
        while not must_stop():
            began_at = now()
            if self._erase_batch(subject, state.handle):
                continue
            wait = state.remaining_drain(began_at)
            if wait > timedelta(0):
                return Progress(is_done=False, delay_seconds=math.ceil(wait.total_seconds()))
            if state.suspension is not None:
                # Before the user is deleted, because then the email is free for a new account.
                self._suspensions.end_with_account(state.suspension)
            self._pool.delete(subject)
            return Progress(is_done=True, metric=METRIC if self._deletions.finish(subject) else None)
        return Progress(is_done=False)

    def _lock_out(self, member_id: str) -> None:
        """End all sessions, in case the request failed to do so. An outage of Cognito does not stop the erasure."""
        try:
            with request_deadline(min(_LOCK_OUT_TIMEOUT_SECONDS, remaining_seconds())):
                self._pool.lock_out(member_id)
        except Exception as error:
            if not is_transient(error):
                raise
            log_suppressed(error)

    def _erase_batch(self, member_id: str, handle: str | None) -> bool:
        """Erase some of the personal data. Return False if there was none."""
        if handle is None:
            return False
        # This bounds the writes of the batch. The write window of a member does not apply here.
        write_deadline = time.monotonic() + _BATCH_TIMEOUT_SECONDS
        member = Member(member_id, handle, joined_at=now(), write_deadline=write_deadline)
        calls = [call for store in self._stores for call in store.erase(member, _BATCH_SIZE)]
        gather(calls)
        return bool(calls)
