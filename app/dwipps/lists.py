"""Lists of Dwipps: those since one of them, and one member's favorites and upvotes.

A Dwipp gets its id before it is written, and the index of the feed lags. So a Dwipp can appear after newer ones. The
list since a Dwipp therefore repeats those that are up to 30 seconds older. A client that drops known ids misses none
that appears within this time.

The list of upvotes needs no index, because the reactions of a member are in order of their Dwipps. Some rows are only
favorites. If these leave a page short, the list reads 100 further rows, once. So a page of 20 is full if at most 100
favorites are between.
"""

from functools import partial
from typing import NamedTuple

from app.aws.timestamps import is_timestamp
from app.dwipps.ids import is_id, lowest_id, milliseconds
from app.dwipps.listing import DwippList, Position, Row, RowBatch, read_by_id
from app.dwipps.models import Reaction
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository

# More than the 24 seconds of a request (app/aws/deadline.py), and the lag of the index.
OVERLAP_MILLISECONDS = 30_000
MAX_FAVORITES_BETWEEN = 100


def since_list(dwipps: DwippRepository, dwipp_id: str) -> DwippList:
    """Return the list of the Dwipps that are newer than one, that one, and those up to 30 seconds older.

    It bypasses the cache of the feed, because a query of few rows costs less than the page that the cache reads.

    Args:
        dwipps: the repository.
        dwipp_id: an id in the form of one. The Dwipp itself need not exist.
    """
    lowest = lowest_id(max(0, milliseconds(dwipp_id) - OVERLAP_MILLISECONDS))
    return DwippList(f"since {dwipp_id}", partial(read_by_id, partial(dwipps.list_recent, lowest=lowest)))


def favorite_list(dwipps: DwippRepository, reactions: ReactionRepository, member_id: str) -> DwippList:
    """Return the list of a member's favorites. A position is the time of the favorite, and the id of the Dwipp."""
    read = partial(_read_favorites, dwipps, reactions, member_id)
    return DwippList(f"favorites {member_id}", read, (is_timestamp, is_id))


def _read_favorites(
    dwipps: DwippRepository, reactions: ReactionRepository, member_id: str, limit: int, after: Position | None
) -> RowBatch:
    """Return a batch of favorites, without those of deleted Dwipps."""
    favorites = reactions.list_favorites(member_id, limit + 1, (after[0], after[1]) if after else None)
    shown = favorites[:limit]
    found = dwipps.get_many([favorite.dwipp_id for favorite in shown])
    # For a moment, the index may have a favorite at both its old and its new place. The new place comes first, and
    # `pop` leaves out the old place.
    rows = [
        Row(favorite.position, found.pop(favorite.dwipp_id), favorite.reaction)
        for favorite in shown
        if favorite.dwipp_id in found
    ]
    return RowBatch(rows, shown[-1].position if len(favorites) > limit else None)


def upvote_list(dwipps: DwippRepository, reactions: ReactionRepository, member_id: str) -> DwippList:
    """Return the list of the Dwipps that a member upvoted. A position is the id of a Dwipp with a reaction."""
    upvotes = _Upvotes(dwipps, reactions, member_id)
    return DwippList(f"upvotes {member_id}", upvotes.read_page, read_further=upvotes.read)


class _Scan(NamedTuple):
    """The upvotes among successive rows, and the position after which the rows go on. None if no more rows follow."""

    upvotes: list[tuple[str, Reaction]]
    next_position: Position | None


class _Upvotes(NamedTuple):
    dwipps: DwippRepository
    reactions: ReactionRepository
    member_id: str

    def read_page(self, limit: int, after: Position | None) -> RowBatch:
        """Return the Dwipps of at most `limit` upvotes. If favorites leave fewer, read further rows once."""
        scan = self._scan(limit, after)
        upvotes, next_position = scan.upvotes, scan.next_position
        if len(upvotes) < limit and next_position:
            further = self._scan(MAX_FAVORITES_BETWEEN, next_position)
            upvotes, next_position = upvotes + further.upvotes, further.next_position
        if len(upvotes) > limit:
            upvotes, next_position = upvotes[:limit], (upvotes[limit - 1][0],)
        return self._to_batch(_Scan(upvotes, next_position))

    def read(self, limit: int, after: Position | None) -> RowBatch:
        """Return the Dwipps of the upvotes among the next `limit` rows."""
        return self._to_batch(self._scan(limit, after))

    def _scan(self, limit: int, after: Position | None) -> _Scan:
        """Return the upvotes among the next `limit` rows. One more row is read, to learn whether more follow."""
        rows = self.reactions.list_by_newest_dwipp(self.member_id, limit + 1, after[0] if after else None)
        upvotes = [(dwipp_id, reaction) for dwipp_id, reaction in rows[:limit] if reaction.upvoted_at]
        return _Scan(upvotes, (rows[limit - 1][0],) if len(rows) > limit else None)

    def _to_batch(self, scan: _Scan) -> RowBatch:
        """Return the Dwipps of upvotes, without the deleted ones."""
        found = self.dwipps.get_many([dwipp_id for dwipp_id, _ in scan.upvotes])
        rows = [Row((dwipp_id,), found[dwipp_id], reaction) for dwipp_id, reaction in scan.upvotes if dwipp_id in found]
        return RowBatch(rows, scan.next_position)
