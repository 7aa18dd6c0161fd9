"""A part of an export fits into the response of a Lambda function, and a cursor names a store and a position."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from app.aws.timestamps import now
from app.cognito.models import User
from app.cognito.user_pool import UserPool
from app.dwipps.feed import Feed, to_view
from app.dwipps.ids import new_id
from app.dwipps.models import Dwipp, Reaction, Removal
from app.dwipps.personal_data import DwippData, ReactionData
from app.dwipps.reactions import ReactionRepository
from app.dwipps.schemas import Mark
from app.errors import InvalidCursorError, UnauthenticatedError
from app.me.export import Export
from app.me.schemas import MAX_EXPORT_ITEMS, ExportView
from app.members.schemas import OwnProfileView
from app.pagination.cursors import encode_cursor
from testkit.members import make_author

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_LAMBDA_RESPONSE_BYTES = 6 * 1024 * 1024

_OTHER_FIELDS: Any = {
    **dict.fromkeys(("upvotes", "favorites", "blocks", "reports", "moderation"), ()),
    "next_cursor": "x" * 200,
}


def test_largest_part_is_below_half_the_lambda_limit() -> None:
    latest = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    profile = OwnProfileView(id="x" * 36, handle="x" * 20, email="x" * 128, joined_at=latest)
    # A Lambda response carries the body as a string within JSON, so the body is escaped twice. Line feeds grow most.
    for text in ("🦆" * 280, "\n" * 280, '"' * 280):
        removed = Removal(latest, "harassment")
        dwipp = Dwipp(new_id(), text, "x" * 20, version=2**53, upvotes=2**53, edited_at=latest, removed=removed)
        reaction = Reaction(now(), now())
        part = ExportView(profile=profile, dwipps=[to_view(dwipp, reaction)] * MAX_EXPORT_ITEMS, **_OTHER_FIELDS)
        parsed = ExportView.model_validate_json(part.model_dump_json())
        assert len(parsed.dwipps) == MAX_EXPORT_ITEMS
        escaped = part.model_dump_json().encode("unicode_escape")
        assert len(escaped) < MAX_LAMBDA_RESPONSE_BYTES / 2
    marks = [Mark(dwipp_id="x" * 36, at=latest)] * MAX_EXPORT_ITEMS
    part = ExportView(profile=profile, dwipps=[], **_OTHER_FIELDS | {"upvotes": marks, "favorites": marks})
    assert len(part.model_dump_json().encode("unicode_escape")) < MAX_LAMBDA_RESPONSE_BYTES / 2


class TestCursors:
    """The export of a member whose stores are empty."""

    MEMBER = make_author()

    @pytest.fixture
    def pool(self) -> Mock:
        user = User(self.MEMBER.id, "kay@example.org", "kay", now(), is_confirmed=True)
        return Mock(UserPool, **{"get_user.return_value": user})

    @pytest.fixture
    def feed(self) -> Mock:
        return Mock(Feed)

    @pytest.fixture
    def reactions(self) -> Mock:
        return Mock(ReactionRepository, **{"list_by_dwipp_id.return_value": []})

    @pytest.fixture
    def export(self, pool: Mock, feed: Mock, reactions: Mock) -> Export:
        return Export(pool, (DwippData(feed, Mock(), Mock(), Mock(), Mock()), ReactionData(reactions)))

    def _make_cursor(self, *position: str) -> str:
        return encode_cursor(f"export {self.MEMBER.id}", *position)

    def test_cursor_of_the_first_reaction_is_valid(self, export: Export) -> None:
        part = export.get_part(self.MEMBER, self._make_cursor("reactions", "0"))
        assert (part.upvotes, part.favorites, part.next_cursor) == ([], [], None)

    def test_cursor_without_a_reaction_is_invalid(self, export: Export, reactions: Mock) -> None:
        with pytest.raises(InvalidCursorError):
            export.get_part(self.MEMBER, self._make_cursor("reactions", ""))
        assert not reactions.mock_calls

    @pytest.mark.parametrize("position", [None, ("dwipps", ""), ("reactions", "0")], ids=str)
    def test_deleted_user_is_unauthenticated_before_any_row_is_read(
        self, position: tuple[str, str] | None, export: Export, pool: Mock, feed: Mock, reactions: Mock
    ) -> None:
        pool.get_user.return_value = None
        with pytest.raises(UnauthenticatedError):
            export.get_part(self.MEMBER, self._make_cursor(*position) if position else None)
        assert not feed.mock_calls + reactions.mock_calls
