"""Dwipps as one member sees them: the stored Dwipp, and the member's own reaction to it; knows no HTTP."""

from collections.abc import Iterable, Sequence
from functools import partial

from app.aws.clients import side_by_side
from app.aws.timestamps import is_text
from app.dwipps.feed_cache import NewestDwipps
from app.dwipps.ids import is_id
from app.dwipps.reactions import Reaction, ReactionRepository
from app.dwipps.repository import Dwipp, DwippRepository
from app.dwipps.schemas import Author, DwippPage, DwippView
from app.errors import DwippNotFoundError
from app.pagination.cursors import PageRequest, decode_cursor, encode_cursor

_NONE = Reaction()


def view(dwipp: Dwipp, reaction: Reaction = _NONE) -> DwippView:
    """The Dwipp as it is shown to the member whose reaction this is."""
    return DwippView(
        id=dwipp.id,
        text=dwipp.text,
        author=Author(handle=dwipp.author_handle),
        created_at=dwipp.created_at,
        edited_at=dwipp.edited_at,
        version=dwipp.version,
        upvotes=dwipp.upvotes,
        upvoted=reaction.upvoted_at is not None,
        favorited=reaction.favorited_at is not None,
    )


class Feed:
    """Reads lists of Dwipps, and single ones, for one member; never writes."""

    def __init__(self, dwipps: DwippRepository, newest: NewestDwipps, reactions: ReactionRepository) -> None:
        self._dwipps = dwipps
        self._newest = newest
        self._reactions = reactions

    def one(self, member_id: str, dwipp_id: str) -> DwippView:
        """One Dwipp as it is now.

        Raises:
            DwippNotFoundError: also for what is no id at all.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        return view(
            *side_by_side(
                partial(self._dwipps.get, dwipp_id),
                partial(self._reactions.get, member_id, dwipp_id),
            )
        )

    def newest(self, member_id: str, page: PageRequest) -> DwippPage:
        """Everybody's Dwipps, newest first."""
        before = _id_in("feed", page.cursor)
        return self._page("feed", member_id, self._newest(page.limit + 1, before), page.limit)

    def newest_of(self, member_id: str, author_handle: str, page: PageRequest) -> DwippPage:
        """One author's Dwipps, newest first."""
        name = f"author {author_handle}"
        before = _id_in(name, page.cursor)
        return self._page(name, member_id, self._dwipps.newest_of(author_handle, page.limit + 1, before), page.limit)

    def favorites(self, member_id: str, page: PageRequest) -> DwippPage:
        """The member's favorites, the latest favorited first; what was deleted meanwhile is passed over."""
        name = f"favorites {member_id}"
        after = _favorite_in(name, page.cursor)
        rows = self._reactions.favorites(member_id, page.limit + 1, after)
        shown = rows[: page.limit]
        dwipps = self._dwipps.get_many([row.dwipp_id for row in shown])
        # The index may have a favorite at its old and its new place for a moment: the new one comes first, and counts.
        items = [view(dwipps.pop(row.dwipp_id), row.reaction) for row in shown if row.dwipp_id in dwipps]
        more = len(rows) > page.limit
        cursor = encode_cursor(name, shown[-1].favorited_at, shown[-1].dwipp_id) if more else None
        return DwippPage(items=items, next_cursor=cursor)

    def _page(self, name: str, member_id: str, found: Sequence[Dwipp], limit: int) -> DwippPage:
        """A page of what was found, which is one Dwipp more than asked for where the list goes on."""
        shown = found[:limit]
        cursor = encode_cursor(name, shown[-1].id) if len(found) > limit else None
        return DwippPage(items=list(self._views(member_id, shown)), next_cursor=cursor)

    def _views(self, member_id: str, dwipps: Sequence[Dwipp]) -> Iterable[DwippView]:
        reactions = self._reactions.get_many(member_id, [dwipp.id for dwipp in dwipps])
        return (view(dwipp, reactions.get(dwipp.id, _NONE)) for dwipp in dwipps)


def _id_in(list_name: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    (dwipp_id,) = decode_cursor(list_name, cursor, is_id)
    return dwipp_id


def _favorite_in(list_name: str, cursor: str | None) -> tuple[str, str] | None:
    if cursor is None:
        return None
    favorited_at, dwipp_id = decode_cursor(list_name, cursor, is_text, is_id)
    return favorited_at, dwipp_id
