"""Bulk decisions: the removal of all Dwipps of a suspended member, and their restoration. A background job does them.

The pending row of the job (app/jobs/pending.py) is the state:

    pk = pending#decide-dwipps  handle, action, bulk_id, reason, decided_at
    sk = <id of the member>

There is one row for each member. A later decision replaces it, so the job of the earlier one stops. `bulk_id`
identifies the removal. It is also in the member's suspension and in the removed Dwipps, so that a restoration restores
only these.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

from app.aws.timestamps import from_text, to_text
from app.cases.models import Decision
from app.jobs.messages import DECIDE_DWIPPS, JobMessage
from app.jobs.pending import PendingJobRepository
from app.jobs.queue import JobQueue
from app.moderation.case_states import CaseState
from app.openapi.formats import ModerationReason


class BulkDecision(NamedTuple):
    """A decision on all Dwipps of a member.

    Attributes:
        handle: the handle of the member.
        action: `remove` removes the Dwipps. `dismiss` restores those of the bulk removal with the same `bulk_id`.
        bulk_id: the id of the bulk removal.
        reason: the reason of the suspension.
        at: the time.
    """

    handle: str
    action: Literal["remove", "dismiss"]
    bulk_id: str
    reason: ModerationReason
    at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the decision in a pending row."""
        return cls(row["handle"], row["action"], row["bulk_id"], row["reason"], from_text(row["decided_at"]))

    def to_values(self) -> dict[str, str]:
        """Return the values of the pending row."""
        return {
            "handle": self.handle,
            "action": self.action,
            "bulk_id": self.bulk_id,
            "reason": self.reason,
            "decided_at": to_text(self.at),
        }

    def applies_to(self, state: CaseState, ends_at: datetime | None) -> bool:
        """Return True if this decision changes a Dwipp in this state. A later dismissal of the Dwipp alone stays.

        Args:
            state: the Dwipp and its case.
            ends_at: the end of the suspension. A later Dwipp is not removed. None if there is no end.
        """
        dwipp = state.dwipp
        if dwipp is None:
            return False
        if self.action == "dismiss":
            return dwipp.removed is not None and dwipp.removed.bulk_id == self.bulk_id
        is_later = ends_at is not None and dwipp.created_at >= ends_at
        return not (dwipp.removed or is_later or self._is_overruled(state.case.decision))

    def _is_overruled(self, standing: Decision | None) -> bool:
        """Return True if a moderator decided on the Dwipp alone since this decision."""
        if standing is None or standing.decided_at is None or standing.bulk_id is not None:
            return False
        return standing.decided_at > self.at


class BulkDecisions:
    """The repository of bulk decisions, and the queue of their jobs."""

    def __init__(self, pending: PendingJobRepository, queue: JobQueue) -> None:
        self._pending = pending
        self._queue = queue

    def get(self, member_id: str) -> BulkDecision | None:
        """Return the running decision on a member. None if there is none."""
        row = self._pending.get(DECIDE_DWIPPS, member_id)
        return BulkDecision.from_row(row) if row else None

    def start_request(self, member_id: str, decision: BulkDecision) -> Any:
        """Return the request that starts a decision in place of an earlier one, for a transaction."""
        return {"Put": self._pending.put_request(DECIDE_DWIPPS, member_id, **decision.to_values())}

    def stop_request(self, member_id: str) -> Any:
        """Return the request that stops the running decision on a member, if there is one, for a transaction."""
        return {"Delete": self._pending.delete_request(DECIDE_DWIPPS, member_id)}

    def touch_request(self, member_id: str, decision: BulkDecision) -> Any:
        """Return the touch of the pending row, for the transaction of a Dwipp. It fails if the row was replaced."""
        return {"Update": self._pending.touch_request(DECIDE_DWIPPS, member_id, **decision.to_values())}

    def finish(self, member_id: str, decision: BulkDecision) -> None:
        """Delete the pending row of a decision that is done, unless another decision replaced it."""
        self._pending.delete(DECIDE_DWIPPS, member_id, **decision.to_values())

    def enqueue(self, member_id: str) -> None:
        """Send the message for a decision that was started. If that fails, the sweep sends it."""
        self._queue.send_or_log(JobMessage(kind=DECIDE_DWIPPS, subject=member_id))


def new_bulk_id() -> str:
    """Return the id of a new bulk removal."""
    return uuid.uuid4().hex
