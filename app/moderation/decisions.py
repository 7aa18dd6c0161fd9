"""The decisions of moderators on Dwipps. One transaction writes the decision, the Dwipp, the case and the log entry."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from app.aws.retries import WriteConflictError, condition_results, retry_on_conflict
from app.aws.timestamps import now, to_milliseconds
from app.cases.repository import Case, CaseRepository, Decision
from app.dwipps.ids import creation_time, is_id
from app.dwipps.repository import Dwipp, DwippRepository, Removal
from app.errors import DecisionConflictError, DwippNotFoundError, OwnDwippError
from app.members.models import Member
from app.moderation.log import LogEntry, ModerationLog
from app.openapi.formats import ModerationReason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a moderator decides on a Dwipp.

    Attributes:
        action: `remove` removes the Dwipp. `dismiss` closes the case, and restores a removed Dwipp.
        reason: the reason.
        note: words for the log.
        expected: the time of the decision that the moderator read. None for any.
    """

    action: Literal["remove", "dismiss"]
    reason: ModerationReason
    note: str | None
    expected: datetime | None


@dataclass(frozen=True, slots=True)
class CaseState:
    """A case and its Dwipp. The Dwipp is None if it is gone."""

    case: Case
    dwipp: Dwipp | None

    @classmethod
    def combine(cls, case: Case, dwipp: Dwipp | None) -> "CaseState":
        """Return the state. A case without its Dwipp counts as closed, even if its row is still open."""
        if dwipp is None and case.opening:
            case = replace(case, opening=None, decision=Decision("deleted"))
        return cls(case, dwipp)


class Decisions:
    """The decisions on Dwipps."""

    def __init__(
        self, client: "DynamoDBClient", dwipps: DwippRepository, cases: CaseRepository, log: ModerationLog
    ) -> None:
        self._client = client
        self._dwipps = dwipps
        self._cases = cases
        self._log = log

    def get(self, moderator: Member, dwipp_id: str) -> CaseState:
        """Return the current state of a case. A Dwipp without a case has a closed one without reports.

        Raises:
            DwippNotFoundError: if there is neither a Dwipp nor a case.
            OwnDwippError: if the moderator wrote the Dwipp.
        """
        case, dwipp, author = self._read(moderator, dwipp_id)
        return CaseState.combine(case or _make_case(dwipp_id, author, dwipp), dwipp)

    def decide(self, moderator: Member, dwipp_id: str, ruling: Ruling) -> tuple[CaseState, bool]:
        """Decide on a Dwipp, with or without a case. Return the new state, and False if nothing changed.

        Raises:
            DwippNotFoundError: see `get`.
            OwnDwippError: see `get`.
            DecisionConflictError: if the case has another decision than the expected one.
            UnavailableError: if other writes interfere until the deadline.
        """
        return retry_on_conflict(partial(self._decide, moderator, dwipp_id, ruling), moderator.write_deadline)

    def _decide(self, moderator: Member, dwipp_id: str, ruling: Ruling) -> tuple[CaseState, bool]:
        case, dwipp, author = self._read(moderator, dwipp_id)
        current = case or _make_case(dwipp_id, author, dwipp)
        standing = current.decision
        if ruling.expected and (standing is None or standing.decided_at != ruling.expected):
            raise DecisionConflictError
        is_standing = standing and (standing.action, standing.reason) == (ruling.action, ruling.reason)
        if is_standing and current.opening is None:
            return CaseState.combine(current, dwipp), False
        at = _next_time(standing)
        entry = LogEntry(at, moderator.handle, ruling.action, author, dwipp_id, reason=ruling.reason, note=ruling.note)
        decision = Decision(ruling.action, ruling.reason, at)
        self._write(case, dwipp, dwipp_id, decision, entry)
        if case and case.opening:
            self._cases.delete_open_entry(case)
        decided = replace(case or Case(dwipp_id, author, listed_at=at), decision=decision, opening=None)
        removed = Removal(at, ruling.reason) if ruling.action == "remove" else None
        return CaseState(decided, replace(dwipp, removed=removed) if dwipp else None), True

    def _read(self, moderator: Member, dwipp_id: str) -> tuple[Case | None, Dwipp | None, str]:
        """Return the case, the Dwipp and the handle of its author. One of the first two may be None."""
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        # The case first: each removal changes it, so its condition also covers a removal since this read.
        case = self._cases.get(dwipp_id)
        dwipp = self._find(dwipp_id)
        if case:
            author = case.author
        elif dwipp:
            author = dwipp.author_handle
        else:
            raise DwippNotFoundError
        if author == moderator.handle:
            raise OwnDwippError
        return case, dwipp, author

    def _find(self, dwipp_id: str) -> Dwipp | None:
        try:
            return self._dwipps.get(dwipp_id)
        except DwippNotFoundError:
            return None

    def _write(
        self, case: Case | None, dwipp: Dwipp | None, dwipp_id: str, decision: Decision, entry: LogEntry
    ) -> None:
        """Write a decision and its effects.

        Raises:
            WriteConflictError: if the case or the Dwipp changed since it was read.
        """
        requests: list[Any] = []
        if dwipp and entry.action == "remove" and entry.reason:
            requests.append({"Update": self._dwipps.removal_request(dwipp_id, entry.reason, entry.at)})
        elif dwipp and dwipp.removed:
            requests.append({"Update": self._dwipps.restoration_request(dwipp_id)})
        requests += self._cases.decision_requests(case, dwipp_id, entry.handle, decision)
        requests.append(self._log.put_request(entry))
        if case is None:
            self._cases.add_entry(dwipp_id, entry.at)
        try:
            self._client.transact_write_items(TransactItems=requests)
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            raise WriteConflictError from error


def _make_case(dwipp_id: str, author: str, dwipp: Dwipp | None) -> Case:
    """Return the case of a Dwipp that has none, because nobody reported it, or because the case has expired."""
    removal = dwipp.removed if dwipp else None
    decision = Decision("remove", removal.reason, removal.at) if removal else None
    return Case(dwipp_id, author, listed_at=creation_time(dwipp_id), decision=decision)


def _next_time(standing: Decision | None) -> datetime:
    """Return the time of a new decision, in whole milliseconds as the API shows it, later than the standing one."""
    moment = to_milliseconds(now())
    earlier = standing.decided_at if standing else None
    return max(moment, earlier + timedelta(milliseconds=1)) if earlier else moment
