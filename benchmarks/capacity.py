"""The DynamoDB capacity that each operation consumes, by the number of existing rows."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.main import create_app
from benchmarks import developer_guide, rows
from benchmarks.baseline_design import BaselineDesign, make_email
from benchmarks.capacity_units import CapacityUnits
from benchmarks.progress import ProgressTracker
from benchmarks.report import Part, Plot, Table
from benchmarks.services import Services
from testkit.api_client import Api
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.engine import Engine
from testkit.operation_costs import measure_operations
from testkit.servers import connect_in_process

SIZES = (1_000, 10_000, 100_000)  # Dwipps
UPVOTES = (1, 1_000, 10_000)

OperationUnits = Mapping[str, CapacityUnits]

_INTRODUCTION = """\
Capacity is in units of DynamoDB Local's ConsumedCapacity: WRU for writes, RRU for reads. Every Dwipp has 280 ASCII
characters and an upvote. The last column is calculated by the rules of the developer guide, which
[benchmarks/developer_guide.py](developer_guide.py) names. It differs for two reasons. DynamoDB Local doubles the index
writes of a transaction, and the guide does not. A page of 21 such Dwipps has almost exactly 8 KB, where one byte
decides over half a unit."""


@dataclass(frozen=True, slots=True)
class CapacityMeasurements:
    """The measured capacity of both designs.

    Attributes:
        operations: Dwipper's operations, by the number of Dwipps.
        popular_upvote: one more upvote in Dwipper, by the number of earlier upvotes.
        baseline_page: a page of the feed in the baseline design, by the number of Dwipps.
        baseline_upvote: one more upvote in the baseline design, by the number of earlier upvotes.
    """

    operations: dict[int, OperationUnits] = field(default_factory=dict)
    popular_upvote: dict[int, CapacityUnits] = field(default_factory=dict)
    baseline_page: dict[int, CapacityUnits] = field(default_factory=dict)
    baseline_upvote: dict[int, CapacityUnits] = field(default_factory=dict)


def measure(services: Services, tracker: ProgressTracker) -> CapacityMeasurements:
    """Run all operations of both designs at every size."""
    measurements = CapacityMeasurements()
    for size in tracker.track(SIZES, "Capacity, Dwipper"):
        engine = services.create_engine()
        _fill(engine, size)
        measurements.operations[size] = asyncio.run(_measure_operations(engine))
    engine = services.create_engine()
    for upvotes in tracker.track(UPVOTES, "Capacity, a popular Dwipp"):
        measurements.popular_upvote[upvotes] = asyncio.run(_measure_popular_upvote(engine, upvotes))
    baseline = BaselineDesign(services.create_client())
    for size in tracker.track(SIZES, "Capacity, the baseline design"):
        baseline.create_table(size)
        _, measurements.baseline_page[size] = baseline.list_recent(20)
    for upvotes in UPVOTES:
        baseline.put_popular_dwipp("popular", upvotes)
        measurements.baseline_upvote[upvotes] = baseline.upvote("popular", make_email(upvotes))
    return measurements


def _fill(engine: Engine, size: int) -> None:
    """Write Dwipps of another member, each with an upvote. They are older than the Dwipps of the operations."""
    ids = [rows.make_old_id(number) for number in range(size)]
    rows.write(engine.client, engine.settings.dwipps_table, map(rows.make_dwipp, ids))
    reactions = (rows.make_reaction(str(uuid.uuid4()), dwipp_id) for dwipp_id in ids)
    rows.write(engine.client, engine.settings.reactions_table, reactions)


async def _measure_operations(engine: Engine) -> OperationUnits:
    app = create_app(engine.settings)
    meter = CapacityMeter.from_container(app.state.container)
    async with connect_in_process(engine, app) as api:
        consumed = await measure_operations(api, engine, meter)
    return {name: _to_units(capacity) for name, capacity in consumed.items()}


async def _measure_popular_upvote(engine: Engine, upvotes: int) -> CapacityUnits:
    """Return the capacity of an upvote after this number of upvotes of the same Dwipp."""
    dwipp_id = rows.make_old_id(upvotes)
    rows.write(engine.client, engine.settings.dwipps_table, [rows.make_dwipp(dwipp_id, upvotes)])
    reactions = (rows.make_reaction(str(uuid.uuid4()), dwipp_id) for _ in range(upvotes))
    rows.write(engine.client, engine.settings.reactions_table, reactions)
    app = create_app(engine.settings)
    meter = CapacityMeter.from_container(app.state.container)
    async with connect_in_process(engine, app) as api:
        return await _measure_upvote(api, meter, dwipp_id, upvotes + 1)


async def _measure_upvote(api: Api, meter: CapacityMeter, dwipp_id: str, expected: int) -> CapacityUnits:
    member = await api.create_member()
    await member.get("/v1/me")  # Creates the member's row.
    with meter.measure() as consumed:
        response = await member.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
    if response.json()["upvotes"] != expected:
        raise RuntimeError(f"expected {expected} upvotes, but the response is {response.json()}")
    return _to_units(consumed)


def _to_units(consumed: ConsumedCapacity) -> CapacityUnits:
    return CapacityUnits(consumed.written, consumed.read)


def select_highest(operations: OperationUnits) -> OperationUnits:
    """Return the capacity by the operation names of the workload. A page of one author is the most expensive one."""
    return {**operations, "page of one author": operations["page of one author, reactions to all between"]}


def report(measurements: CapacityMeasurements) -> Part:
    """Return the measurements as tables and a plot."""
    return Part(
        "Capacity",
        _INTRODUCTION,
        [_make_operations_table(measurements), _make_feed_table(measurements), _make_upvotes_table(measurements)],
        [Plot("capacity", "Read units of one page of the feed", lambda axes: _draw(axes, measurements))],
    )


def _make_operations_table(measurements: CapacityMeasurements) -> Table:
    by_guide = developer_guide.calculate_operations()
    lines = [
        (
            name,
            *(_format_units(measurements.operations[size][name]) for size in SIZES),
            _format_units(by_guide[name]) if name in by_guide else "",
        )
        for name in measurements.operations[SIZES[0]]
    ]
    columns = ("operation", *(f"at {size:,} Dwipps" for size in SIZES), "by the developer guide")
    return Table("operation_capacity", "WRU + RRU of every operation", columns, lines)


def _make_feed_table(measurements: CapacityMeasurements) -> Table:
    lines = [
        ("Dwipper", *(f"{measurements.operations[size]['page of the feed'].read:g}" for size in SIZES)),
        ("the baseline design", *(f"{measurements.baseline_page[size].read:,g}" for size in SIZES)),
    ]
    return Table("feed", "RRU of a page of the feed", ("Dwipps", *(f"{size:,}" for size in SIZES)), lines)


def _make_upvotes_table(measurements: CapacityMeasurements) -> Table:
    lines = [
        ("Dwipper", *(_format_units(measurements.popular_upvote[upvotes]) for upvotes in UPVOTES)),
        ("the baseline design", *(_format_units(measurements.baseline_upvote[upvotes]) for upvotes in UPVOTES)),
    ]
    columns = ("earlier upvotes", *(f"{upvotes:,}" for upvotes in UPVOTES))
    note = (
        "An item of the baseline design is full, at 400 KB, with about 16,000 emails. "
        "After that, the Dwipp accepts no upvotes."
    )
    return Table("upvotes", "WRU + RRU of one more upvote of the same Dwipp", columns, lines, note)


def _format_units(units: CapacityUnits) -> str:
    return f"{units.write:,g} + {units.read:,g}"


def _draw(axes: Any, measurements: CapacityMeasurements) -> None:
    dwipper: Sequence[float] = [measurements.operations[size]["page of the feed"].read for size in SIZES]
    axes.loglog(SIZES, dwipper, "o-", label="Dwipper")
    baseline = [measurements.baseline_page[size].read for size in SIZES]
    axes.loglog(SIZES, baseline, "o-", label="the baseline design")
    axes.set_xlabel("Dwipps")
    axes.set_ylabel("RRU")
    axes.legend(frameon=False)
