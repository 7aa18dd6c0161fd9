"""The decisions of moderators on Dwipps. One transaction writes a decision, its case, its Dwipp and its log entry."""

from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

from app.aws.retries import retry_on_conflict
from app.cases.models import Decision
from app.errors import DecisionConflictError, OwnDwippError
from app.members.models import Member
from app.moderation.case_states import CaseState, CaseStates
from app.moderation.decision_writer import DecisionWriter, Verdict, next_time
from app.moderation.log import LogEntry, ModerationLog
from app.openapi.formats import ModerationReason


class Ruling(NamedTuple):
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


class Decisions:
    """The decisions on Dwipps."""

    def __init__(self, states: CaseStates, writer: DecisionWriter, log: ModerationLog) -> None:
        self._states = states
        self._writer = writer
        self._log = log

    def get(self, moderator: Member, dwipp_id: str) -> CaseState:
        """Return the current state of a case, see `CaseStates.get`.

        Raises:
            DwippNotFoundError: if there is neither a Dwipp nor a case.
            OwnDwippError: if the moderator wrote the Dwipp.
        """
        return self._read(moderator, dwipp_id).close_if_gone()

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
        state = self._read(moderator, dwipp_id)
        case, standing = state.case, state.case.decision
        if ruling.expected and (standing is None or standing.decided_at != ruling.expected):
            raise DecisionConflictError
        # A bulk decision does not stand for one on the Dwipp alone, because a restoration can undo it.
        is_standing = standing == Decision(ruling.action, ruling.reason, standing.decided_at) if standing else False
        if is_standing and case.opening is None:
            return state.close_if_gone(), False
        verdict = Verdict(ruling.action, ruling.reason, next_time(standing))
        entry = LogEntry(
            *(verdict.at, moderator.handle, ruling.action, case.author, dwipp_id),
            reason=ruling.reason,
            note=ruling.note,
        )
        return self._writer.write(state, verdict, [self._log.put_request(entry)]), True

    def _read(self, moderator: Member, dwipp_id: str) -> CaseState:
        state = self._states.get(dwipp_id)
        if state.case.author == moderator.handle:
            raise OwnDwippError
        return state
