"""The FEED_SHARDS and FEED_CACHE_SECONDS that a site needs, by the simulation of hot partitions."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks import prices
from benchmarks.deployment import SECONDS_PER_MONTH, STAGE_RATE_LIMIT
from benchmarks.hot_partitions import (
    BRIEF_READERS,
    CACHE_SECONDS,
    MAX_ITEM_UPVOTES,
    PAGE_READ_UNITS,
    POPULAR_DWIPPS,
    READERS,
    REQUEST_SECONDS,
    UPVOTE_SHARES,
    RequestShares,
    Scenario,
    calculate_max_requests,
    simulate,
)
from benchmarks.limits import PARTITION_WRITES
from benchmarks.report import Part, Plot, Table

LOADS = (1_000, 10_000, 100_000)  # requests per second
SHARD_COUNTS = (1, 4, 16, 64)
MAX_REFUSED_SHARE = 0.001

# Each compared combination of the cache and the readers, and the suffix of its label.
_COMBINATIONS: Mapping[str, tuple[bool, RequestShares]] = {
    "": (False, READERS),
    ", cache": (True, READERS),
    ", cache, brief visits": (True, BRIEF_READERS),
}

_INTRODUCTION = """\
These figures are simulated, not measured. In [the assumed workload](workload.py), {pages:.0%} of the requests read
pages of the feed, and {writes:.0%} write to the feed. Upvotes are distributed over {popular:,} Dwipps by Zipf's law. By
the developer guide, a page consumes {page:g} RRU of every partition. (It is 1 RRU if the page is a byte below 8 KB, as
in the measured capacity and in the limits.) An upvote or a new Dwipp consumes 1 WRU of one partition.

**`FEED_SHARDS`: the default of 1 is right up to {max_writes:,.0f} requests per second.** Beyond that, one partition
refuses writes. Each further partition costs ${shard:,.0f} a month at 1,000 requests per second, because every page
reads every partition. For the same reason, more partitions serve no more readers: each partition has all readers of the
feed.

**`FEED_CACHE_SECONDS`: the default is 0, which disables the cache.** The cache serves more readers. It helps more if a
larger share of the pages is the newest one. Pages are refused from these loads on:

- without the cache: {uncached:,.0f} requests per second
- with {seconds:g} s, if each visit reads four pages: {readers:,.0f} requests per second
- with {seconds:g} s, if four pages of five are the newest: {brief:,.0f} requests per second

Below these loads the cache saves some money and prevents no refusals. Its price is that members do not see their own
new Dwipps at once. A stage accepts only {limit} reads per second until its limit is raised, so the cache is disabled
by default. (A cached page does not make the next pages inexact, because a cursor is an id. The reader's own reactions
are always read anew.) A larger site needs a shared cache before DynamoDB, which this project does not have.

**No setting helps a single popular Dwipp.** Its item accepts {item:.0f} upvotes per second, and fewer if they
conflict."""

_OUTCOMES_NOTE = """\
"Brief visits" means that four pages of five are the newest. Assumptions: a request takes {milliseconds:.0f} ms, so
{load:,} requests per second keep {instances:.0f} instances busy. There are no retries, which would add to the refused
requests. All pages are in the same partition as the newest one, because only young Dwipps are read on such a busy site.
Quotas are raised: the first one to reach would be a table's 40,000 units per second."""

_REQUIREMENTS_NOTE = """\
"Lowest `FEED_SHARDS`" is the lowest of {shards} with which less than {share:.1%} of the pages and writes is refused.
The saving is for one partition."""


def report() -> Part:
    """Simulate all loads, and report the results for both settings."""
    introduction = _INTRODUCTION.format(
        pages=READERS.pages,
        writes=READERS.writes,
        popular=POPULAR_DWIPPS,
        page=PAGE_READ_UNITS,
        max_writes=PARTITION_WRITES / READERS.writes,
        shard=_calculate_monthly_dollars(1000 * READERS.pages * PAGE_READ_UNITS),
        seconds=CACHE_SECONDS,
        uncached=calculate_max_requests(READERS, is_cached=False),
        readers=calculate_max_requests(READERS, is_cached=True),
        brief=calculate_max_requests(BRIEF_READERS, is_cached=True),
        limit=STAGE_RATE_LIMIT,
        item=MAX_ITEM_UPVOTES,
    )
    return Part("Hot partitions", introduction, [_make_outcomes_table(), _make_requirements_table()], [_make_plot()])


