"""The load at which a limit is reached follows from the capacity of the operations."""

import re

import pytest

from benchmarks import limits
from benchmarks.capacity_units import CapacityUnits
from benchmarks.limits import Limit

UNITS = {
    "page of the feed": CapacityUnits(read=2),
    "page of the feed, without reactions": CapacityUnits(read=1.5),
}


@pytest.fixture
def limits_by_name() -> dict[str, Limit]:
    return {limit.name: limit for limit in limits.list_limits(UNITS, milliseconds=20)}


@pytest.mark.parametrize(
    ("name", "reached_at"),
    [
        ("concurrent instances of all functions", "10,000 requests/s"),
        ("registrations and confirmations", "25 new members/s"),
        ("reads of a partition of the feed", "3,000 pages of the feed/s"),
        ("writes to a partition of the feed", "1,000 upvotes, Dwipps and edits/s on the whole site"),
        ("writes to one Dwipp", "500 upvotes/s of one Dwipp; fewer if they conflict, see Contention"),
        ("reads of one member's reactions", "6,000 pages/s by one member"),
        ("reads of a table and its indexes", "40,000 pages of the feed/s, divided by `FEED_SHARDS`"),
        ("writes to a table and its indexes", "10,000 upvotes/s"),
    ],
)
def test_limit_is_reached_at_the_load_calculated_by_hand(
    name: str, reached_at: str, limits_by_name: dict[str, Limit]
) -> None:
    assert limits_by_name[name].reached_at == reached_at


def test_page_that_finds_no_reactions_reads_them_too() -> None:
    """The measured pages then cost the same."""
    units = dict.fromkeys(UNITS, CapacityUnits(read=2))
    (limit,) = (each for each in limits.list_limits(units, 20) if each.name == "reads of one member's reactions")
    assert limit.reached_at == "6,000 pages/s by one member"


def test_slow_function_reaches_the_concurrency_limit_earlier() -> None:
    (limit,) = (
        limit for limit in limits.list_limits(UNITS, 200) if limit.name == "concurrent instances of all functions"
    )
    assert limit.reached_at == "5,000 requests/s"


def test_remedies_name_the_settings_of_the_feed(limits_by_name: dict[str, Limit]) -> None:
    remedies = " ".join(limit.remedy for limit in limits_by_name.values())
    assert set(re.findall(r"`(\w+)`", remedies)) == {"FEED_CACHE_SECONDS", "FEED_SHARDS"}


def test_every_limit_names_its_source(limits_by_name: dict[str, Limit]) -> None:
    assert all(limit.source.startswith("https://docs.aws.amazon.com/") for limit in limits_by_name.values())
    (table,) = limits.report(UNITS, 20).tables
    assert [row[0] for row in table.rows] == list(limits_by_name)
    assert all(len(row) == len(table.columns) for row in table.rows)
