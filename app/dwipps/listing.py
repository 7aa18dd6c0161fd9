"""Pages of a list of Dwipps, without those that the reader may not see. Every list is read in this way.

A cursor is the position of a row, whether or not the row is shown. So a walk is complete, whatever becomes hidden or
visible meanwhile. A page may be short. If it would be empty although more rows follow, the list is read on, up to a
limit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.dwipps.ids import is_id
from app.dwipps.reactions import Reaction
from app.dwipps.repository import Dwipp
from app.members.audience import Audience
from app.pagination.cursors import decode_cursor, encode_cursor

# The bounds of further reads in one request.
MAX_FURTHER_READS = 5
FURTHER_READ_ROWS = 100

Position = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list.

    Attributes:
        position: the position in the list.
        dwipp: the Dwipp. None if it was deleted.
        reaction: the reader's reaction. None if it was not read.
    """

    position: Position
    dwipp: Dwipp | None
    reaction: Reaction | None = None


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Successive rows of a list, and whether more rows follow."""

    rows: Sequence[Row]
    has_more: bool


@dataclass(frozen=True, slots=True)
class DwippList:
    """A list of Dwipps.

    Attributes:
        name: the name, for its cursors.
        read: reads at most this number of rows after a position, or the first ones.
        checks: one for each part of a position.
    """

    name: str
    read: Callable[[int, Position | None], RowBatch]
    checks: Sequence[Callable[[str], bool]] = (is_id,)

    def decode_position(self, cursor: str | None) -> Position | None:
        """Return the position in a cursor. None without a cursor.

        Raises:
            InvalidCursorError: if the cursor does not belong to this list.
        """
        return None if cursor is None else decode_cursor(self.name, cursor, *self.checks)

    def encode_position(self, position: Position | None) -> str | None:
        """Return the cursor of a position. None without a position."""
        return encode_cursor(self.name, *position) if position else None


@dataclass(frozen=True, slots=True)
class VisiblePage:
    """The visible rows of a page, and the position at which the next page begins. None after the last page."""

    rows: Sequence[Row]
    next_position: Position | None


def select_visible(batch: RowBatch, audience: Audience, limit: int) -> VisiblePage:
    """Return the first visible rows of a batch, at most `limit`."""
    shown: list[Row] = []
    used = 0
    for row in batch.rows:
        if len(shown) == limit:
            break
        used += 1
        if row.dwipp and audience.may_see(row.dwipp):
            shown.append(row)
    has_more = batch.has_more or used < len(batch.rows)
    return VisiblePage(shown, batch.rows[used - 1].position if used and has_more else None)


def read_on(page: VisiblePage, dwipps: DwippList, audience: Audience, limit: int) -> VisiblePage:
    """Return the page, or if it is empty, the first later page with a visible row. The number of reads is bounded."""
    for _ in range(MAX_FURTHER_READS):
        if page.rows or page.next_position is None:
            break
        page = select_visible(dwipps.read(FURTHER_READ_ROWS, page.next_position), audience, limit)
    return page
