"""The Dwipps and reactions of a member, for the export and the deletion of the account."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from app.cases.entries import CaseEntries
from app.cases.repository import CaseRepository
from app.dwipps.deletion import DwippDeletion
from app.dwipps.feed import Feed
from app.dwipps.ids import is_id
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import Mark
from app.errors import DwippNotFoundError, InvalidCursorError
from app.members.models import Member
from app.members.personal_data import ExportPart
from app.members.schemas import ModerationAction
from app.pagination.cursors import PageRequest

_BELOW_ALL_IDS = "0"


class DwippData:
    """The Dwipps that a member wrote, and the decisions that removed some of them."""

    name = "dwipps"
    sections = frozenset({"dwipps", "moderation"})
    key_prefixes: frozenset[str] = frozenset()
    first_position = ""

    def __init__(
        self,
        feed: Feed,
        dwipps: DwippRepository,
        deletion: DwippDeletion,
        entries: CaseEntries,
        cases: CaseRepository,
    ) -> None:
        self._feed = feed
        self._dwipps = dwipps
        self._deletion = deletion
        self._entries = entries
        self._cases = cases

    def export(self, member: Member, limit: int, position: str) -> ExportPart:
        """Return Dwipps, newest first. A position is a cursor of the author's list."""
        page = self._feed.list_own(member, PageRequest(limit, position or None))
        removals = [
            ModerationAction(action="remove", at=dwipp.removed.at, dwipp_id=dwipp.id, reason=dwipp.removed.reason)
            for dwipp in page.items
            if dwipp.removed
        ]
        return ExportPart({"dwipps": page.items, "moderation": removals}, page.next_cursor)

    def erase(self, member: Member, limit: int) -> Sequence[Callable[[], None]]:
        """Return one call for each of the newest Dwipps. After the last Dwipp, one for each case that is still open."""
        dwipps = self._dwipps.list_by_author(member.handle, limit, None)
        if dwipps:
            return [partial(self._delete, member, dwipp.id) for dwipp in dwipps]
        entries = self._entries.list_open_of(member.handle)
        return [partial(self._cases.close_entry, entry, member.write_deadline) for entry in entries[:limit]]

    def _delete(self, member: Member, dwipp_id: str) -> None:
        # Another request may have deleted the Dwipp, and the index may lag.
        with suppress(DwippNotFoundError):
            self._deletion.erase(member, dwipp_id)


class ReactionData:
    """The upvotes and favorites of a member."""

    name = "reactions"
    sections = frozenset({"upvotes", "favorites"})
    key_prefixes: frozenset[str] = frozenset()
    first_position = _BELOW_ALL_IDS

    def __init__(self, reactions: ReactionRepository) -> None:
        self._reactions = reactions

    def export(self, member: Member, limit: int, position: str) -> ExportPart:
        """Return reactions in order of their Dwipps. A position is the id of the last Dwipp."""
        if position != self.first_position and not is_id(position):
            raise InvalidCursorError
        rows = self._reactions.list_by_dwipp_id(member.id, limit + 1, position)
        shown = rows[:limit]
        sections = {
            "upvotes": [Mark(dwipp_id=key, at=row.upvoted_at) for key, row in shown if row.upvoted_at],
            "favorites": [Mark(dwipp_id=key, at=row.favorited_at) for key, row in shown if row.favorited_at],
        }
        return ExportPart(sections, shown[-1][0] if len(rows) > limit else None)

    def erase(self, member: Member, limit: int) -> Sequence[Callable[[], None]]:
        """Return one call for each reaction to the oldest Dwipps. A call also updates the Dwipp's number of upvotes."""
        rows = self._reactions.list_by_dwipp_id(member.id, limit, after=_BELOW_ALL_IDS)
        return [partial(self._clear, member, dwipp_id) for dwipp_id, _ in rows]

    def _clear(self, member: Member, dwipp_id: str) -> None:
        self._reactions.clear(member, dwipp_id)
