"""The usual design takes what DynamoDB Local takes for it, more with its size, and stops where it has to."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.designs import Units
from benchmarks.growth import Growing, Usual, read
from benchmarks.popularity import EXPONENT, Popularity
from benchmarks.work import Stop, Work
from benchmarks.workload import LOG_IN, PAGES, REACTIONS, Mix
from testkit.hypothesis_settings import unhurried

MIX = Mix()
GROWING = Growing(Usual(), {}, MIX)


def worked(growing: Growing, operation: str, members: float) -> Work:
    work = growing.work(operation, members)
    assert isinstance(work, Work)
    return work


def test_an_upvote_writes_the_whole_item() -> None:
    measured = {0: 1, 1_000: 25, 10_000: 245}
    assert {reactions: Usual().changed(reactions).written for reactions in measured} == measured


def test_a_scan_reads_the_whole_table() -> None:
    assert read(1_000 * Usual().item(0)) == 63
    assert read(1) == 0.5
    assert read(4096) == 0.5
    assert read(4097) == 1


def test_an_item_has_room_for_sixteen_thousand() -> None:
    usual = Usual()
    assert usual.places == 16_363
    assert usual.item(usual.places) <= 400 * 1024 < usual.item(usual.places + 1)


@pytest.mark.parametrize("operation", PAGES)
def test_lists_take_ten_times_as_much_where_there_is_ten_times_as_much(operation: str) -> None:
    few, many = (worked(GROWING, operation, members) for members in (1e4, 1e5))
    assert many.units.read == pytest.approx(10 * few.units.read, rel=1e-3)
    assert few.units.written == many.units.written == 0
    assert many.milliseconds - 15 == pytest.approx(10 * (few.milliseconds - 15), rel=1e-3)


def test_what_a_list_takes_by_hand() -> None:
    # 40 % of 10,000 members write one a month; each has 22 reactions of 25 bytes.
    size = 10_000 * 0.4 * 12 * (516 + 22 * 25)
    work = worked(GROWING, "page of the feed", 1e4)
    assert work.units == Units(read=read(size))
    assert work.milliseconds == pytest.approx(15 + size / 2**20 * 20)


def test_what_is_stored_by_hand() -> None:
    stored = GROWING.stored(1e4)
    assert stored.tables == pytest.approx(10_000 * 0.4 * 12 * (516 + 22 * 25 + 100))
    assert stored.indexes == 0


@pytest.mark.parametrize("operation", REACTIONS)
def test_reactions_take_more_with_every_member(operation: str) -> None:
    written = [worked(GROWING, operation, 10**power).units.written for power in range(3, 9)]
    assert all(few <= many for few, many in pairwise(written))
    assert written[0] < written[-1]


def test_what_is_not_popular_stays_cheap() -> None:
    assert worked(GROWING, "create", 1e8).units == Units(written=1)
    assert worked(GROWING, LOG_IN, 1e8).units == Units()
    assert worked(GROWING, "one Dwipp", 1e3).units == Units(read=0.5)


@pytest.mark.parametrize("operation", PAGES)
def test_lists_stop_where_api_gateway_gives_up(operation: str) -> None:
    taken = worked(GROWING, operation, 1e4).milliseconds
    assert isinstance(Growing(Usual(longest_milliseconds=taken), {}, MIX).work(operation, 1e4), Work)
    stopped = Growing(Usual(longest_milliseconds=taken - 0.001), {}, MIX).work(operation, 1e4)
    assert isinstance(stopped, Stop)
    assert stopped.why == "a Scan of 0.0 GB takes 1 s"


def test_reactions_are_refused_once_items_are_full() -> None:
    assert worked(GROWING, "upvote", 1e4).refused == 0
    assert 0 < worked(GROWING, "upvote", 1e6).refused < worked(GROWING, "upvote", 1e8).refused < 1


def by_hand(dwipps: int, mean: float, most: float) -> list[float]:
    shares = [rank**-EXPONENT for rank in range(1, dwipps + 1)]
    return [min(mean * dwipps * share / sum(shares), most) for share in shares]


@unhurried
@given(st.integers(1, 5_000), st.floats(0.1, 50), st.floats(1, 5_000))
def test_popularity_is_zipfs(dwipps: int, mean: float, most: float) -> None:
    popularity, reactions = Popularity(dwipps, mean, most), by_hand(dwipps, mean, most)
    assert popularity.reactions == pytest.approx(sum(reactions), rel=1e-3)
    assert popularity.met == pytest.approx(sum(each**2 for each in reactions) / 2 / sum(reactions), rel=1e-3)
    assert popularity.met <= most / 2 * (1 + 1e-9)


def test_without_a_most_nothing_is_lost() -> None:
    assert Popularity(1e6, 22, 1e9).reactions == pytest.approx(22e6)
