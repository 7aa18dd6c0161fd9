"""The record of a member, as moderators see it."""

from typing import NamedTuple

from app.cases.entries import CaseEntries
from app.dwipps.removals import DwippRemovals
from app.members.directory import Directory
from app.members.models import Member
from app.moderation.case_states import CaseStates


class Record(NamedTuple):
    """The profile and the suspension of a member, and the numbers of removed Dwipps and open cases."""

    member: Member
    removed: int
    open_cases: int


class Records:
    """The reader of records."""

    def __init__(self, directory: Directory, removals: DwippRemovals, entries: CaseEntries, states: CaseStates) -> None:
        self._directory = directory
        self._removals = removals
        self._entries = entries
        self._states = states

    def get(self, handle: str) -> Record:
        """Return the record of a member. The numbers cost reads of all Dwipps of the member, and of all open cases.

        Raises:
            MemberNotFoundError: if there is no such member, or if the account is being deleted.
        """
        member = self._directory.find(handle)
        removed = sum(1 for _ in self._removals.iter_removed(handle))
        states = self._states.list(self._entries.list_open_of(handle))
        return Record(member, removed, sum(1 for state in states if state.case.opening))
