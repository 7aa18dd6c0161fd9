"""Every part of the benchmarks measures, in small, and what it finds can be written down and drawn."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.progress import Progress

from benchmarks import capacity, ceilings, cold_start, contention, cost, plots, throughput, warm_path
from benchmarks.environment import Stage, stage
from benchmarks.growth import Usual
from benchmarks.progress import Steps
from benchmarks.report import Part, Table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STEPS = Steps(Progress(disable=True))
SMALL: Mapping[ModuleType, Mapping[str, object]] = {
    cold_start: {"ROUNDS": 2},
    warm_path: {"ROUNDS": 2, "EVENTS": 2},
    throughput: {"SECONDS": 0.5, "CONNECTIONS": (1, 4)},
    contention: {"SECONDS": 0.5, "WRITERS": (1, 4)},
    capacity: {"SIZES": (100, 300), "UPVOTES": (1, 30)},
    ceilings: {"TO_DELETE": 30},
}


@pytest.fixture(scope="module")
def where() -> Iterator[Stage]:
    with stage() as services:
        yield services


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, values in SMALL.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)


def _written_down(part: Part, folder: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of each table; every plot was drawn."""
    plots.write(part.plots, folder)
    for plot in part.plots:
        assert plot.title in "".join(ET.parse(folder / f"{plot.name}.svg").getroot().itertext())  # noqa: S314
    assert part.markdown().startswith(f"## {part.title}\n")
    return {table.name: _rows(table) for table in part.tables}


def _rows(table: Table) -> list[dict[str, str]]:
    assert table.rows
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_cold_starts(where: Stage, tmp_path: Path) -> None:
    found = _written_down(cold_start.part(where, STEPS), tmp_path)
    functions = {row["function"]: row for row in found["cold_start"]}
    assert list(functions) == ["Dwipper", "tutorial", "powertools", "bare"]
    assert functions["tutorial"]["of the tutorial's"] == "1.00"
    assert int(functions["Dwipper"]["modules"]) > int(functions["bare"]["modules"])
    assert found["import_tree"][0]["module"] == "`app.lambda_handler`"


def test_the_warm_path(where: Stage, tmp_path: Path) -> None:
    taken = warm_path.measured(where, STEPS)
    found = _written_down(warm_path.part(taken), tmp_path)
    assert [row["operation"] for row in found["warm_path"]] == ["page of the feed", "create", "upvote"]
    billed = warm_path.milliseconds(taken)
    assert billed.keys() == warm_path.CALLS.keys()
    assert billed["upvote"] > billed["page of the feed"] > 2 * 5


def test_requests_a_second(where: Stage, tmp_path: Path) -> None:
    found = _written_down(throughput.part(where, STEPS), tmp_path)
    assert len(found["throughput"]) == 5 * 2
    assert all(int(row["a second"]) > 0 for row in found["throughput"])


def test_contention(where: Stage, tmp_path: Path) -> None:
    found = _written_down(contention.part(where, STEPS), tmp_path)["contention"]
    assert [row["conflicts"] for row in found] == ["queued", "queued", "refused", "refused"]
    assert {row["count equals rows"] for row in found} == {"yes"}
    assert [row["retried"] != "0" for row in found] == [False, False, False, True]


def test_capacity_and_what_it_costs(where: Stage, tmp_path: Path) -> None:
    taken = capacity.measured(where, STEPS)
    found = _written_down(capacity.part(taken), tmp_path)
    dwipper, usual = found["feed"]
    assert dwipper["100"] == dwipper["300"]
    assert float(usual["300"]) > 2 * float(usual["100"])
    assert all(row["at 100"] == row["at 300"] for row in found["ledger"])
    bills = _written_down(cost.part(capacity.dearest(taken.operations[100]), Usual(), {}), tmp_path)
    assert len(bills["cost_of_months"]) == 6


def test_ceilings(where: Stage, tmp_path: Path) -> None:
    found = _written_down(ceilings.part(where, STEPS), tmp_path)["ceilings"]
    assert found[-1] == {"request": "allowed", "answer": "6,144 KB", "time": "29 s"}

    def size(row: dict[str, Any]) -> float:
        return float(row["answer"].removesuffix(" KB").replace(",", ""))

    assert all(size(row) < 6144 for row in found[:-1])
    assert size(found[1]) > 30 * 280 * 12 / 1024
