"""The reports of a member, for the export and the deletion of the account."""

from collections.abc import Callable, Sequence
from functools import partial

from app.cases.reports import ReportRepository
from app.dwipps.ids import is_id
from app.errors import InvalidCursorError
from app.members.models import Member
from app.members.personal_data import ExportPart
from app.safety.schemas import OwnReport

_BELOW_ALL_IDS = "0"
# A report has up to three times the text of a Dwipp, so a part of an export has fewer of them.
_MAX_EXPORTED_REPORTS = 150


class ReportData:
    """The reports that a member made. If another member reported this one, the report is the other member's data."""

    name = "reports"
    sections = frozenset({"reports"})
    key_prefixes = frozenset({"reports"})
    first_position = _BELOW_ALL_IDS

    def __init__(self, reports: ReportRepository) -> None:
        self._reports = reports

    def export(self, member: Member, limit: int, position: str) -> ExportPart:
        """Return reports in order of their Dwipps. A position is the id of the last Dwipp."""
        if position != self.first_position and not is_id(position):
            raise InvalidCursorError
        limit = min(limit, _MAX_EXPORTED_REPORTS)
        reports = self._reports.list_by_reporter(member.id, limit + 1, position)
        shown = reports[:limit]
        views = [
            OwnReport(
                dwipp_id=report.dwipp_id, reason=report.reason, comment=report.comment, text=report.text, at=report.at
            )
            for report in shown
        ]
        return ExportPart({"reports": views}, shown[-1].dwipp_id if len(reports) > limit else None)

    def erase(self, member: Member, limit: int) -> Sequence[Callable[[], None]]:
        """Return one call for each report of the oldest Dwipps. A call also updates the case."""
        reports = self._reports.list_by_reporter(member.id, limit, _BELOW_ALL_IDS)
        return [partial(self._withdraw, member, report.dwipp_id) for report in reports]

    def _withdraw(self, member: Member, dwipp_id: str) -> None:
        self._reports.withdraw(member, dwipp_id)