def find_lowest_shards(requests: float, shares: RequestShares, *, is_cached: bool) -> int | None:
    """Return the lowest number of shards with which less than `MAX_REFUSED_SHARE` is refused.

    None if all of `SHARD_COUNTS` refuse more.

    Args:
        requests: requests per second.
        shares: the shares of the requests that read or write the feed.
        is_cached: whether instances cache the newest page.
    """
    for shards in SHARD_COUNTS:
        if simulate(Scenario(requests, shards, is_cached, shares)).refused_share < MAX_REFUSED_SHARE:
            return shards
    return None


def _make_outcomes_table() -> Table:
    lines = [
        [f"{load:,}", str(shards), *_make_outcome_cells(load, shards)] for load in LOADS for shards in SHARD_COUNTS
    ]
    pages = [f"pages refused{suffix}" for suffix in _COMBINATIONS]
    reads = [f"RRU/s{suffix}" for suffix in _COMBINATIONS]
    columns = ["requests/s", "`FEED_SHARDS`", *pages, "writes refused", *reads, "WRU/s"]
    note = _OUTCOMES_NOTE.format(
        milliseconds=REQUEST_SECONDS * 1000, instances=LOADS[1] * REQUEST_SECONDS, load=LOADS[1]
    )
    return Table("hot_partitions", "Refused requests and consumed units", columns, lines, note)


def _make_outcome_cells(requests: float, shards: int) -> list[str]:
    outcomes = [simulate(Scenario(requests, shards, is_cached, shares)) for is_cached, shares in _COMBINATIONS.values()]
    uncached = outcomes[0]
    pages = (_format_percent(outcome.pages_refused / outcome.pages) for outcome in outcomes)
    reads = (f"{outcome.read_units / outcome.seconds:,.0f}" for outcome in outcomes)
    writes = f"{uncached.write_units / uncached.seconds:,.0f}"
    return [*pages, _format_percent(uncached.writes_refused / uncached.writes), *reads, writes]


def _make_requirements_table() -> Table:
    lines = [
        [
            f"{requests:,}",
            *(
                str(find_lowest_shards(requests, shares, is_cached=is_cached) or "none")
                for is_cached, shares in _COMBINATIONS.values()
            ),
            *(
                f"${_calculate_monthly_dollars(_calculate_saved_units(requests, shares)):,.0f}"
                for shares in (READERS, BRIEF_READERS)
            ),
            f"{_estimate_top_upvotes(requests):,.0f}",
            _format_percent(1 - min(1.0, MAX_ITEM_UPVOTES / _estimate_top_upvotes(requests))),
        ]
        for requests in LOADS
    ]
    columns = [
        "requests/s",
        *(f"lowest `FEED_SHARDS`{suffix}" for suffix in _COMBINATIONS),
        "monthly saving by the cache",
        "saving, brief visits",
        "upvotes/s of the top Dwipp",
        "of these refused",
    ]
    note = _REQUIREMENTS_NOTE.format(shards=", ".join(map(str, SHARD_COUNTS)), share=MAX_REFUSED_SHARE)
    return Table("feed_settings", "Required settings", columns, lines, note)


def _calculate_saved_units(requests: float, shares: RequestShares) -> float:
    """Return the read units per second that the cache saves with one partition."""
    uncached, cached = (
        Scenario(requests, is_cached=is_cached, shares=shares).queried_pages for is_cached in (False, True)
    )
    return (uncached - cached) * PAGE_READ_UNITS


def _estimate_top_upvotes(requests: float) -> float:
    """Return the upvotes per second of the most popular Dwipp."""
    return requests * READERS.upvotes * UPVOTE_SHARES[0]


def _calculate_monthly_dollars(units_per_second: float) -> float:
    return prices.READS.calculate(units_per_second * SECONDS_PER_MONTH)


def _format_percent(share: float) -> str:
    if 0 < share < MAX_REFUSED_SHARE:
        return f"<{MAX_REFUSED_SHARE:.1%}"
    return f"{share:.1%}" if share else "0"


def _make_plot() -> Plot:
    loads = [round(100 * 10 ** (step / 5)) for step in range(16)]
    curves = {
        f"{shards} shard{'s' * (shards > 1)}{suffix}": [
            simulate(Scenario(load, shards, is_cached, shares), seconds=10).refused_share for load in loads
        ]
        for shards in (1, 16)
        for suffix, (is_cached, shares) in _COMBINATIONS.items()
    }
    return Plot("hot_partitions", "Refused pages and writes, by load", partial(_draw, loads, curves))


def _draw(loads: Sequence[int], curves: Mapping[str, Sequence[float]], axes: Any) -> None:
    for label, refused_shares in curves.items():
        style = "--" if "cache" in label else "-"
        axes.plot(loads, [100 * share for share in refused_shares], style, label=label)
    axes.set_xscale("log")
    axes.set_xlabel("requests per second")
    axes.set_ylabel("% refused")
    axes.legend(frameon=False)
