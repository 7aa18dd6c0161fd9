"""A run consumes one read unit per 8 KB of its period, and ranks Dwipps with equal upvotes newest first."""

import time
from datetime import timedelta

import pytest

from app.bootstrap import Container
from app.rankings.feed_reader import MAX_UNITS_PER_SECOND
from app.rankings.schedule import RankingSchedule
from app.worker_bootstrap import build_renewal
from testkit.capacity_meter import CapacityMeter
from testkit.engine import Engine
from testkit.operation_rows import MAX_LENGTH_HANDLE, TEXT
from testkit.rankings import NewDwipp, write_dwipps
from tests.conftest import Figures, NewEngine

pytestmark = pytest.mark.slow  # The test requires Java and Maven.

DWIPPS = 10_000
OUTSIDE = 100
# The rows of the pointer, of the run and of the size of the site, and half a unit for the end of each shard.
STATE_UNITS = 8


def _write(engine: Engine) -> tuple[list[str], float]:
    """Write Dwipps inside and outside of the last day. Return the inner ids, newest first, and their read units."""
    second = timedelta(seconds=1)
    inner = [NewDwipp(second * number, 7, MAX_LENGTH_HANDLE, TEXT) for number in range(1, DWIPPS + 1)]
    outer = [NewDwipp(timedelta(days=2) + second * number, 9, MAX_LENGTH_HANDLE, TEXT) for number in range(OUTSIDE)]
    ids = write_dwipps(engine.settings, inner)
    write_dwipps(engine.settings, outer)
    row = engine.load_dwipps()[ids[0]]
    size = sum(
        len(name) + len(str(value)) + (1 if name in ("feed_shard", "version", "upvotes") else 0)
        for name, value in row.items()
    )
    return ids, DWIPPS * size / 8192


@pytest.mark.parametrize("feed_shards", [1, 4])
def test_run_costs_one_unit_for_8_kb_of_its_period(feed_shards: int, new_engine: NewEngine, figures: Figures) -> None:
    engine = new_engine("memory_store", feed_shards=feed_shards)
    ids, expected_units = _write(engine)
    container = Container(engine.settings)
    renewal = build_renewal(container, RankingSchedule(container.snapshots))
    meter = CapacityMeter(renewal._client, container.dwipps._client)
    reads: list[tuple[float, float]] = []
    renewal._reader._client.meta.events.register(
        "after-call.dynamodb.Query",
        lambda parsed, **_: reads.append((time.monotonic(), parsed["ConsumedCapacity"]["CapacityUnits"])),
    )
    started = time.monotonic()
    with meter.measure() as consumed:
        assert renewal.run("day", lambda: False).is_done
    seconds = time.monotonic() - started
    snapshot = container.snapshots.get_latest("day")
    assert snapshot
    assert list(snapshot.ids) == ids[:500]
    assert sum(units for _, units in reads) <= expected_units * 1.01 + feed_shards
    assert consumed.read <= expected_units * 1.01 + feed_shards + STATE_UNITS
    for start, _ in reads:
        within = sum(units for moment, units in reads if start <= moment < start + 1)
        assert within <= MAX_UNITS_PER_SECOND * feed_shards
    figures("a day of 10,000 Dwipps", f"{consumed.read:g} RRU, {consumed.written:g} WRU, {seconds:.1f} seconds")
    figures("the same Dwipps in units of 8 KB", f"{expected_units:.0f}")
