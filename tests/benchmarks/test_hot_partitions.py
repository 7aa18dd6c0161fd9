"""Simulated partitions accept as many units as DynamoDB's partitions, and refuse further requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import feed_settings
from benchmarks.hot_partitions import (
    BRIEF_READERS,
    CACHE_SECONDS,
    PAGE_READ_UNITS,
    READERS,
    REQUEST_SECONDS,
    RequestShares,
    Scenario,
    calculate_max_requests,
    simulate,
)
from benchmarks.workload import Workload
from testkit.hypothesis_settings import without_deadline

MAX_PAGES = 3000 / PAGE_READ_UNITS
LOADS = st.floats(1, 200_000)
SHARDS = st.sampled_from([1, 2, 8, 64])


def test_nothing_is_refused_below_the_limit_of_a_partition() -> None:
    outcome = simulate(Scenario(0.9 * MAX_PAGES / READERS.pages))
    assert outcome.refused_share == 0
    assert outcome.seconds == 60


def test_half_the_pages_are_refused_at_twice_the_limit() -> None:
    outcome = simulate(Scenario(2 * MAX_PAGES / READERS.pages))
    assert outcome.pages_refused / outcome.pages == pytest.approx(0.5, abs=0.01)
    assert outcome.read_units / outcome.seconds == pytest.approx(3000)


def test_half_the_writes_are_refused_at_twice_the_limit() -> None:
    outcome = simulate(Scenario(2 * 1000 / READERS.writes))
    assert outcome.writes_refused / outcome.writes == pytest.approx(0.5, abs=0.01)
    assert outcome.write_units / outcome.seconds == pytest.approx(1000)


def test_more_partitions_accept_more_writes_but_no_more_reads() -> None:
    one, many = (simulate(Scenario(20_000, shards)) for shards in (1, 16))
    assert one.writes_refused > 0
    assert many.writes_refused == 0
    assert many.pages_refused == pytest.approx(one.pages_refused, rel=0.02)
    assert many.read_units == pytest.approx(16 * one.read_units, rel=0.02)


def test_cache_reads_the_newest_page_once_per_cache_period() -> None:
    scenario = Scenario(10_000, is_cached=True)
    newest_pages_per_instance = READERS.pages * READERS.newest_share / REQUEST_SECONDS
    assert scenario.cache_miss_share == pytest.approx(1 / (1 + CACHE_SECONDS * newest_pages_per_instance))
    assert simulate(scenario).pages_refused < simulate(Scenario(10_000)).pages_refused


def test_cache_serves_more_readers_if_more_pages_are_the_newest() -> None:
    combinations = ((READERS, False), (READERS, True), (BRIEF_READERS, True))
    uncached, readers, brief = (
        calculate_max_requests(shares, is_cached=is_cached) for shares, is_cached in combinations
    )
    assert uncached == pytest.approx(MAX_PAGES / READERS.pages)
    assert calculate_max_requests(BRIEF_READERS, is_cached=False) == uncached
    assert 1.2 * uncached < readers < brief / 2
    for shares, maximum in ((READERS, readers), (BRIEF_READERS, brief)):
        assert simulate(Scenario(0.95 * maximum, is_cached=True, shares=shares)).pages_refused == 0
        assert simulate(Scenario(1.05 * maximum, is_cached=True, shares=shares)).pages_refused > 0


def test_request_shares_follow_from_the_workload() -> None:
    calls = {"page of the feed": 6, "upvote": 2, "create": 1, "create with a key": 0.5, "edit": 0.5, "delete": 0}
    shares = RequestShares.from_workload(Workload(calls_per_member=calls), newest_share=0.5)
    assert shares == RequestShares(pages=0.6, newest_share=0.5, upvotes=0.2, other_writes=0.2)
    assert shares.writes == pytest.approx(0.4)


@without_deadline
@given(LOADS, SHARDS, st.booleans(), st.integers(0, 9))
def test_refused_requests_and_units_stay_within_their_limits(
    load: float, shards: int, is_cached: bool, seed: int
) -> None:
    outcome = simulate(Scenario(load, shards, is_cached), seconds=5, seed=seed)
    assert 0 <= outcome.pages_refused <= outcome.pages
    assert 0 <= outcome.writes_refused <= outcome.writes
    assert outcome.read_units <= 5 * shards * 3000 * (1 + 1e-9)
    assert outcome.write_units <= 5 * shards * 1000


@without_deadline
@given(LOADS, SHARDS)
def test_same_seed_gives_the_same_outcome(load: float, shards: int) -> None:
    scenario = Scenario(load, shards)
    assert simulate(scenario, seconds=3, seed=7) == simulate(scenario, seconds=3, seed=7)


def test_lowest_shards_depend_on_the_load_and_the_cache() -> None:
    assert feed_settings.find_lowest_shards(1_000, READERS, is_cached=False) == 1
    assert feed_settings.find_lowest_shards(10_000, READERS, is_cached=False) is None
    assert feed_settings.find_lowest_shards(10_000, READERS, is_cached=True) is None
    assert feed_settings.find_lowest_shards(10_000, BRIEF_READERS, is_cached=True) == 4


def test_report_shows_outcomes_and_requirements() -> None:
    part = feed_settings.report()
    outcomes, requirements = part.tables
    assert all(len(row) == len(table.columns) for table in part.tables for row in table.rows)
    assert [tuple(row[:2]) for row in outcomes.rows[:2]] == [("1,000", "1"), ("1,000", "4")]
    lowest_shards = [list(row[:4]) for row in requirements.rows[:2]]
    assert lowest_shards == [["1,000", "1", "1", "1"], ["10,000", "none", "none", "4"]]
    assert f"up to {1000 / READERS.writes:,.0f} requests per second" in part.introduction
