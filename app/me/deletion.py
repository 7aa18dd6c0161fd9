"""The request to delete an account. The job in `app/me/erasure.py` erases the data."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from app.aws.deadline import remaining_seconds
from app.aws.errors import log_suppressed, to_domain_error
from app.aws.retries import new_write_deadline, retry_on_conflict
from app.aws.timestamps import now
from app.cognito.user_pool import UserPool
from app.errors import LoginAgainError, UnauthenticatedError, UnavailableError
from app.jobs.messages import DELETE_ACCOUNT, JobMessage
from app.jobs.queue import JobQueue
from app.me.deletions import DeletionRepository, DeletionState

T = TypeVar("T")

# The minimum time before the deadline for the check of the session: two attempts, and the pause between them.
_MIN_CHECK_SECONDS = 16.0
MAX_LOGIN_AGE = timedelta(minutes=10)

# The minimum of `Retry-After`, so that a client that waits for the end does not ask more often.
_MIN_RETRY_AFTER_SECONDS = 2


class Deletion:
    """The start of deletions. One request is enough, even if a step after the mark fails."""

    def __init__(self, deletions: DeletionRepository, queue: JobQueue, pool: UserPool) -> None:
        self._deletions = deletions
        self._queue = queue
        self._pool = pool

    def request(self, member_id: str, authenticated_at: datetime | None, get_token: Callable[[], str]) -> int:
        """Start the deletion of an account, unless it is running. Return the seconds until it can be over, 0 if it is.

        The steps:

        1. Mark the account and add the pending row, in one transaction.
        2. Send a message for the job.
        3. End all sessions, and disable the user.

        If step 2 fails, the sweep sends a message. If step 3 fails, the job repeats it.

        Args:
            member_id: the account.
            authenticated_at: the time of the login. None if it is unknown.
            get_token: returns the access token, whose session may be revoked. Called only if this request starts the
                deletion.

        Raises:
            LoginAgainError: if the login is too old to start a deletion, or if its session was revoked.
            UnauthenticatedError: if there is no such account.
            UnavailableError: if too little time is left to start the deletion. Also if Cognito does not respond after
                the mark, although the deletion is running then.
        """
        state = self._deletions.get(member_id)
        if not state.has_started:
            state = self._check_and_start(member_id, authenticated_at, get_token)
        if state.is_over:
            return 0
        seconds = math.ceil(state.remaining_drain(now()).total_seconds())
        if seconds <= 0 and self._deletions.restore_job(member_id):
            self._queue.send_or_log(JobMessage(kind=DELETE_ACCOUNT, subject=member_id))
        return max(seconds, _MIN_RETRY_AFTER_SECONDS)

    def _check_and_start(
        self, member_id: str, authenticated_at: datetime | None, get_token: Callable[[], str]
    ) -> DeletionState:
        try:
            self._check_login(authenticated_at, get_token)
        except LoginAgainError:
            # Since the first read, another request may have marked the account, and revoked the session.
            state = self._deletions.get(member_id)
            if not state.has_started:
                raise
            return state
        return self._start(member_id)

    def _check_login(self, authenticated_at: datetime | None, get_token: Callable[[], str]) -> None:
        if authenticated_at is None or now() - authenticated_at > MAX_LOGIN_AGE:
            raise LoginAgainError
        # An access token stays valid after its session was revoked, so Cognito is asked before a deletion starts. If
        # Cognito does not respond, the token suffices, as it does for API Gateway: an outage must not delay a deletion.
        # A lack of time is not an outage, so it fails the request.
        if remaining_seconds() < _MIN_CHECK_SECONDS:
            raise UnavailableError
        if _fail_open(False, partial(self._pool.is_session_revoked, get_token())):
            raise LoginAgainError

    def _start(self, member_id: str) -> DeletionState:
        state, has_marked = retry_on_conflict(partial(self._mark, member_id), new_write_deadline())
        if has_marked:
            self._queue.send_or_log(JobMessage(kind=DELETE_ACCOUNT, subject=member_id))
            self._pool.lock_out(member_id)
        return state

    def _mark(self, member_id: str) -> tuple[DeletionState, bool]:
        """Mark the account, unless another request did. Return the state, and whether this request marked it."""
        state = self._deletions.get(member_id)
        if state.marked_at is not None:
            return state, False
        if state.handle is None and _fail_open(False, partial(self._is_unknown, member_id)):
            raise UnauthenticatedError
        return self._deletions.mark(member_id, state), True

    def _is_unknown(self, member_id: str) -> bool:
        return self._pool.get_user(member_id) is None


def _fail_open(default: T, call: Callable[[], T]) -> T:
    """Return the result of a call to Cognito, or the default if Cognito does not respond."""
    try:
        return call()
    except Exception as error:
        if not isinstance(error, UnavailableError) and not isinstance(to_domain_error(error), UnavailableError):
            raise
        log_suppressed(error)
        return default
