"""Dwipps as one member sees them: the stored Dwipp and the member's own reaction."""

from collections.abc import Iterable, Sequence
from functools import partial

from app.aws.concurrency import run_concurrently
from app.aws.timestamps import is_timestamp
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.ids import is_id
from app.dwipps.reactions import Reaction, ReactionRepository
from app.dwipps.repository import Dwipp, DwippRepository
from app.dwipps.schemas import Author, DwippPage, DwippView
from app.errors import DwippNotFoundError
from app.pagination.cursors import PageRequest, decode_cursor, encode_cursor

_NO_REACTION = Reaction()
# The bounds of further reads in one request, if all Dwipps of a page of favorites are deleted.
_MAX_FURTHER_READS = 5
_FURTHER_READ_ROWS = 100


def to_view(dwipp: Dwipp, reaction: Reaction = _NO_REACTION) -> DwippView:
    """Return the Dwipp as the member with this reaction sees it."""
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
    """The Dwipps, and the lists of Dwipps, as one member sees them. Read only."""

    def __init__(self, dwipps: DwippRepository, cache: FeedPageCache, reactions: ReactionRepository) -> None:
        self._dwipps = dwipps
        self._cache = cache
        self._reactions = reactions

    def get(self, member_id: str, dwipp_id: str) -> DwippView:
        """Return the current state of a Dwipp.

        Raises:
            DwippNotFoundError: if there is none, or if the id is malformed.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        return to_view(
            *run_concurrently(
                partial(self._dwipps.get, dwipp_id),
                partial(self._reactions.get, member_id, dwipp_id),
            )
        )

    def list_recent(self, member_id: str, page: PageRequest) -> DwippPage:
        """Return everybody's Dwipps, newest first."""
        before = _dwipp_id(page.cursor, "feed")
        return self._to_page("feed", member_id, self._cache(page.limit + 1, before), page.limit)

    def list_by_author(self, member_id: str, author_handle: str, page: PageRequest) -> DwippPage:
        """Return one author's Dwipps, newest first."""
        name = f"author {author_handle}"
        dwipps = self._dwipps.list_by_author(author_handle, page.limit + 1, _dwipp_id(page.cursor, name))
        return self._to_page(name, member_id, dwipps, page.limit)

    def list_favorites(self, member_id: str, page: PageRequest) -> DwippPage:
        """Return the member's favorites, latest favorited first. Deleted Dwipps are left out.

        If all Dwipps of a page are deleted, this reads on, up to a limit.
        """
        name = f"favorites {member_id}"
        items, position, has_more = self._favorites(member_id, page.limit, _favorite_position(page.cursor, name))
        for _ in range(_MAX_FURTHER_READS):
            if items or not has_more:
                break
            items, position, has_more = self._favorites(member_id, page.limit, position, _FURTHER_READ_ROWS)
        return DwippPage(items=items, next_cursor=encode_cursor(name, *position) if position and has_more else None)

    def _favorites(
        self, member_id: str, limit: int, after: tuple[str, str] | None, max_rows: int | None = None
    ) -> tuple[list[DwippView], tuple[str, str] | None, bool]:
        """Return favorites of existing Dwipps, the position of the last row that was used, and whether rows follow.

        Args:
            member_id: the member.
            limit: the maximum number of favorites.
            after: the position before the first row.
            max_rows: the maximum number of rows to use, `limit` by default.
        """
        size = max_rows or limit
        rows = self._reactions.list_favorites(member_id, size + 1, after)
        dwipps = self._dwipps.get_many([row.dwipp_id for row in rows[:size]])
        items: list[DwippView] = []
        used = 0
        for row in rows[:size]:
            if len(items) == limit:
                break
            used += 1
            # For a moment the index may have a favorite at its old and its new place. The new one comes first, and
            # `pop` skips the old one.
            if dwipp := dwipps.pop(row.dwipp_id, None):
                items.append(to_view(dwipp, row.reaction))
        position = (rows[used - 1].favorited_at, rows[used - 1].dwipp_id) if used else after
        return items, position, len(rows) > used

    def _to_page(self, name: str, member_id: str, dwipps: Sequence[Dwipp], limit: int) -> DwippPage:
        """Return a page. One Dwipp beyond the limit shows that the list goes on."""
        shown = dwipps[:limit]
        cursor = encode_cursor(name, shown[-1].id) if len(dwipps) > limit else None
        return DwippPage(items=list(self._to_views(member_id, shown)), next_cursor=cursor)

    def _to_views(self, member_id: str, dwipps: Sequence[Dwipp]) -> Iterable[DwippView]:
        reactions = self._reactions.get_many(member_id, [dwipp.id for dwipp in dwipps])
        return (to_view(dwipp, reactions.get(dwipp.id, _NO_REACTION)) for dwipp in dwipps)


def _dwipp_id(cursor: str | None, list_name: str) -> str | None:
    if cursor is None:
        return None
    (dwipp_id,) = decode_cursor(list_name, cursor, is_id)
    return dwipp_id


def _favorite_position(cursor: str | None, list_name: str) -> tuple[str, str] | None:
    if cursor is None:
        return None
    favorited_at, dwipp_id = decode_cursor(list_name, cursor, is_timestamp, is_id)
    return favorited_at, dwipp_id
