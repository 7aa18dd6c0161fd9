"""Limits are met at the load that the ledger's units make of them."""

import re

import pytest

from benchmarks import limits
from benchmarks.designs import Units
from benchmarks.limits import Limit

LEDGER = {"page of the feed": Units(read=2), "page of the feed, without reactions": Units(read=1.5)}


@pytest.fixture
def found() -> dict[str, Limit]:
    return {limit.what: limit for limit in limits.limits(LEDGER, milliseconds=20)}


@pytest.mark.parametrize(
    ("what", "met"),
    [
        ("instances of all functions", "10,000 requests/s"),
        ("registrations and their confirmations", "25 new members/s"),
        ("reads of a partition of the feed", "2,000 pages of the feed/s"),
        ("writes to a partition of the feed", "1,000 upvotes, Dwipps and edits/s on the whole site"),
        ("writes to one Dwipp", "500 upvotes/s of one Dwipp; in conflict fewer, see Contention"),
        ("reads of one member's reactions", "6,000 pages/s by one member"),
        ("reads of a table with its indexes", "26,667 pages of the feed/s, by `FEED_SHARDS`"),
        ("writes to a table with its indexes", "10,000 upvotes/s"),
    ],
)
def test_a_limit_is_met_where_its_units_are_used_up(what: str, met: str, found: dict[str, Limit]) -> None:
    assert found[what].met == met


def test_a_slow_function_meets_the_limit_earlier() -> None:
    (found,) = (each for each in limits.limits(LEDGER, 200) if each.what == "instances of all functions")
    assert found.met == "5,000 requests/s"


def test_what_moves_the_feed_are_settings_that_there_are(found: dict[str, Limit]) -> None:
    moved = " ".join(limit.moved_by for limit in found.values())
    assert set(re.findall(r"`(\w+)`", moved)) == {"FEED_CACHE_SECONDS", "FEED_SHARDS"}


def test_each_has_its_source(found: dict[str, Limit]) -> None:
    assert all(limit.source.startswith("https://docs.aws.amazon.com/") for limit in found.values())
    (table,) = limits.part(LEDGER, 20).tables
    assert [row[0] for row in table.rows] == list(found)
    assert all(len(row) == len(table.columns) for row in table.rows)
