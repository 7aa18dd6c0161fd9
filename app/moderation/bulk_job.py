"""The job that decides on all Dwipps of a member, one after the other."""

import math
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from app.aws.retries import WRITE_DRAIN_PERIOD, retry_on_conflict
from app.aws.timestamps import now
from app.dwipps.removals import DwippRemovals
from app.errors import DwippNotFoundError
from app.jobs.job import MustStop, Progress
from app.members.models import Suspension
from app.members.suspensions import SuspensionRepository
from app.moderation.bulk_decisions import BulkDecision, BulkDecisions
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
        self,
        decisions: BulkDecisions,
        suspensions: SuspensionRepository,
        removals: DwippRemovals,
        states: CaseStates,
        writer: DecisionWriter,
    ) -> None:
        self._decisions = decisions
        self._suspensions = suspensions
        self._removals = removals
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
        decision = self._decisions.get(subject)
        if decision is None:
            return Progress(is_done=True)
        began_at = now()
        for dwipp_id in self._iter_ids(decision):
            if must_stop():
                return Progress(is_done=False)
            deadline = time.monotonic() + _DECISION_TIMEOUT_SECONDS
            if not retry_on_conflict(partial(self._decide, subject, decision, dwipp_id), deadline):
                return self._finish(subject, decision)
        wait = decision.at + WRITE_DRAIN_PERIOD - began_at
        if wait > timedelta(0):
            return Progress(is_done=False, delay_seconds=math.ceil(wait.total_seconds()))
        return self._finish(subject, decision)

    def _finish(self, subject: str, decision: BulkDecision) -> Progress:
        self._decisions.finish(subject, decision)
        return Progress(is_done=True)

    def _iter_ids(self, decision: BulkDecision) -> Iterator[str]:
        """Yield the ids of the Dwipps to decide on, newest first. Those that are done are left out."""
        if decision.action == "remove":
            return self._removals.iter_not_removed(decision.handle)
        return self._removals.iter_removed(decision.handle, decision.bulk_id)

    def _decide(self, subject: str, decision: BulkDecision, dwipp_id: str) -> bool:
        """Decide on a Dwipp. Return False if the decision on the member is no longer in force."""
        suspension = self._suspensions.get_last(subject) if decision.action == "remove" else None
        if not self._is_in_force(subject, decision, suspension):
            return False
        try:
            state = self._states.get(dwipp_id)
        except DwippNotFoundError:
            return True  # It was deleted, and the index lags.
        if decision.applies_to(state, suspension.until if suspension else None):
            verdict = Verdict(decision.action, decision.reason, next_time(state.case.decision), decision.bulk_id)
            self._writer.write(state, verdict, [self._decisions.touch_request(subject, decision)])
        return True

    def _is_in_force(self, subject: str, decision: BulkDecision, suspension: Suspension | None) -> bool:
        """Return True if no other decision on the member has replaced this one.

        A removal also needs its suspension, because another suspension may have begun since.
        """
        if self._decisions.get(subject) != decision:
            return False
        return decision.action == "dismiss" or (suspension is not None and suspension.bulk_id == decision.bulk_id)
