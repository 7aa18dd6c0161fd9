"""A random Dwipp is the newest visible one of the 20 before a moment, or else the next one, or else an older one."""

from collections import Counter
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dwipps import random_dwipp
from app.dwipps.ids import lowest_id, milliseconds
from app.dwipps.models import Dwipp, new_dwipp
from app.dwipps.random_dwipp import FIRST_READ_ROWS, draw_moment, find_random
from app.dwipps.repository import DwippRepository
from app.members.audience import Audience
from testkit.hypothesis_settings import without_deadline
from testkit.members import make_author

WITHOUT_LEE = Audience(frozenset({"lee"}))


class FakeFeed:
    """The feed in memory. It counts the rows of each read."""

    def __init__(self, authors: list[tuple[int, str]]) -> None:
        self.dwipps = [new_dwipp(lowest_id(moment), make_author(author), "") for moment, author in sorted(authors)]
        self.reads: list[int] = []
        self.repository = Mock(DwippRepository, list_recent=self._list_recent, list_oldest=self._list_oldest)

    def find(self, moment: int) -> Dwipp | None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(random_dwipp, "draw_moment", lambda *_: moment)
            return find_random(self.repository, lambda: WITHOUT_LEE)

    def _list_recent(self, limit: int, before: str | None) -> list[Dwipp]:
        self.reads.append(limit)
        return [dwipp for dwipp in reversed(self.dwipps) if before is None or dwipp.id < before][:limit]

    def _list_oldest(self, limit: int, after: str | None) -> list[Dwipp]:
        self.reads.append(limit)
        return [dwipp for dwipp in self.dwipps if after is None or dwipp.id > after][:limit]


def _expect(dwipps: list[Dwipp], moment: int) -> Dwipp | None:
    """Return the Dwipp that the contract demands, without the bound of the reads."""
    before = [dwipp for dwipp in reversed(dwipps) if milliseconds(dwipp.id) <= moment]
    after = [dwipp for dwipp in dwipps if milliseconds(dwipp.id) > moment]
    in_order = [*before[:FIRST_READ_ROWS], *after, *before[FIRST_READ_ROWS:]]
    return next((dwipp for dwipp in in_order if dwipp.author_handle != "lee"), None)


@without_deadline
@given(
    st.integers(0, 80),
    st.sets(st.integers(0, 79), max_size=3),
    st.integers(0, 79),
    st.integers(1, 30),
    st.integers(1, 3),
)
def test_random_dwipp_is_chosen_in_the_documented_order(
    count: int, visible: set[int], place: int, batch_size: int, distance: int
) -> None:
    feed = FakeFeed([(number * distance, "max" if number in visible else "lee") for number in range(count)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random_dwipp, "FURTHER_READ_ROWS", batch_size)
        patch.setattr(random_dwipp, "MAX_FURTHER_READS", 100)
        assert feed.find(place * 2) == _expect(feed.dwipps, place * 2)


def test_first_20_are_read_once() -> None:
    feed = FakeFeed([(number, "max") for number in range(30)])
    assert feed.find(25) == feed.dwipps[25]
    assert feed.reads == [1, 1, 20]


def test_reads_on_both_sides_are_bounded() -> None:
    feed = FakeFeed([(number, "max" if number == 1 else "lee") for number in range(2_000)])
    assert feed.find(1_000) is None
    assert feed.reads == [1, 1, 20, *[100] * 10]


@pytest.mark.parametrize("visible", [0, 1_999])
def test_newest_and_oldest_dwipp_are_found_beyond_the_bounds(visible: int) -> None:
    feed = FakeFeed([(number, "max" if number == visible else "lee") for number in range(2_000)])
    assert feed.find(1_000) == feed.dwipps[visible]


def test_end_of_the_feed_ends_the_reads() -> None:
    feed = FakeFeed([(number, "lee") for number in range(10)])
    assert feed.find(5) is None
    assert feed.reads == [1, 1, 20, 100]


def test_feed_that_changes_between_the_reads_is_no_error() -> None:
    feed = FakeFeed([(5, "max")])
    older = new_dwipp(lowest_id(3), make_author("max"), "")
    feed.repository.list_recent = Mock(side_effect=[[older], feed.dwipps])
    assert find_random(feed.repository, lambda: WITHOUT_LEE) == feed.dwipps[0]


def test_moments_are_drawn_evenly_with_both_ends() -> None:
    counts = Counter(draw_moment(7, 9) for _ in range(3_000))
    assert sorted(counts) == [7, 8, 9]
    assert min(counts.values()) > 850
