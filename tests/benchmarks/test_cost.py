"""The tables and the plot show the calculated costs, and the size at which the baseline design stops working."""

from typing import Any

import pytest

from benchmarks.baseline_model import BaselineModel, BaselineParameters
from benchmarks.cost import format_dollars, report
from benchmarks.cost_plot import find_last_supported
from benchmarks.report import Part
from benchmarks.usage import UNSUPPORTED
from benchmarks.workload import LOG_IN, Workload
from tests.benchmarks.bills import DWIPPER, UNITS, get_bill

UNLIMITED = BaselineParameters(max_item_bytes=10**12, timeout_milliseconds=float("inf"))
BASELINE = BaselineModel(BaselineParameters(), {}, Workload())


class RecordingAxes:
    """A stand-in for a matplotlib Axes, which records all calls instead of drawing."""

    def __init__(self) -> None:
        self.curves: dict[str, tuple[Any, ...]] = {}
        self.calls: list[Any] = []

    def loglog(self, *values: Any, label: str) -> None:
        self.curves[label] = values

    def __getattr__(self, name: str) -> Any:
        return lambda *values, **_: self.calls.extend((name, *values))


@pytest.fixture(scope="module", name="part")
def _part() -> Part:
    return report(UNITS, BaselineParameters(), {})


def draw(part: Part) -> RecordingAxes:
    axes = RecordingAxes()
    (plot,) = part.plots
    plot.draw(axes)
    return axes


def get_row(part: Part, table_index: int, name: str) -> dict[str, str]:
    table = part.tables[table_index]
    (row,) = [row for row in table.rows if row[0] == name]
    return dict(zip(table.columns, row, strict=True))


def test_report_has_three_tables_and_a_plot(part: Part) -> None:
    assert [len(part.tables), len(part.plots)] == [3, 1]
    assert all(len(row) == len(table.columns) for table in part.tables for row in table.rows)
    assert "{" not in part.to_markdown()


def test_every_operation_except_logins_has_a_price(part: Part) -> None:
    assert [row[0] for row in part.tables[0].rows] == [name for name in Workload().calls_per_member if name != LOG_IN]
    upvote = get_row(part, 0, "upvote")
    # DynamoDB: 9 WRU and 4 RRU. Lambda: 15 ms of 1 GB, and the price of the request.
    assert upvote["Dwipper"] == "6.12 + 0.40"
    assert upvote["+ API Gateway"] == "3.50"


def test_baseline_lists_have_no_price_at_ten_million_dwipps(part: Part) -> None:
    for name in ("page of the feed", "page of one author", "page of favorites"):
        row = get_row(part, 0, name)
        assert [UNSUPPORTED in cell for cell in row.values()] == [False, False, False, False, True, False, False]


def test_refusals_by_full_items_are_reported(part: Part) -> None:
    row = get_row(part, 0, "upvote")
    assert "refused" in row["baseline, 10 million Dwipps"]
    assert "refused" not in row["baseline, 100 thousand Dwipps"]
    assert "the baseline design refuses reactions to the most popular Dwipps" in part.tables[1].note


def test_monthly_rows_equal_the_bills(part: Part) -> None:
    for size, members in (("10 thousand", 1e4), ("1 million", 1e6), ("100 million", 1e8)):
        row, bill = get_row(part, 1, f"{size}, Dwipper"), get_bill(DWIPPER, members)
        assert row["total"] == format_dollars(bill.total)
        assert row["Cognito, not in the total"] == format_dollars(bill.cognito)
        assert [row[service] for service in bill.dollars] == list(map(format_dollars, bill.dollars.values()))


def test_baseline_has_no_monthly_price_once_it_stops_working(part: Part) -> None:
    small = get_row(part, 1, "10 thousand, the baseline design")
    assert small["total"] == format_dollars(get_bill(BASELINE, 1e4).total)
    for size in ("1 million", "100 million"):
        name = f"{size}, the baseline design"
        row = get_row(part, 1, name)
        assert row.pop("members") == name
        assert set(row.values()) == {UNSUPPORTED, "-"}
        assert f"{name}: {UNSUPPORTED}, because for a page of the feed a Scan of " in part.tables[1].note


def test_baseline_cost_per_member_rises_with_size() -> None:
    per_member = [get_bill(BASELINE, members).total / members for members in (1e4, 3e4, 1e5, 2.5e5)]
    assert per_member == sorted(per_member)
    assert per_member[-1] > 10 * per_member[0]
    assert get_bill(DWIPPER, 1e4).total < get_bill(BASELINE, 1e4).total


def test_plot_ends_each_curve_where_the_design_stops_working(part: Part) -> None:
    curves = draw(part).curves
    end = find_last_supported(BASELINE, Workload())
    assert end is not None
    (dwipper, baseline, cross) = curves.values()
    assert list(curves)[:2] == ["Dwipper", "the baseline design"]
    assert list(curves)[2].startswith(f"the baseline design {UNSUPPORTED}: ")
    assert [dwipper[0][0], dwipper[0][-1]] == pytest.approx([1e3, 1e8])
    assert (baseline[0][-1], baseline[1][-1]) == end
    assert cross[:2] == ([end[0]], [end[1]])


def test_last_supported_size_is_the_largest_with_a_bill() -> None:
    end = find_last_supported(BASELINE, Workload())
    assert end is not None
    assert get_bill(BASELINE, end[0]).total == end[1]
    with pytest.raises(AssertionError):
        get_bill(BASELINE, end[0] * 1.0001)


def test_plot_axes_have_labels(part: Part) -> None:
    assert draw(part).calls == [
        *("set_xlabel", "members"),
        *("set_ylabel", "dollars per month, without Cognito"),
        "grid",
        "legend",
    ]


def test_unlimited_baseline_has_no_end_and_no_refusals() -> None:
    part = report(UNITS, UNLIMITED, {})
    assert UNSUPPORTED not in part.to_markdown()
    assert "refuse" not in part.to_markdown()
    assert list(draw(part).curves) == ["Dwipper", "the baseline design"]


def test_measured_milliseconds_change_the_price() -> None:
    slow = report(UNITS, BaselineParameters(), dict.fromkeys(UNITS, 1_000.0))
    assert get_row(slow, 0, "upvote")["Dwipper"] == "6.12 + 13.53"


def test_operation_without_a_capacity_raises() -> None:
    with pytest.raises(KeyError, match="upvote"):
        report({name: units for name, units in UNITS.items() if name != "upvote"}, BaselineParameters(), {})


@pytest.mark.parametrize(
    ("dollars", "expected"), [(0, "0.00"), (0.125, "0.12"), (99.99, "99.99"), (100, "100"), (12_345.6, "12,346")]
)
def test_dollars_below_100_have_cents(dollars: float, expected: str) -> None:
    assert format_dollars(dollars) == expected
