"""Everything that is held about a member, as one document, a page at a time; knows no HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.cognito.user_pool import UserPool
from app.dwipps.feed import Feed
from app.dwipps.ids import is_id
from app.dwipps.reactions import ReactionRepository
from app.dwipps.schemas import DwippView
from app.errors import InvalidCursorError, UnauthenticatedError
from app.members.models import Member
from app.members.schemas import OwnProfileView
from app.pagination.cursors import PageRequest, decode_cursor, encode_cursor

# A Dwipp is 2 KB of JSON at most, a reaction 200 bytes: a page is below 1.2 MB, of the 6 that a Lambda answer may have.
ROWS = 500

_PARTS = (_DWIPPS, _REACTIONS) = ("dwipps", "reactions")
_FIRST = "0"  # Below all ids.


class Mark(BaseModel):
    """An upvote or a favorite, and since when it is one."""

    dwipp_id: str
    at: datetime


class ExportView(BaseModel):
    """A part of everything that is held about a member; the profile is in every part."""

    profile: OwnProfileView
    dwipps: list[DwippView]
    upvotes: list[Mark]
    favorites: list[Mark]
    next_cursor: str | None = Field(description="Send it as `cursor` to go on; null at the end.")


class Export:
    """Reads a member's Dwipps first, then their upvotes and favorites."""

    def __init__(self, pool: UserPool, feed: Feed, reactions: ReactionRepository) -> None:
        self._pool = pool
        self._feed = feed
        self._reactions = reactions

    def page(self, member: Member, cursor: str | None) -> ExportView:
        """The part behind a cursor, or the first.

        Raises:
            InvalidCursorError: if it is no cursor of this member's export.
        """
        name = f"export {member.id}"
        part, place = (_DWIPPS, "") if cursor is None else decode_cursor(name, cursor, _PARTS.__contains__, str.isascii)
        view = ExportView(profile=self._profile(member), dwipps=[], upvotes=[], favorites=[], next_cursor=None)
        following = self._add(view, member, part, place)
        view.next_cursor = encode_cursor(name, *following) if following else None
        return view

    def _add(self, view: ExportView, member: Member, part: str, place: str) -> tuple[str, str] | None:
        """Add the rows behind a place, and return where those behind them begin."""
        if part == _DWIPPS:
            page = self._feed.newest_of(member.id, member.handle, PageRequest(ROWS, place or None))
            view.dwipps = page.items
            return (_DWIPPS, page.next_cursor) if page.next_cursor else (_REACTIONS, _FIRST)
        if place != _FIRST and not is_id(place):
            raise InvalidCursorError
        rows = self._reactions.rows(member.id, ROWS + 1, place)
        shown = rows[:ROWS]
        view.upvotes = [Mark(dwipp_id=key, at=row.upvoted_at) for key, row in shown if row.upvoted_at]
        view.favorites = [Mark(dwipp_id=key, at=row.favorited_at) for key, row in shown if row.favorited_at]
        return (_REACTIONS, shown[-1][0]) if len(rows) > ROWS else None

    def _profile(self, member: Member) -> OwnProfileView:
        user = self._pool.find(member.id)
        if user is None:
            raise UnauthenticatedError
        return OwnProfileView(id=member.id, handle=member.handle, email=user.email, joined_at=member.joined_at)
