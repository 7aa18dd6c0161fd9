"""The deletion of a Dwipp, which also closes its case."""

from app.cases.repository import CaseRepository
from app.dwipps.ids import is_id
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError
from app.members.models import Member


class DwippDeletion:
    """The deletion of Dwipps. A repeated deletion completes an interrupted one."""

    def __init__(self, dwipps: DwippRepository, cases: CaseRepository) -> None:
        self._dwipps = dwipps
        self._cases = cases

    def delete(self, member: Member, dwipp_id: str) -> None:
        """Delete a Dwipp for its author. See `erase`.

        With and without an open case, this makes the same number of calls. So the author cannot learn of reports from
        the time of the response.

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
                repeated deletion closes it.
        """
        try:
            self._dwipps.delete(member, dwipp_id)
        except DwippNotFoundError:
            # Another member's removed Dwipp is not found either, although it exists.
            if is_id(dwipp_id) and self._dwipps.find(dwipp_id) is None:
                self._cases.close_deleted(dwipp_id, member.write_deadline)
            raise
        return self._cases.close_deleted(dwipp_id, member.write_deadline)
