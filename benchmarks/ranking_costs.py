"""The cost and the duration of the job that renews the snapshots of top and hot, as a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from app.jobs.messages import MAX_NUMBER
from app.jobs.worker import WORK_SECONDS
from app.rankings.feed_reader import MAX_UNITS_PER_SECOND, UNITS_PER_SECOND
from app.rankings.lists import LISTS, MIN_INTERVAL, SMALL_SITE_DWIPPS, RankedList
from app.rankings.renewal import PIECE_SECONDS
from benchmarks import deployment, prices
from benchmarks.dwipper_model import DwipperModel
from benchmarks.report import Table

_MEMBERS = {"10 thousand": 1e4, "1 million": 1e6, "100 million": 1e8}
_DAY = timedelta(days=1)

# The bytes of a Dwipp in the index, by DynamoDB's rules. The overhead of a row counts for storage only.
_DWIPP_BYTES = 391
_UNIT_BYTES = 8192  # An eventually consistent read of 4 KB costs half a unit.
_SHARD_UNITS = 0.5  # A query costs at least half a unit.
# The units of a run: its pointer and its row, the snapshot of 8 KB, and the transaction. A save has the 500 best
# Dwipps in 12 KB.
_STATE_READS, _STATE_WRITES, _SAVE_WRITES = 5, 17, 13
_MIN_SECONDS = 0.2

_NOTE = """\
Calculated like the table above, for the site of the same age. A run reads at {rate} read units per second and shard,
and at most {max_rate} in any second. The dollars are those of DynamoDB and Lambda. Upvotes add no cost. The worker has
{invocations} concurrent invocations. With {shards} shards, the jobs of 100 million members use {busy:.0%} of them. So
some runs wait for others, and take up to a third longer than stated: raise `MaximumConcurrency`. More shards shorten
the runs, until the processor of an invocation is the limit, at about ten shards. The longest lap of all Dwipps that a
chain of messages allows takes {longest:.1f} days, for {dwipps:.1f} billion Dwipps per shard."""
_INVOCATIONS = 2  # MaximumConcurrency in deploy/queue.yml


@dataclass(frozen=True, slots=True)
class RunCost:
    """The cost of the snapshots of a list.

    Attributes:
        dwipps: the number of Dwipps in its period.
        units: the read units of a run.
        seconds: the duration of a run.
        daily_runs: the number of runs in a day.
        daily_dollars: the dollars of a day.
    """

    dwipps: float
    units: float
    seconds: float
    daily_runs: float
    daily_dollars: float


def estimate_run(model: DwipperModel, ranked: RankedList, members: float) -> RunCost:
    """Return the cost of the snapshots of a list on a site with this number of members."""
    total = model.workload.count_dwipps(members)
    dwipps = total
    if ranked.period is not None:
        dwipps = min(
            total, model.workload.count_monthly_dwipps(members) / deployment.DAYS_PER_MONTH * ranked.period.days
        )
    shards = model.count_feed_shards(members)
    units = dwipps * _DWIPP_BYTES / _UNIT_BYTES + shards * _SHARD_UNITS
    seconds = max(_MIN_SECONDS, units / (UNITS_PER_SECOND * shards))
    runs = _DAY / (MIN_INTERVAL if total < SMALL_SITE_DWIPPS else ranked.interval)
    writes = _STATE_WRITES + _SAVE_WRITES * (seconds // PIECE_SECONDS)
    dollars = (
        prices.READS.calculate((units + _STATE_READS) * runs)
        + prices.WRITES.calculate(writes * runs)
        + prices.LAMBDA_ARM.calculate(deployment.MEMORY_MB / 1024 * seconds * runs)
        + prices.LAMBDA_REQUESTS.calculate(ceil(seconds / WORK_SECONDS) * runs)
    )
    return RunCost(dwipps, units, seconds, runs, dollars)


def make_table(model: DwipperModel) -> Table:
    """Return the table of all lists, for three sizes of the site."""
    rows = []
    for size, members in _MEMBERS.items():
        costs = {name: estimate_run(model, ranked, members) for name, ranked in LISTS.items()}
        rows += [[f"{size}, {name}", *_format_run(cost)] for name, cost in costs.items()]
        rows.append([f"{size}, all lists", "-", "-", "-", "-", f"{_sum_dollars(costs.values()):,.2f}"])
    columns = ["members, list", "Dwipps", "read units of a run", "duration of a run", "runs a day", "dollars a day"]
    return Table("ranking_costs", "Snapshots of top and hot", columns, rows, _format_note(model))


def _format_run(cost: RunCost) -> list[str]:
    return [
        f"{cost.dwipps:,.0f}",
        f"{cost.units:,.0f}",
        str(timedelta(seconds=round(cost.seconds))) if cost.seconds >= 1 else "below 1 s",
        f"{cost.daily_runs:g}",
        f"{cost.daily_dollars:,.2f}",
    ]


def _sum_dollars(costs: Iterable[RunCost]) -> float:
    return sum(cost.daily_dollars for cost in costs)


def _format_note(model: DwipperModel) -> str:
    costs = [estimate_run(model, ranked, 1e8) for ranked in LISTS.values()]
    longest = MAX_NUMBER * WORK_SECONDS
    return _NOTE.format(
        rate=UNITS_PER_SECOND,
        max_rate=MAX_UNITS_PER_SECOND,
        invocations=_INVOCATIONS,
        shards=model.count_feed_shards(1e8),
        busy=sum(cost.seconds * cost.daily_runs for cost in costs) / _DAY.total_seconds() / _INVOCATIONS,
        longest=longest / _DAY.total_seconds(),
        dwipps=longest * UNITS_PER_SECOND * _UNIT_BYTES / _DWIPP_BYTES / 1e9,
    )
