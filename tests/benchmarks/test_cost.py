"""The tables and the plot say what was reckoned, and where the usual design stops working."""

from typing import Any

import pytest

from benchmarks.cost import money, part
from benchmarks.cost_plot import last_working
from benchmarks.growth import Growing, Usual
from benchmarks.report import Part
from benchmarks.work import STOPS
from benchmarks.workload import LOG_IN, Mix
from tests.benchmarks.bills import DWIPPER, LEDGER, bill

ENDLESS = Usual(item_limit=10**12, longest_milliseconds=float("inf"))
GROWING = Growing(Usual(), {}, Mix())


class Axes:
    """Keeps what is drawn on it."""

    def __init__(self) -> None:
        self.lines: dict[str, tuple[Any, ...]] = {}
        self.said: list[Any] = []

    def loglog(self, *what: Any, label: str) -> None:
        self.lines[label] = what

    def __getattr__(self, name: str) -> Any:
        return lambda *what, **_: self.said.extend((name, *what))


@pytest.fixture(scope="module", name="found")
def _found() -> Part:
    return part(LEDGER, Usual(), {})


def drawn(found: Part) -> Axes:
    axes = Axes()
    (plot,) = found.plots
    plot.draw(axes)
    return axes


def cells(found: Part, table: int, row: str) -> dict[str, str]:
    shown = found.tables[table]
    (line,) = [line for line in shown.rows if line[0] == row]
    return dict(zip(shown.columns, line, strict=True))


def test_there_are_two_tables_and_a_plot(found: Part) -> None:
    assert [len(found.tables), len(found.plots)] == [2, 1]
    assert all(len(row) == len(table.columns) for table in found.tables for row in table.rows)
    assert "{" not in found.markdown()


def test_each_operation_has_its_dollars(found: Part) -> None:
    assert [row[0] for row in found.tables[0].rows] == [name for name in Mix().calls if name != LOG_IN]
    upvote = cells(found, 0, "upvote")
    # 8 WRU and 3 RRU; 15 ms of 1 GB and the request itself.
    assert upvote["Dwipper"] == "5.38 + 0.40"
    assert upvote["+ API Gateway"] == "3.50"


def test_a_list_of_ten_million_is_no_price(found: Part) -> None:
    for name in ("page of the feed", "page of one author", "page of favorites"):
        shown = cells(found, 0, name)
        assert [STOPS in cell for cell in shown.values()] == [False, False, False, False, True, False, False]


def test_full_items_are_told(found: Part) -> None:
    shown = cells(found, 0, "upvote")
    assert "refused" in shown["usual, 10 million Dwipps"]
    assert "refused" not in shown["usual, 100 thousand Dwipps"]
    assert "the usual design refuses reactions to the most popular Dwipps" in found.tables[1].note


def test_a_month_has_its_dollars(found: Part) -> None:
    for size, members in (("10 thousand", 1e4), ("1 million", 1e6), ("100 million", 1e8)):
        shown, reckoned = cells(found, 1, f"{size}, Dwipper"), bill(DWIPPER, members)
        assert shown["together"] == money(reckoned.total)
        assert shown["Cognito, apart"] == money(reckoned.cognito)
        assert [shown[service] for service in reckoned.dollars] == list(map(money, reckoned.dollars.values()))


def test_the_usual_design_has_no_price_where_it_stops_working(found: Part) -> None:
    assert cells(found, 1, "10 thousand, the usual design")["together"] == money(bill(GROWING, 1e4).total)
    for size in ("1 million", "100 million"):
        name = f"{size}, the usual design"
        shown = cells(found, 1, name)
        assert shown.pop("members") == name
        assert set(shown.values()) == {STOPS, "-"}
        assert f"{name}: {STOPS}, since for a page of the feed a Scan of " in found.tables[1].note


def test_the_usual_designs_members_cost_more_each_on_a_larger_site() -> None:
    each = [bill(GROWING, members).total / members for members in (1e4, 3e4, 1e5, 2.5e5)]
    assert each == sorted(each)
    assert each[-1] > 10 * each[0]
    assert bill(DWIPPER, 1e4).total < bill(GROWING, 1e4).total


def test_the_plot_has_both_designs_as_far_as_they_work(found: Part) -> None:
    lines = drawn(found).lines
    end = last_working(GROWING, Mix())
    assert end is not None
    (dwipper, usual, cross) = lines.values()
    assert list(lines)[:2] == ["Dwipper", "the usual design"]
    assert list(lines)[2].startswith(f"the usual design {STOPS}: ")
    assert [dwipper[0][0], dwipper[0][-1]] == pytest.approx([1e3, 1e8])
    assert (usual[0][-1], usual[1][-1]) == end
    assert cross[:2] == ([end[0]], [end[1]])


def test_the_end_is_the_last_that_works() -> None:
    end = last_working(GROWING, Mix())
    assert end is not None
    assert bill(GROWING, end[0]).total == end[1]
    with pytest.raises(AssertionError):
        bill(GROWING, end[0] * 1.0001)


def test_axes_are_named(found: Part) -> None:
    assert drawn(found).said == [
        *("set_xlabel", "members"),
        *("set_ylabel", "dollars a month, without Cognito"),
        "grid",
        "legend",
    ]


def test_where_nothing_stops_nothing_is_said_to() -> None:
    found = part(LEDGER, ENDLESS, {})
    assert STOPS not in found.markdown()
    assert "refuse" not in found.markdown()
    assert list(drawn(found).lines) == ["Dwipper", "the usual design"]


def test_milliseconds_reach_the_bill() -> None:
    slow = part(LEDGER, Usual(), dict.fromkeys(LEDGER, 1_000.0))
    assert cells(slow, 0, "upvote")["Dwipper"] == "5.38 + 13.53"


def test_an_operation_that_was_not_measured_is_missed() -> None:
    with pytest.raises(KeyError, match="upvote"):
        part({name: units for name, units in LEDGER.items() if name != "upvote"}, Usual(), {})


@pytest.mark.parametrize(
    ("dollars", "shown"), [(0, "0.00"), (0.125, "0.12"), (99.99, "99.99"), (100, "100"), (12_345.6, "12,346")]
)
def test_money(dollars: float, shown: str) -> None:
    assert money(dollars) == shown
