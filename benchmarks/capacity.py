"""The capacity ledger: what each operation consumes of DynamoDB, however much there is behind it."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from app.main import create_app
from benchmarks import developer_guide, rows
from benchmarks.baseline_design import UsualDesign, email
from benchmarks.designs import Units
from benchmarks.environment import Stage
from benchmarks.progress import Steps
from benchmarks.report import Part, Plot, Table
from testkit.api_client import Api
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.engine import Engine
from testkit.operation_costs import measure_operations
from testkit.servers import connect_in_process

SIZES = (1_000, 10_000, 100_000)
UPVOTES = (1, 1_000, 10_000)

Receipts = Mapping[str, Units]

_ABOUT = """\
Units of DynamoDB Local's ConsumedCapacity (WRU of writes, RRU of reads) for Dwipps of 280 ASCII characters, at so many
Dwipps with an upvote each. Beside them stands what the rules of the developer guide make of such items
([benchmarks/developer_guide.py](developer_guide.py) names them): DynamoDB Local doubles the index writes of a
transaction, which the guide does not; and a page of 21 such items is at the very edge of 8 KB,
where a byte makes half a unit."""


class Ledger:
    """What was measured in both designs."""

    def __init__(self) -> None:
        self.operations: dict[int, Receipts] = {}
        self.popular: dict[int, Units] = {}
        self.usual_page: dict[int, Units] = {}
        self.usual_upvote: dict[int, Units] = {}


def measured(stage: Stage, steps: Steps) -> Ledger:
    """Carry out everything at every size."""
    ledger = Ledger()
    for size in steps.of(SIZES, "Capacity, Dwipper"):
        engine = stage.engine()
        _fill(engine, size)
        ledger.operations[size] = asyncio.run(_spent(engine))
    engine = stage.engine()
    for upvotes in steps.of(UPVOTES, "Capacity, a popular Dwipp"):
        ledger.popular[upvotes] = asyncio.run(_upvoted(engine, upvotes))
    usual = UsualDesign(stage.client())
    for size in steps.of(SIZES, "Capacity, the usual design"):
        usual.make(size)
        _, ledger.usual_page[size] = usual.newest(20)
    for upvotes in UPVOTES:
        usual.make_popular("popular", upvotes)
        ledger.usual_upvote[upvotes] = usual.upvote("popular", email(upvotes))
    return ledger


def _fill(engine: Engine, size: int) -> None:
    """Have so many Dwipps of others, each with an upvote, from before the operations begin."""
    ids = [rows.old_id(number) for number in range(size)]
    rows.write(engine.client, engine.settings.dwipps_table, map(rows.dwipp, ids))
    reactions = (rows.reaction(str(uuid.uuid4()), dwipp_id) for dwipp_id in ids)
    rows.write(engine.client, engine.settings.reactions_table, reactions)


async def _spent(engine: Engine) -> Receipts:
    app = create_app(engine.settings)
    meter = CapacityMeter(app.state.container.dwipps._client)  # noqa: SLF001 -- as the test that holds the bounds does
    async with connect_in_process(engine, app) as api:
        return {name: _units(spent) for name, spent in (await measure_operations(api, engine, meter)).items()}


async def _upvoted(engine: Engine, upvotes: int) -> Units:
    """What the upvote costs that comes after so many."""
    dwipp_id = rows.old_id(upvotes)
    rows.write(engine.client, engine.settings.dwipps_table, [rows.dwipp(dwipp_id, upvotes)])
    reactions = (rows.reaction(str(uuid.uuid4()), dwipp_id) for _ in range(upvotes))
    rows.write(engine.client, engine.settings.reactions_table, reactions)
    app = create_app(engine.settings)
    meter = CapacityMeter(app.state.container.dwipps._client)  # noqa: SLF001 -- the same
    async with connect_in_process(engine, app) as api:
        return await _paid(api, meter, dwipp_id, upvotes + 1)


async def _paid(api: Api, meter: CapacityMeter, dwipp_id: str, expected: int) -> Units:
    member = await api.member()
    await member.get("/v1/me")  # Makes the member's row.
    with meter.running() as spent:
        answer = await member.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
    if answer.json()["upvotes"] != expected:
        raise RuntimeError(f"an upvote was lost: {answer.json()}")
    return _units(spent)


def _units(spent: ConsumedCapacity) -> Units:
    return Units(spent.written, spent.read)


def dearest(receipts: Receipts) -> Receipts:
    """What operations consume at most, by the names that the model of costs has for them."""
    return {**receipts, "page of one author": receipts["page of one author, reactions to all between"]}


def part(ledger: Ledger) -> Part:
    """What was found."""
    return Part(
        "Capacity",
        _ABOUT,
        [_operations(ledger), _lists(ledger), _upvotes(ledger)],
        [Plot("capacity", "Read units of one page of the feed", lambda axes: _draw(axes, ledger))],
    )


def _operations(ledger: Ledger) -> Table:
    by_the_guide = developer_guide.reckoned()
    names = ledger.operations[SIZES[0]]
    lines = [
        (
            name,
            *(_text(ledger.operations[size][name]) for size in SIZES),
            _text(by_the_guide[name]) if name in by_the_guide else "",
        )
        for name in names
    ]
    columns = ("operation: WRU + RRU", *(f"at {size:,}" for size in SIZES), "by the guide")
    return Table("ledger", "Every operation, at every size", columns, lines)


def _lists(ledger: Ledger) -> Table:
    lines = [
        ("Dwipper", *(f"{ledger.operations[size]['page of the feed'].read:g}" for size in SIZES)),
        ("the usual design", *(f"{ledger.usual_page[size].read:,g}" for size in SIZES)),
    ]
    return Table("feed", "RRU of a page of the feed", ("Dwipps", *(f"{size:,}" for size in SIZES)), lines)


def _upvotes(ledger: Ledger) -> Table:
    lines = [
        ("Dwipper", *(_text(ledger.popular[upvotes]) for upvotes in UPVOTES)),
        ("the usual design", *(_text(ledger.usual_upvote[upvotes]) for upvotes in UPVOTES)),
    ]
    columns = ("upvotes there already", *(f"{upvotes:,}" for upvotes in UPVOTES))
    note = (
        "The usual design's item is full, at 400 KB, with some 16 thousand emails; then nobody can upvote it any more."
    )
    return Table("upvotes", "WRU + RRU of one more upvote of one Dwipp", columns, lines, note)


def _text(units: Units) -> str:
    return f"{units.written:,g} + {units.read:,g}"


def _draw(axes: Any, ledger: Ledger) -> None:
    own: Sequence[float] = [ledger.operations[size]["page of the feed"].read for size in SIZES]
    axes.loglog(SIZES, own, "o-", label="Dwipper")
    axes.loglog(SIZES, [ledger.usual_page[size].read for size in SIZES], "o-", label="the usual design")
    axes.set_xlabel("Dwipps")
    axes.set_ylabel("RRU")
    axes.legend(frameon=False)
