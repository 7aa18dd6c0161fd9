"""Dwipps as one member sees them: the stored Dwipp and the member's own reaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from app.aws.concurrency import run_concurrently
from app.aws.timestamps import is_timestamp
from app.dwipps.feed_cache import FeedPageCache, ReadPage
from app.dwipps.ids import is_id
from app.dwipps.listing import DwippList, Position, Row, RowBatch, read_on, select_visible
from app.dwipps.reactions import Reaction, ReactionRepository
from app.dwipps.repository import Dwipp, DwippRepository
from app.dwipps.schemas import Author, DwippPage, DwippView
from app.errors import DwippNotFoundError
from app.members.audience import Audience, Audiences
from app.members.models import Member
from app.pagination.cursors import PageRequest

_NO_REACTION = Reaction()


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

    def __init__(
        self, dwipps: DwippRepository, cache: FeedPageCache, reactions: ReactionRepository, audiences: Audiences
    ) -> None:
        self._dwipps = dwipps
        self._cache = cache
        self._reactions = reactions
        self._audiences = audiences

    def get(self, member_id: str, dwipp_id: str) -> DwippView:
        """Return the current state of a Dwipp.

        Raises:
            DwippNotFoundError: if there is none, if the member may not see it, or if the id is malformed.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        # The inner call runs in this thread, so no task of the pool waits for another one.
        (dwipp, audience), reaction = run_concurrently(
            partial(run_concurrently, partial(self._dwipps.get, dwipp_id), partial(self._audiences.get, member_id)),
            partial(self._reactions.get, member_id, dwipp_id),
        )
        audience.check(dwipp)
        return to_view(dwipp, reaction)

    def list_recent(self, member_id: str, page: PageRequest) -> DwippPage:
        """Return everybody's Dwipps, newest first. What the member may not see is left out after the cache."""
        dwipps = DwippList("feed", partial(_read_dwipps, self._cache))
        return self._to_page(member_id, dwipps, partial(self._audiences.get, member_id), page)

    def list_by_author(self, member_id: str, author_handle: str, page: PageRequest) -> DwippPage:
        """Return one author's Dwipps, newest first.

        Raises:
            MemberNotFoundError: if the member may not see the author.
        """
        get_audience = partial(self._audiences.get_for_member, member_id, author_handle)
        return self._to_page(member_id, self._author_list(author_handle), get_audience, page)

    def list_own(self, member: Member, page: PageRequest) -> DwippPage:
        """Return the member's own Dwipps, newest first. No member can block themselves."""
        return self._to_page(member.id, self._author_list(member.handle), partial(Audience, member.id), page)

    def list_favorites(self, member_id: str, page: PageRequest) -> DwippPage:
        """Return the member's favorites, latest favorited first. Deleted Dwipps are left out."""
        read = partial(self._read_favorites, member_id)
        favorites = DwippList(f"favorites {member_id}", read, (is_timestamp, is_id))
        return self._to_page(member_id, favorites, partial(self._audiences.get, member_id), page)

    def _author_list(self, handle: str) -> DwippList:
        return DwippList(f"author {handle}", partial(_read_dwipps, partial(self._dwipps.list_by_author, handle)))

    def _to_page(
        self, member_id: str, dwipps: DwippList, get_audience: Callable[[], Audience], page: PageRequest
    ) -> DwippPage:
        """Return a page of a list. The audience is read at the same time as the rows and their reactions."""
        position = dwipps.decode_position(page.cursor)
        read = partial(self._read_with_reactions, member_id, dwipps, page.limit, position)
        batch, audience = run_concurrently(read, get_audience)
        visible = read_on(select_visible(batch, audience, page.limit), dwipps, audience, page.limit)
        rows = self._add_reactions(member_id, visible.rows)
        items = [to_view(row.dwipp, row.reaction or _NO_REACTION) for row in rows if row.dwipp]
        return DwippPage(items=items, next_cursor=dwipps.encode_position(visible.next_position))

    def _read_with_reactions(
        self, member_id: str, dwipps: DwippList, limit: int, position: Position | None
    ) -> RowBatch:
        batch = dwipps.read(limit, position)
        return replace(batch, rows=self._add_reactions(member_id, batch.rows))

    def _add_reactions(self, member_id: str, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows with the member's reactions. Only those that were not read yet are read."""
        dwipp_ids = [row.dwipp.id for row in rows if row.dwipp and row.reaction is None]
        if not dwipp_ids:
            return rows
        reactions = self._reactions.get_many(member_id, dwipp_ids)
        return [
            replace(row, reaction=row.reaction or reactions.get(row.dwipp.id, _NO_REACTION)) if row.dwipp else row
            for row in rows
        ]

    def _read_favorites(self, member_id: str, limit: int, after: Position | None) -> RowBatch:
        """Return favorites. That of a deleted Dwipp is a row without a Dwipp."""
        favorites = self._reactions.list_favorites(member_id, limit + 1, (after[0], after[1]) if after else None)
        dwipps = self._dwipps.get_many([favorite.dwipp_id for favorite in favorites[:limit]])
        # For a moment the index may have a favorite at its old and its new place. The new one comes first, and `pop`
        # leaves the old one without a Dwipp.
        rows = [
            Row((row.favorited_at, row.dwipp_id), dwipps.pop(row.dwipp_id, None), row.reaction)
            for row in favorites[:limit]
        ]
        return RowBatch(rows, has_more=len(favorites) > limit)


def _read_dwipps(read: ReadPage, limit: int, after: Position | None) -> RowBatch:
    """Return Dwipps of a list that is in order of ids. One Dwipp beyond the limit shows that the list goes on."""
    dwipps = read(limit + 1, after[0] if after else None)
    return RowBatch([Row((dwipp.id,), dwipp) for dwipp in dwipps[:limit]], has_more=len(dwipps) > limit)
