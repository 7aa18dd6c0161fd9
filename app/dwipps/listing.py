"""Pages of a list of Dwipps, without those that the reader may not see. Every list of Dwipps is read in this way.

A cursor is the position of a row, even if that row is not shown. So a client that follows the cursors misses no visible
row, even if rows become hidden or visible meanwhile. A page may be short. If it would be empty although more rows
follow, further rows are read, a bounded number of times.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.dwipps.feed_cache import ReadPage
from app.dwipps.ids import is_id
from app.dwipps.models import Dwipp, Reaction
from app.members.audience import Audience
from app.pagination.cursors import decode_cursor, encode_cursor

# The bounds of further reads in one request.
MAX_FURTHER_READS = 5
FURTHER_READ_ROWS = 100

Position = tuple[str, ...]


class Row(NamedTuple):
    """A row of a list.

    Attributes:
        position: the position in the list.
        dwipp: the Dwipp.
        reaction: the reader's reaction. None if the list is not one of reactions.
    """

    position: Position
    dwipp: Dwipp
    reaction: Reaction | None = None


class RowBatch(NamedTuple):
    """Successive rows of a list, and the position after which the list goes on. None if no more rows follow."""

    rows: Sequence[Row]
    next_position: Position | None


ReadRows = Callable[[int, Position | None], RowBatch]


class DwippList(NamedTuple):
    """A list of Dwipps.

    Attributes:
        name: the name, for its cursors.
        read: reads at most this number of rows after a position. Reads the first rows if the position is None.
        checks: one for each part of a position. It returns True if the part is valid.
        read_further: the same as `read`, for further reads. None if there is no difference.
    """

    name: str
    read: ReadRows
    checks: Sequence[Callable[[str], bool]] = (is_id,)
    read_further: ReadRows | None = None

    def decode_position(self, cursor: str | None) -> Position | None:
        """Return the position in a cursor. None without a cursor.

        Raises:
            InvalidCursorError: if the cursor does not belong to this list.
        """
        return None if cursor is None else decode_cursor(self.name, cursor, *self.checks)

    def encode_position(self, position: Position | None) -> str | None:
        """Return the cursor of a position. None without a position."""
        return encode_cursor(self.name, *position) if position else None


def select_visible(batch: RowBatch, audience: Audience, limit: int) -> RowBatch:
    """Return the first visible rows of a batch, at most `limit`."""
    visible = [row for row in batch.rows if row.dwipp.is_visible_to(audience)]
    if len(visible) > limit:
        return RowBatch(visible[:limit], visible[limit - 1].position)
    return RowBatch(visible, batch.next_position)


def read_on(page: RowBatch, dwipps: DwippList, audience: Audience, limit: int) -> RowBatch:
    """Return the page. If it is empty, read on until a page has a visible row. The number of reads is bounded."""
    read = dwipps.read_further or dwipps.read
    for _ in range(MAX_FURTHER_READS):
        if page.rows or page.next_position is None:
            break
        page = select_visible(read(FURTHER_READ_ROWS, page.next_position), audience, limit)
    return page


def read_by_id(read: ReadPage, limit: int, after: Position | None) -> RowBatch:
    """Return a batch of a list that is ordered by id. One more Dwipp is read, to learn whether more rows follow."""
    dwipps = read(limit + 1, after[0] if after else None)
    rows = [Row((dwipp.id,), dwipp) for dwipp in dwipps[:limit]]
    return RowBatch(rows, rows[-1].position if len(dwipps) > limit else None)
