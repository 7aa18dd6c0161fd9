"""The job that decides on all Dwipps of a member, one after the other."""

import math
import time
from datetime import timedelta
from functools import partial

from app.aws.retries import WRITE_DRAIN_PERIOD, retry_on_conflict
from app.aws.timestamps import now
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError
from app.jobs.messages import DECIDE_DWIPPS
from app.jobs.pending import PendingJobRepository
from app.jobs.worker import MustStop, Progress
from app.moderation.bulk_decisions import BulkDecision
from app.moderation.case_states import CaseStates
from app.moderation.decision_writer import DecisionWriter, Verdict, next_time

# A decision that begins at the last moment must end before the deadline of its message.
_DECISION_TIMEOUT_SECONDS = 10.0


class BulkJob:
    """The job of bulk decisions. It can stop at any point, because it resumes from the Dwipps that are left.

    The transaction of each Dwipp also touches the pending row. So after the row was replaced or deleted, such as by the
    end of the suspension, no Dwipp is decided any more.
    """

    def __init__(
        self, pending: PendingJobRepository, dwipps: DwippRepository, states: CaseStates, writer: DecisionWriter
    ) -> None:
        self._pending = pending
        self._dwipps = dwipps
        self._states = states
        self._writer = writer

    def run(self, subject: str, must_stop: MustStop) -> Progress:
        """Decide on the Dwipps that are left.

        The last pass begins after the drain period, because earlier writes can still take effect during it, and because
        the index may lag.

        Args:
            subject: the id of the member.
            must_stop: returns True when no further decision may begin.
        """
        decision = self._get(subject)
        if decision is None:
            return Progress(is_done=True)
        began_at = now()
        for dwipp_id in self._dwipps.iter_ids_of_author(decision.handle, removed=decision.action == "dismiss"):
            if must_stop():
                return Progress(is_done=False)
            deadline = time.monotonic() + _DECISION_TIMEOUT_SECONDS
            if not retry_on_conflict(partial(self._decide, subject, decision, dwipp_id), deadline):
                return Progress(is_done=True)
        wait = decision.at + WRITE_DRAIN_PERIOD - began_at
        if wait > timedelta(0):
            return Progress(is_done=False, delay_seconds=math.ceil(wait.total_seconds()))
        self._pending.delete(DECIDE_DWIPPS, subject, **decision.identity)
        return Progress(is_done=True)

    def _get(self, subject: str) -> BulkDecision | None:
        row = self._pending.get(DECIDE_DWIPPS, subject)
        return BulkDecision.from_row(row) if row else None

    def _decide(self, subject: str, decision: BulkDecision, dwipp_id: str) -> bool:
        """Decide on a Dwipp. Return False if another decision on the member has stopped this one."""
        if self._get(subject) != decision:
            return False
        try:
            state = self._states.get(dwipp_id)
        except DwippNotFoundError:
            return True  # It was deleted, and the index lags.
        if decision.applies_to(state):
            at = next_time(state.case.decision)
            bulk_id = decision.bulk_id if decision.action == "remove" else None
            touch = {"Update": self._pending.touch_request(DECIDE_DWIPPS, subject, **decision.identity)}
            self._writer.write(state, Verdict(decision.action, decision.reason, at, bulk_id), [touch])
        return True
