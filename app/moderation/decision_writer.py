"""The write of a decision: its Dwipp, its case, and what belongs to it, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from app.aws.retries import WriteConflictError, condition_results
from app.aws.timestamps import now, to_milliseconds
from app.cases.models import Decision
from app.cases.repository import CaseRepository
from app.dwipps.models import Dwipp, Removal
from app.dwipps.removals import DwippRemovals
from app.moderation.case_states import CaseState
from app.openapi.formats import ModerationReason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class Verdict(NamedTuple):
    """A decision of a moderator on a Dwipp.

    Attributes:
        action: `remove` removes the Dwipp. `dismiss` closes the case, and restores a removed Dwipp.
        reason: the reason.
        at: the time.
        bulk_id: the id of the bulk removal that the decision is part of. None for a decision on this Dwipp alone.
    """

    action: Literal["remove", "dismiss"]
    reason: ModerationReason
    at: datetime
    bulk_id: str | None = None


class DecisionWriter:
    """The writer of decisions."""

    def __init__(self, client: "DynamoDBClient", removals: DwippRemovals, cases: CaseRepository) -> None:
        self._client = client
        self._removals = removals
        self._cases = cases

    def write(self, state: CaseState, verdict: Verdict, others: Sequence[Any]) -> CaseState:
        """Write a decision, and return the new state.

        Args:
            state: the state as it was read.
            verdict: the decision.
            others: the other writes of the transaction.

        Raises:
            WriteConflictError: if the case or the Dwipp changed since it was read, or if another write failed.
        """
        decision = Decision(verdict.action, verdict.reason, verdict.at, verdict.bulk_id)
        removal = Removal(verdict.at, verdict.reason, verdict.bulk_id) if verdict.action == "remove" else None
        case = state.case
        requests = [
            *self._dwipp_requests(state.dwipp, removal),
            self._cases.decision_request(case, decision, is_new=not state.is_stored),
            *others,
        ]
        self._cases.list_as_closed(case)
        try:
            self._client.transact_write_items(TransactItems=requests)
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            raise WriteConflictError from error
        self._cases.unlist_as_open(case)
        dwipp = state.dwipp._replace(removed=removal) if state.dwipp else None
        return CaseState(replace(case, decision=decision, opening=None), dwipp)

    def _dwipp_requests(self, dwipp: Dwipp | None, removal: Removal | None) -> list[Any]:
        if dwipp and removal:
            return [{"Update": self._removals.removal_request(dwipp.id, removal)}]
        if dwipp and dwipp.removed:
            return [{"Update": self._removals.restoration_request(dwipp.id)}]
        return []


def next_time(standing: Decision | None) -> datetime:
    """Return the time of a new decision, in whole milliseconds as the API shows it, later than the standing one."""
    moment = to_milliseconds(now())
    earlier = standing.decided_at if standing else None
    return max(moment, earlier + timedelta(milliseconds=1)) if earlier else moment
