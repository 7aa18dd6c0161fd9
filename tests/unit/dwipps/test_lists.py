"""A page of upvotes is full if at most 100 favorites lie between them. Only an empty page reads further rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from app.dwipps.feed import Feed
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.ids import lowest_id, milliseconds
from app.dwipps.models import Dwipp, Reaction, new_dwipp
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippPage
from app.members.audience import Audience, Audiences
from app.pagination.cursors import PageRequest
from testkit.members import make_author

NOW = datetime(2026, 11, 26, tzinfo=UTC)
UPVOTE, FAVORITE = Reaction(upvoted_at=NOW), Reaction(favorited_at=NOW)


class Voter:
    """A member with these reactions, newest Dwipp first.

    Attributes:
        row_count: the number of rows that were read.
        dwipp_counts: the number of Dwipps of each read.
    """

    def __init__(self, reactions: Sequence[Reaction]) -> None:
        count = len(reactions)
        self._rows = [(lowest_id(count - number), reaction) for number, reaction in enumerate(reactions)]
        self.row_count = 0
        self.dwipp_counts: list[int] = []
        dwipps, rows = Mock(DwippRepository, get_many=self._get_many), Mock(ReactionRepository)
        rows.list_by_newest_dwipp = self._list_rows
        rows.get_many.return_value = {}
        audiences = Mock(Audiences, get=lambda _: Audience())
        self._feed = Feed(dwipps, Mock(FeedPageCache), rows, audiences, Mock())

    def get_page(self, limit: int, cursor: str | None = None) -> DwippPage:
        self.row_count, self.dwipp_counts = 0, []
        return self._feed.list_upvotes("me", PageRequest(limit, cursor))

    def _list_rows(self, _member_id: str, limit: int, before: str | None) -> list[tuple[str, Reaction]]:
        rows = [row for row in self._rows if before is None or row[0] < before][:limit]
        self.row_count += len(rows)
        return rows

    def _get_many(self, dwipp_ids: Sequence[str]) -> dict[str, Dwipp]:
        self.dwipp_counts.append(len(dwipp_ids))
        return {dwipp_id: new_dwipp(dwipp_id, make_author(), "") for dwipp_id in dwipp_ids}


def _places(page: DwippPage) -> list[int]:
    return [milliseconds(item.id) for item in page.items]


def test_page_without_favorites_reads_one_row_more() -> None:
    voter = Voter([UPVOTE] * 50)
    page = voter.get_page(20)
    assert _places(page) == list(range(50, 30, -1))
    assert (voter.row_count, voter.dwipp_counts) == (21, [20])


@pytest.mark.parametrize("reactions", [[*[FAVORITE] * 100, *[UPVOTE] * 21], [*[UPVOTE, *[FAVORITE] * 5] * 20, UPVOTE]])
def test_page_with_100_favorites_between_is_full(reactions: list[Reaction]) -> None:
    voter = Voter(reactions)
    page = voter.get_page(20)
    assert len(page.items) == 20
    assert voter.dwipp_counts == [20]
    last = voter.get_page(20, page.next_cursor)
    assert (_places(last), last.next_cursor) == ([1], None)


def test_next_page_begins_after_the_last_item_of_a_full_page() -> None:
    voter = Voter([FAVORITE, *[UPVOTE] * 80])
    page = voter.get_page(20)
    assert _places(page) == list(range(80, 60, -1))
    assert _places(voter.get_page(2, page.next_cursor)) == [60, 59]


def test_page_with_more_favorites_between_is_short() -> None:
    voter = Voter([UPVOTE, *[FAVORITE] * 200, UPVOTE])
    page = voter.get_page(20)
    assert _places(page) == [202]
    assert page.next_cursor
    assert voter.row_count == 21 + 101
    last = voter.get_page(20, page.next_cursor)
    assert (_places(last), last.next_cursor) == ([1], None)


def test_page_that_would_be_empty_reads_500_further_rows() -> None:
    voter = Voter([*[FAVORITE] * 1_000, UPVOTE])
    page = voter.get_page(20)
    assert page.items == []
    assert page.next_cursor
    assert voter.row_count == 21 + 101 + 5 * 101
    assert _places(voter.get_page(20, page.next_cursor)) == [1]


def test_member_with_favorites_only_gets_an_empty_list() -> None:
    page = Voter([FAVORITE] * 30).get_page(20)
    assert (page.items, page.next_cursor) == ([], None)
