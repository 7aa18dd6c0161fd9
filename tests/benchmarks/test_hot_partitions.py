"""The simulated partitions take what a partition takes, and refuse the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import feed_settings
from benchmarks.hot_partitions import (
    CACHE_SECONDS,
    LOOKERS,
    PAGE_READS,
    READERS,
    SECONDS_A_REQUEST,
    Scenario,
    Shares,
    most_requests,
    simulate,
)
from benchmarks.workload import Mix
from testkit.hypothesis_settings import unhurried

MOST_PAGES = 3000 / PAGE_READS
LOADS = st.floats(1, 200_000)
SHARDS = st.sampled_from([1, 2, 8, 64])


def test_below_what_a_partition_takes_nothing_is_refused() -> None:
    outcome = simulate(Scenario(0.9 * MOST_PAGES / READERS.pages))
    assert outcome.refused == 0
    assert outcome.seconds == 60


def test_of_twice_the_pages_half_are_refused() -> None:
    outcome = simulate(Scenario(2 * MOST_PAGES / READERS.pages))
    assert outcome.pages_refused / outcome.pages == pytest.approx(0.5, abs=0.01)
    assert outcome.read_units / outcome.seconds == pytest.approx(3000)


def test_of_twice_the_writes_half_are_refused() -> None:
    outcome = simulate(Scenario(2 * 1000 / READERS.writes))
    assert outcome.writes_refused / outcome.writes == pytest.approx(0.5, abs=0.01)
    assert outcome.write_units / outcome.seconds == pytest.approx(1000)


def test_more_partitions_make_room_for_writes_and_none_for_readers() -> None:
    one, many = (simulate(Scenario(20_000, shards)) for shards in (1, 16))
    assert one.writes_refused > 0
    assert many.writes_refused == 0
    assert many.pages_refused == pytest.approx(one.pages_refused, rel=0.02)
    assert many.read_units == pytest.approx(16 * one.read_units, rel=0.02)


def test_the_cache_asks_once_in_its_time_for_all_who_ask_an_instance() -> None:
    scenario = Scenario(10_000, cached=True)
    asked_of_an_instance = READERS.pages * READERS.newest / SECONDS_A_REQUEST
    assert scenario.fetched == pytest.approx(1 / (1 + CACHE_SECONDS * asked_of_an_instance))
    assert simulate(scenario).pages_refused < simulate(Scenario(10_000)).pages_refused


def test_the_more_look_at_the_newest_alone_the_more_room_the_cache_makes() -> None:
    plain, readers, lookers = (
        most_requests(shares, cached=cached) for shares, cached in ((READERS, False), (READERS, True), (LOOKERS, True))
    )
    assert plain == pytest.approx(MOST_PAGES / READERS.pages)
    assert most_requests(LOOKERS, cached=False) == plain
    assert 1.2 * plain < readers < lookers / 2
    for shares, most in ((READERS, readers), (LOOKERS, lookers)):
        assert simulate(Scenario(0.95 * most, cached=True, shares=shares)).pages_refused == 0
        assert simulate(Scenario(1.05 * most, cached=True, shares=shares)).pages_refused > 0


def test_shares_are_those_of_the_mix() -> None:
    mix = Mix(
        calls={"page of the feed": 6, "upvote": 2, "create": 1, "create with a key": 0.5, "edit": 0.5, "delete": 0}
    )
    assert Shares.of(mix, newest=0.5) == Shares(pages=0.6, newest=0.5, upvotes=0.2, others=0.2)
    assert Shares.of(mix, newest=0.5).writes == pytest.approx(0.4)


@unhurried
@given(LOADS, SHARDS, st.booleans(), st.integers(0, 9))
def test_no_more_is_refused_than_came_and_no_partition_gives_more_than_it_has(
    load: float, shards: int, cached: bool, seed: int
) -> None:
    outcome = simulate(Scenario(load, shards, cached), seconds=5, seed=seed)
    assert 0 <= outcome.pages_refused <= outcome.pages
    assert 0 <= outcome.writes_refused <= outcome.writes
    assert outcome.read_units <= 5 * shards * 3000 * (1 + 1e-9)
    assert outcome.write_units <= 5 * shards * 1000


@unhurried
@given(LOADS, SHARDS)
def test_the_same_seed_is_the_same_outcome(load: float, shards: int) -> None:
    scenario = Scenario(load, shards)
    assert simulate(scenario, seconds=3, seed=7) == simulate(scenario, seconds=3, seed=7)


def test_what_a_site_needs() -> None:
    assert feed_settings.lowest_shards(1_000, READERS, cached=False) == 1
    assert feed_settings.lowest_shards(10_000, READERS, cached=False) is None
    assert feed_settings.lowest_shards(10_000, READERS, cached=True) is None
    assert feed_settings.lowest_shards(10_000, LOOKERS, cached=True) == 4


def test_all_of_it_is_told() -> None:
    part = feed_settings.part()
    outcomes, needs = part.tables
    assert all(len(row) == len(table.columns) for table in part.tables for row in table.rows)
    assert [tuple(row[:2]) for row in outcomes.rows[:2]] == [("1,000", "1"), ("1,000", "4")]
    assert [list(row[:4]) for row in needs.rows[:2]] == [["1,000", "1", "1", "1"], ["10,000", "none", "none", "4"]]
    assert f"up to {1000 / READERS.writes:,.0f} requests a second" in part.about
