"""The plot of the monthly costs by number of members, and the sizes at which a design fails."""

from collections.abc import Mapping
from typing import Any

from benchmarks.bill import Bill, bill_month, find_largest
from benchmarks.report import Plot
from benchmarks.usage import UNSUPPORTED, DesignModel, Unsupported
from benchmarks.workload import Workload

_MIN_MEMBERS, _MAX_MEMBERS = 1e3, 1e8
_POINTS = 40


def make_plot(models: Mapping[str, DesignModel], workload: Workload) -> Plot:
    """Return a plot of the monthly dollars by number of members. A cross marks the size at which a design fails."""

    def draw(axes: Any) -> None:
        for name, model in models.items():
            axes.loglog(*_calculate_curve(model, workload), label=name)
            if end := find_last_supported(model, workload):
                axes.loglog([end[0]], [end[1]], "kx", label=f"{name} {UNSUPPORTED}: {format_members(end[0])} members")
        axes.set_xlabel("members")
        axes.set_ylabel("dollars per month, without Cognito")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()

    return Plot("cost", "Monthly costs", draw)


def find_last_supported(model: DesignModel, workload: Workload) -> tuple[float, float] | None:
    """Return the largest number of members for which a design works, and its dollars. None if all sizes work."""
    members = find_largest(lambda size: isinstance(bill_month(model, size, workload), Bill), _MIN_MEMBERS, _MAX_MEMBERS)
    bill = bill_month(model, members, workload) if members else None
    return (members, bill.total) if members and isinstance(bill, Bill) else None


def find_first_refusal(model: DesignModel, workload: Workload) -> float | None:
    """Return the largest number of members for which a design permanently refuses no call.

    None if it refuses no call at any size, or if it stops working first.
    """

    def accepts_all(members: float) -> bool:
        bill = bill_month(model, members, workload)
        return isinstance(bill, Bill) and not bill.refused_share

    members = find_largest(accepts_all, _MIN_MEMBERS, _MAX_MEMBERS)
    return members if members and not isinstance(bill_month(model, members * 1.01, workload), Unsupported) else None


def format_members(members: float) -> str:
    """Format a number of members, rounded to two digits."""
    return f"{float(f'{members:.2g}'):,.0f}"


def _calculate_curve(model: DesignModel, workload: Workload) -> tuple[list[float], list[float]]:
    """Return members and dollars, up to the size at which the design stops working."""
    sizes = [_MIN_MEMBERS * (_MAX_MEMBERS / _MIN_MEMBERS) ** (point / _POINTS) for point in range(_POINTS + 1)]
    bills = [(size, bill_month(model, size, workload)) for size in sizes]
    points = [(size, bill.total) for size, bill in bills if isinstance(bill, Bill)]
    if end := find_last_supported(model, workload):
        points.append(end)
    return [members for members, _ in points], [dollars for _, dollars in points]
