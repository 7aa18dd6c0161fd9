"""Which FEED_SHARDS and FEED_CACHE_SECONDS a site needs, by the simulation of hot partitions."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks import prices
from benchmarks.deployment import SECONDS_A_MONTH
from benchmarks.hot_partitions import (
    CACHE_SECONDS,
    ITEM_UPVOTES,
    PAGE_READS,
    POPULAR,
    POPULARITY,
    SECONDS_A_REQUEST,
    SHARES,
    Outcome,
    Scenario,
    reads_a_request,
    simulate,
)
from benchmarks.limits import PARTITION_READS, PARTITION_WRITES
from benchmarks.report import Part, Plot, Table

LOADS = (1_000, 10_000, 100_000)
SHARDS = (1, 4, 16, 64)
TOLERATED = 0.001

_ABOUT = """\
Simulated, not measured. Of the requests, {first:.0%} are for the newest page, {other:.0%} for another page of the feed,
{upvotes:.0%} are upvotes, {creates:.1%} new Dwipps; upvotes by Zipf's law over {popular:,} Dwipps. A page takes
{page:g} RRU of every partition, an upvote or a new Dwipp 1 WRU of one.

**`FEED_SHARDS` is 1 by default, and that is right up to {writes:,.0f} requests a second**, where its writes give way.
Each further partition is paid by every reader, ${shard:,.0f} a month at 1,000 requests a second, and makes no room for
them: a page reads every partition, so each has all of the feed's readers, however many partitions there are.

**`FEED_CACHE_SECONDS` makes that room.** From {reads:,.0f} requests a second on readers are refused without it; with
{seconds:g} s one partition takes {cached:,.0f}. Below that it saves money and no refusal, and people do not see at once
what they wrote themselves, so it is 0 by default, not at all. (A walk that begins at a page that was kept is as exact
as any, since a cursor is an id; the reader's own reactions are looked up anew.)

**Nothing moves a single Dwipp**, whose item takes {item:.0f} upvotes a second, and fewer in conflict."""

_NOTE_OUTCOMES = """\
Assumed: {milliseconds:.0f} ms a request, so {instances:.0f} busy instances at {load:,} a second; no retries, which add
to what is refused; other pages in the same partition as the newest, though DynamoDB may split off old ones."""

_NOTE_NEEDS = """\
Lowest of {shards} at which less than {tolerated:.1%} is refused. The saving is for one partition."""


def part() -> Part:
    """What the simulation says of both settings."""
    about = _ABOUT.format(
        first=SHARES.first_pages,
        other=SHARES.other_pages,
        upvotes=SHARES.upvotes,
        creates=SHARES.creates,
        popular=POPULAR,
        page=PAGE_READS,
        writes=PARTITION_WRITES / SHARES.writes,
        shard=_dollars_a_month(1000 * SHARES.pages * PAGE_READS),
        reads=PARTITION_READS / reads_a_request(cached=False),
        seconds=CACHE_SECONDS,
        cached=PARTITION_READS / reads_a_request(cached=True),
        item=ITEM_UPVOTES,
    )
    return Part("Hot partitions", about, [_outcomes(), _needs()], [_plot()])


def lowest_shards(requests: float, *, cached: bool) -> int | None:
    """The lowest number of partitions at which next to nothing is refused, if there is one."""
    enough = (each for each in SHARDS if simulate(Scenario(requests, each, cached)).refused < TOLERATED)
    return next(enough, None)


def _outcomes() -> Table:
    lines = [
        [
            f"{requests:,}",
            str(shards),
            *_cells(*(simulate(Scenario(requests, shards, cached)) for cached in (False, True))),
        ]
        for requests in LOADS
        for shards in SHARDS
    ]
    columns = ["requests/s", "`FEED_SHARDS`", "pages refused", "... with the cache", "writes refused"]
    note = _NOTE_OUTCOMES.format(
        milliseconds=SECONDS_A_REQUEST * 1000, instances=LOADS[1] * SECONDS_A_REQUEST, load=LOADS[1]
    )
    columns += ["RRU/s", "... with the cache", "WRU/s"]
    return Table("hot_partitions", "What is refused, and what the rest takes", columns, lines, note)


def _cells(plain: Outcome, cached: Outcome) -> list[str]:
    shares = (
        plain.pages_refused / plain.pages,
        cached.pages_refused / cached.pages,
        plain.writes_refused / plain.writes,
    )
    units = (plain.read_units, cached.read_units, plain.write_units)
    return [*map(_percent, shares), *(f"{each / plain.seconds:,.0f}" for each in units)]


def _needs() -> Table:
    lines = [
        [
            f"{requests:,}",
            *(str(lowest_shards(requests, cached=cached) or "none") for cached in (False, True)),
            f"{_saved(requests):,.0f}",
            f"${_dollars_a_month(_saved(requests)):,.0f}",
            f"{_top(requests):,.0f}",
            _percent(1 - min(1.0, ITEM_UPVOTES / _top(requests))),
        ]
        for requests in LOADS
    ]
    columns = ["requests/s", "lowest `FEED_SHARDS`", "... with the cache", "RRU/s the cache saves", "... a month"]
    note = _NOTE_NEEDS.format(shards=", ".join(map(str, SHARDS)), tolerated=TOLERATED)
    columns += ["upvotes/s of the top Dwipp", "... refused"]
    return Table("feed_settings", "What it takes", columns, lines, note)


def _saved(requests: float) -> float:
    """Units a second that the cache saves."""
    return requests * SHARES.first_pages * (1 - Scenario(requests, cached=True).fetched) * PAGE_READS


def _top(requests: float) -> float:
    """Upvotes a second of the most popular Dwipp."""
    return requests * SHARES.upvotes * POPULARITY[0]


def _dollars_a_month(units_a_second: float) -> float:
    return prices.READS.of(units_a_second * SECONDS_A_MONTH)


def _percent(share: float) -> str:
    if 0 < share < TOLERATED:
        return f"<{TOLERATED:.1%}"
    return f"{share:.1%}" if share else "0"


def _plot() -> Plot:
    loads = [round(100 * 10 ** (step / 5)) for step in range(16)]
    curves = {
        (shards, cached): [(load, simulate(Scenario(load, shards, cached), seconds=10).refused) for load in loads]
        for shards in SHARDS
        for cached in (False, True)
    }
    return Plot("hot_partitions", "Pages and writes refused, over the load", partial(_draw, curves))


def _draw(curves: Mapping[tuple[int, bool], Sequence[tuple[int, float]]], axes: Any) -> None:
    for (shards, cached), points in curves.items():
        loads, shares = zip(*points, strict=True)
        label = f"{shards} shard{'s' * (shards > 1)}{', cache' * cached}"
        axes.plot(loads, [100 * share for share in shares], label=label, linestyle="--" if cached else "-")
    axes.set_xscale("log")
    axes.set_xlabel("requests a second")
    axes.set_ylabel("% refused")
    axes.legend(frameon=False)
