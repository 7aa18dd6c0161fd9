"""Dwipps as one member sees them: the stored Dwipp and the member's own reaction."""

from collections.abc import Callable, Sequence
from functools import partial

from app.aws.concurrency import run_concurrently
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.ids import is_id
from app.dwipps.listing import DwippList, Row, RowBatch, read_by_id, read_on, select_visible
from app.dwipps.lists import favorite_list, since_list, upvote_list
from app.dwipps.models import Dwipp, Reaction
from app.dwipps.random_dwipp import find_random
from app.dwipps.ranked_feed import RankedFeed
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import Author, DwippPage, DwippView, FeedPage, RemovalView
from app.errors import DwippNotFoundError
from app.members.audience import Audience, Audiences
from app.members.models import Member
from app.pagination.cursors import PageRequest
from app.rankings.lists import ListName
from app.rankings.snapshots import SnapshotRepository

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
        removed=RemovalView(at=dwipp.removed.at, reason=dwipp.removed.reason) if dwipp.removed else None,
    )


class Feed:
    """The Dwipps, and the lists of Dwipps, as one member sees them. Read only."""

    def __init__(
        self,
        dwipps: DwippRepository,
        cache: FeedPageCache,
        reactions: ReactionRepository,
        audiences: Audiences,
        snapshots: SnapshotRepository,
    ) -> None:
        self._dwipps = dwipps
        self._cache = cache
        self._reactions = reactions
        self._audiences = audiences
        self._snapshots = snapshots

    def get(self, member_id: str, dwipp_id: str, *, is_moderator: bool) -> DwippView:
        """Return the current state of a Dwipp. Only its author and moderators see a removed one.

        Raises:
            DwippNotFoundError: if there is none, if the member may not see it, or if the id is malformed.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        dwipp, reaction, audience = run_concurrently(
            partial(self._dwipps.get, dwipp_id),
            partial(self._reactions.get, member_id, dwipp_id),
            partial(self._audiences.get, member_id),
        )
        if dwipp.removed:
            audience = self._audiences.with_removed_dwipps(audience, member_id, is_moderator=is_moderator)
        if not dwipp.is_visible_to(audience):
            raise DwippNotFoundError
        return to_view(dwipp, reaction)

    def list_recent(self, member_id: str, page: PageRequest) -> DwippPage:
        """Return everybody's Dwipps, newest first. Dwipps that the member may not see are removed after the cache."""
        dwipps = DwippList("feed", partial(read_by_id, self._cache))
        return self._to_page(member_id, dwipps, partial(self._audiences.get, member_id), page)

    def list_since(self, member_id: str, dwipp_id: str, page: PageRequest) -> DwippPage:
        """Return the Dwipps that are newer than one or up to 30 seconds older, newest first. They bypass the cache."""
        dwipps = since_list(self._dwipps, dwipp_id)
        return self._to_page(member_id, dwipps, partial(self._audiences.get, member_id), page)

    def list_ranked(self, member_id: str, name: ListName, page: PageRequest) -> FeedPage:
        """Return the Dwipps of a ranked list in the order of its snapshot. Deleted and removed Dwipps are left out."""
        ranked = RankedFeed(self._snapshots, self._dwipps, name)
        shown = self._to_page(member_id, ranked.to_list(), partial(self._audiences.get, member_id), page)
        return FeedPage(items=shown.items, next_cursor=shown.next_cursor, as_of=ranked.as_of)

    def list_by_author(self, member_id: str, author_handle: str, page: PageRequest) -> DwippPage:
        """Return one author's Dwipps, newest first, without the removed ones.

        Raises:
            MemberNotFoundError: if the member may not see the author.
        """
        get_audience = partial(self._audiences.get_for_member, member_id, author_handle)
        return self._to_page(member_id, self._author_list(author_handle), get_audience, page)

    def list_own(self, member: Member, page: PageRequest) -> DwippPage:
        """Return the member's own Dwipps, newest first, with the removed ones.

        No blocks are read, because members cannot block themselves.
        """
        get_audience = partial(Audience, own_handle=member.handle)
        return self._to_page(member.id, self._author_list(member.handle), get_audience, page)

    def list_favorites(self, member_id: str, page: PageRequest) -> DwippPage:
        """Return the member's favorites, latest favorited first. Deleted and removed Dwipps are left out."""
        favorites = favorite_list(self._dwipps, self._reactions, member_id)
        return self._to_page(member_id, favorites, partial(self._audiences.get, member_id), page)

    def list_upvotes(self, member_id: str, page: PageRequest) -> DwippPage:
        """Return the Dwipps that the member upvoted, newest first. Deleted and removed Dwipps are left out."""
        upvotes = upvote_list(self._dwipps, self._reactions, member_id)
        return self._to_page(member_id, upvotes, partial(self._audiences.get, member_id), page)

    def list_by_ids(self, member_id: str, dwipp_ids: Sequence[str]) -> DwippPage:
        """Return these Dwipps in this order, eventually consistent, without those that the member may not see."""
        dwipps, audience = run_concurrently(
            partial(self._dwipps.get_many, dwipp_ids), partial(self._audiences.get, member_id)
        )
        rows = [Row((dwipp_id,), dwipps[dwipp_id]) for dwipp_id in dwipp_ids if dwipp_id in dwipps]
        visible = select_visible(RowBatch(rows, None), audience, len(rows))
        return DwippPage(items=self._to_views(member_id, visible.rows), next_cursor=None)

    def get_random(self, member_id: str) -> DwippView:
        """Return a random Dwipp that the member may see.

        Raises:
            DwippNotFoundError: if there is none.
        """
        dwipp = find_random(self._dwipps, partial(self._audiences.get, member_id))
        if dwipp is None:
            raise DwippNotFoundError
        (view,) = self._to_views(member_id, [Row((dwipp.id,), dwipp)])
        return view

    def _author_list(self, handle: str) -> DwippList:
        return DwippList(f"author {handle}", partial(read_by_id, partial(self._dwipps.list_by_author, handle)))

    def _to_page(
        self, member_id: str, dwipps: DwippList, get_audience: Callable[[], Audience], page: PageRequest
    ) -> DwippPage:
        """Return a page of a list, with the member's reactions."""
        position = dwipps.decode_position(page.cursor)
        batch, audience = run_concurrently(partial(dwipps.read, page.limit, position), get_audience)
        visible = read_on(select_visible(batch, audience, page.limit), dwipps, audience, page.limit)
        items = self._to_views(member_id, visible.rows)
        return DwippPage(items=items, next_cursor=dwipps.encode_position(visible.next_position))

    def _to_views(self, member_id: str, rows: Sequence[Row]) -> list[DwippView]:
        """Return the Dwipps of rows with the member's reactions."""
        # Rows of reactions have them. A second read could cost a read unit for every two of them.
        missing = [row.dwipp.id for row in rows if row.reaction is None]
        reactions = self._reactions.get_many(member_id, missing)
        return [to_view(row.dwipp, row.reaction or reactions.get(row.dwipp.id, _NO_REACTION)) for row in rows]
