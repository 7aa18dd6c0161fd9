"""Which FEED_SHARDS and FEED_CACHE_SECONDS a site needs, by the simulation of hot partitions."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks import prices
from benchmarks.deployment import SECONDS_A_MONTH, STAGE_LIMIT
from benchmarks.hot_partitions import (
    CACHE_SECONDS,
    ITEM_UPVOTES,
    LOOKERS,
    PAGE_READS,
    POPULAR,
    POPULARITY,
    READERS,
    SECONDS_A_REQUEST,
    Scenario,
    Shares,
    most_requests,
    simulate,
)
from benchmarks.limits import PARTITION_WRITES
from benchmarks.report import Part, Plot, Table

LOADS = (1_000, 10_000, 100_000)
SHARDS = (1, 4, 16, 64)
TOLERATED = 0.001
_WAYS = ((False, READERS), (True, READERS), (True, LOOKERS))
_CACHED = ("... with the cache", "... and mostly the newest")

_ABOUT = """\
Simulated, not measured. Of the requests of [the mix](mix.py), {pages:.0%} are for pages of the feed and {writes:.0%}
write to it; upvotes fall by Zipf's law on {popular:,} Dwipps. A page takes {page:g} RRU of every partition by the guide
(1 where it is a byte below 8 KB, as in the ledger and in the limits), an upvote or a new Dwipp 1 WRU of one.

**`FEED_SHARDS` is 1 by default, and that is right up to {most_writes:,.0f} requests a second**, where writes give way.
Each further partition is paid by every reader, ${shard:,.0f} a month at 1,000 requests a second, and makes no room for
them: a page reads every partition, so each has all of the feed's readers, however many partitions there are.

**`FEED_CACHE_SECONDS` makes that room**, the more of it, the more of the pages are the newest. Without it readers are
refused from {most:,.0f} requests a second on; with {seconds:g} s from {readers:,.0f}, where each visit reads four
pages, and from {lookers:,.0f}, where four pages in five are the newest. Below that it saves some money and no refusal,
and people do not see at once what they wrote themselves. So it is there, and 0 by default, not at all: a stage lets
{limit} requests a second through until somebody raises that. (A walk that begins at a page that was kept is as exact as
any, since a cursor is an id; the reader's own reactions are looked up anew.) A site beyond that wants a cache of its
own before DynamoDB, which is not here.

**Nothing moves a single Dwipp**, whose item takes {item:.0f} upvotes a second, and fewer in conflict."""

_NOTE_OUTCOMES = """\
Mostly the newest: four pages in five. Assumed: {milliseconds:.0f} ms a request, so {instances:.0f} busy instances at
{load:,} a second; no retries, which add to what is refused; all pages in the same partition as the newest, since what
is read is young on so busy a site; quotas raised, of which a table's 40,000 units a second comes first."""

_NOTE_NEEDS = """\
Lowest of {shards} at which less than {tolerated:.1%} is refused. The saving is for one partition."""


def part() -> Part:
    """What the simulation says of both settings."""
    about = _ABOUT.format(
        pages=READERS.pages,
        writes=READERS.writes,
        popular=POPULAR,
        page=PAGE_READS,
        most_writes=PARTITION_WRITES / READERS.writes,
        shard=_dollars_a_month(1000 * READERS.pages * PAGE_READS),
        seconds=CACHE_SECONDS,
        most=most_requests(READERS, cached=False),
        readers=most_requests(READERS, cached=True),
        lookers=most_requests(LOOKERS, cached=True),
        limit=STAGE_LIMIT,
        item=ITEM_UPVOTES,
    )
    return Part("Hot partitions", about, [_outcomes(), _needs()], [_plot()])


def lowest_shards(requests: float, shares: Shares, *, cached: bool) -> int | None:
    """The lowest number of partitions at which next to nothing is refused, if there is one."""
    enough = (each for each in SHARDS if simulate(Scenario(requests, each, cached, shares)).refused < TOLERATED)
    return next(enough, None)


def _outcomes() -> Table:
    lines = [[f"{load:,}", str(shards), *_cells(load, shards)] for load in LOADS for shards in SHARDS]
    columns = ["requests/s", "`FEED_SHARDS`", "pages refused", *_CACHED, "writes refused", "RRU/s", *_CACHED, "WRU/s"]
    note = _NOTE_OUTCOMES.format(
        milliseconds=SECONDS_A_REQUEST * 1000, instances=LOADS[1] * SECONDS_A_REQUEST, load=LOADS[1]
    )
    return Table("hot_partitions", "What is refused, and what the rest takes", columns, lines, note)


def _cells(requests: float, shards: int) -> list[str]:
    plain, *cached = (simulate(Scenario(requests, shards, cached, shares)) for cached, shares in _WAYS)
    pages = (_percent(each.pages_refused / each.pages) for each in (plain, *cached))
    reads = (f"{each.read_units / each.seconds:,.0f}" for each in (plain, *cached))
    writes = f"{plain.write_units / plain.seconds:,.0f}"
    return [*pages, _percent(plain.writes_refused / plain.writes), *reads, writes]


def _needs() -> Table:
    lines = [
        [
            f"{requests:,}",
            *(str(lowest_shards(requests, shares, cached=cached) or "none") for cached, shares in _WAYS),
            *(f"${_dollars_a_month(_saved(requests, shares)):,.0f}" for shares in (READERS, LOOKERS)),
            f"{_top(requests):,.0f}",
            _percent(1 - min(1.0, ITEM_UPVOTES / _top(requests))),
        ]
        for requests in LOADS
    ]
    columns = ["requests/s", "lowest `FEED_SHARDS`", *_CACHED, "the cache saves a month", "... mostly the newest"]
    note = _NOTE_NEEDS.format(shards=", ".join(map(str, SHARDS)), tolerated=TOLERATED)
    columns += ["upvotes/s of the top Dwipp", "... refused"]
    return Table("feed_settings", "What it takes", columns, lines, note)


def _saved(requests: float, shares: Shares) -> float:
    """Units a second that the cache saves, for one partition."""
    asked = [Scenario(requests, cached=cached, shares=shares).asked for cached in (False, True)]
    return (asked[0] - asked[1]) * PAGE_READS


def _top(requests: float) -> float:
    """Upvotes a second of the most popular Dwipp."""
    return requests * READERS.upvotes * POPULARITY[0]


def _dollars_a_month(units_a_second: float) -> float:
    return prices.READS.of(units_a_second * SECONDS_A_MONTH)


def _percent(share: float) -> str:
    if 0 < share < TOLERATED:
        return f"<{TOLERATED:.1%}"
    return f"{share:.1%}" if share else "0"


def _plot() -> Plot:
    loads = [round(100 * 10 ** (step / 5)) for step in range(16)]
    curves = {
        f"{shards} shard{'s' * (shards > 1)}{name}": [
            simulate(Scenario(load, shards, cached, shares), seconds=10).refused for load in loads
        ]
        for shards in (1, 16)
        for name, (cached, shares) in zip(("", ", cache", ", cache, mostly the newest"), _WAYS, strict=True)
    }
    return Plot("hot_partitions", "Pages and writes refused, over the load", partial(_draw, loads, curves))


def _draw(loads: Sequence[int], curves: Mapping[str, Sequence[float]], axes: Any) -> None:
    for label, refused in curves.items():
        axes.plot(loads, [100 * share for share in refused], "--" if "cache" in label else "-", label=label)
    axes.set_xscale("log")
    axes.set_xlabel("requests a second")
    axes.set_ylabel("% refused")
    axes.legend(frameon=False)
