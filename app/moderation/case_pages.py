"""Pages of cases, oldest first report first."""

from app.aws.timestamps import is_timestamp
from app.cases.entries import CaseEntries
from app.cases.models import Status
from app.dwipps.ids import is_id
from app.members.models import Member
from app.moderation.case_states import CaseState, CaseStates
from app.pagination.cursors import PageRequest, decode_cursor, encode_cursor

# The bounds of further reads in one request.
_MAX_FURTHER_READS = 5
_FURTHER_READ_ENTRIES = 100


class CasePages:
    """The lists of open and of closed cases. The moderator's own cases are left out."""

    def __init__(self, entries: CaseEntries, states: CaseStates) -> None:
        self._entries = entries
        self._states = states

    def list_page(self, moderator: Member, status: Status, page: PageRequest) -> tuple[list[CaseState], str | None]:
        """Return a page of cases, and the cursor of the next one.

        A page may be short, because an entry may belong to a case of the other status, or to none. If it would be
        empty, further entries are read, a bounded number of times.

        Raises:
            InvalidCursorError: if the cursor does not belong to this list.
        """
        name = f"cases {status}"
        after = None
        if page.cursor is not None:
            after = "#".join(decode_cursor(name, page.cursor, is_timestamp, is_id))
        shown, after = self._read(moderator, status, page.limit, after)
        for _ in range(_MAX_FURTHER_READS):
            if shown or after is None:
                break
            shown, after = self._read(moderator, status, _FURTHER_READ_ENTRIES, after)
        if len(shown) > page.limit:
            shown = shown[: page.limit]
            after = shown[-1].case.entry_key
        return shown, encode_cursor(name, *after.split("#")) if after else None

    def _read(
        self, moderator: Member, status: Status, limit: int, after: str | None
    ) -> tuple[list[CaseState], str | None]:
        """Return the cases of the next entries, and the entry after which the list goes on. None at the end."""
        entries = self._entries.list_page(status, limit + 1, after)
        states = self._states.list(entries[:limit])
        shown = [state for state in states if state.case.status == status and state.case.author != moderator.handle]
        return shown, entries[limit - 1] if len(entries) > limit else None
