"""The list of one member's favorites, latest favorited first."""

from functools import partial

from app.aws.timestamps import is_timestamp
from app.dwipps.ids import is_id
from app.dwipps.listing import DwippList, Position, Row, RowBatch
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository


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
