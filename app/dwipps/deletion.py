"""The deletion of a Dwipp, which also closes its case."""

from app.cases.repository import CaseRepository
from app.dwipps.ids import is_id
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError
from app.members.models import Member


class DwippDeletion:
    """The deletion of Dwipps. A repetition does what an interrupted one left undone."""

    def __init__(self, dwipps: DwippRepository, cases: CaseRepository) -> None:
        self._dwipps = dwipps
        self._cases = cases

    def delete(self, member: Member, dwipp_id: str) -> None:
        """Do the same as `erase` for a request. The number of calls does not tell whether the Dwipp had an open case.

        Raises:
            DwippNotFoundError: see `erase`.
            NotTheAuthorError: see `erase`.
            UnavailableError: see `erase`.
        """
        if not self.erase(member, dwipp_id):
            self._cases.imitate_closing(dwipp_id)

    def erase(self, member: Member, dwipp_id: str) -> bool:
        """Delete a Dwipp, which may be a removed one, and close its case. Return False if it had no open case.

        Raises:
            DwippNotFoundError: see `DwippRepository.delete`.
            NotTheAuthorError: see `DwippRepository.delete`.
            UnavailableError: see `DwippRepository.delete`. Also if the Dwipp is deleted, but its case is still open. A
                repetition closes it.
        """
        try:
            self._dwipps.delete(member, dwipp_id)
        except DwippNotFoundError:
            if is_id(dwipp_id) and not self._exists(dwipp_id):
                self._cases.close_deleted(dwipp_id, member.write_deadline)
            raise
        return self._cases.close_deleted(dwipp_id, member.write_deadline)

    def _exists(self, dwipp_id: str) -> bool:
        """Return True if the Dwipp exists. Another member's removed Dwipp does."""
        try:
            self._dwipps.get(dwipp_id)
        except DwippNotFoundError:
            return False
        return True
