"""A case together with its Dwipp, as moderators read and decide it."""

from dataclasses import replace
from typing import NamedTuple

from app.cases.models import Case, Decision
from app.cases.repository import CaseRepository
from app.dwipps.ids import creation_time, is_id
from app.dwipps.models import Dwipp
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError


class CaseState(NamedTuple):
    """A case and its Dwipp.

    Attributes:
        case: the case.
        dwipp: the Dwipp. None if it is gone.
        is_stored: False for the case of a Dwipp that has none, because nobody reported it, or because it has expired.
    """

    case: Case
    dwipp: Dwipp | None
    is_stored: bool = True

    def close_if_gone(self) -> "CaseState":
        """Return the state as moderators see it: a case without its Dwipp is closed, even if its row is still open."""
        if self.dwipp is None and self.case.opening:
            return self._replace(case=replace(self.case, opening=None, decision=Decision("deleted")))
        return self


class CaseStates:
    """The reader of the states of cases."""

    def __init__(self, dwipps: DwippRepository, cases: CaseRepository) -> None:
        self._dwipps = dwipps
        self._cases = cases

    def get(self, dwipp_id: str) -> CaseState:
        """Return the current state of a case. A Dwipp without a case has a closed one without reports.

        Raises:
            DwippNotFoundError: if there is neither a Dwipp nor a case.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        # The case first: each removal changes it, so its condition also covers a removal since this read.
        case = self._cases.get(dwipp_id)
        dwipp = self._dwipps.find(dwipp_id)
        if case:
            return CaseState(case, dwipp)
        if dwipp:
            return CaseState(_make_case(dwipp), dwipp, is_stored=False)
        raise DwippNotFoundError

    def list(self, entries: list[str]) -> list[CaseState]:
        """Return the states of entries of the lists of cases, in their order and eventually consistent."""
        cases = self._cases.get_listed(entries)
        dwipps = self._dwipps.get_many([case.dwipp_id for case in cases])
        return [CaseState(case, dwipps.get(case.dwipp_id)).close_if_gone() for case in cases]


def _make_case(dwipp: Dwipp) -> Case:
    removal = dwipp.removed
    decision = Decision("remove", removal.reason, removal.at, removal.bulk_id) if removal else None
    return Case(dwipp.id, dwipp.author_handle, listed_at=creation_time(dwipp.id), decision=decision)
