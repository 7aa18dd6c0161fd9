"""What a month costs over the number of members, as a plot, and where a design ends; knows no prices."""

from collections.abc import Mapping
from typing import Any

from benchmarks.bill import Bill, largest, month
from benchmarks.report import Plot
from benchmarks.work import STOPS, Design, Stop
from benchmarks.workload import Mix

_LEAST, _MOST = 1e3, 1e8
_POINTS = 40


def plot(designs: Mapping[str, Design], mix: Mix) -> Plot:
    """The dollars of a month by members, both in powers of ten, and a cross where a design stops working."""

    def draw(axes: Any) -> None:
        for name, design in designs.items():
            axes.loglog(*_line(design, mix), label=name)
            if end := last_working(design, mix):
                axes.loglog([end[0]], [end[1]], "kx", label=f"{name} {STOPS}: {rounded(end[0])} members")
        axes.set_xlabel("members")
        axes.set_ylabel("dollars a month, without Cognito")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()

    return Plot("cost", "What a month costs", draw)


def last_working(design: Design, mix: Mix) -> tuple[float, float] | None:
    """The most members it works for and the dollars it costs them; None where it works for all that are drawn."""
    members = largest(lambda size: isinstance(month(design, size, mix), Bill), _LEAST, _MOST)
    bill = month(design, members, mix) if members else None
    return (members, bill.total) if members and isinstance(bill, Bill) else None


def first_refusal(design: Design, mix: Mix) -> float | None:
    """From how many members on it refuses some calls for good; None where it never does."""

    def takes_all(members: float) -> bool:
        bill = month(design, members, mix)
        return isinstance(bill, Bill) and not bill.refused

    members = largest(takes_all, _LEAST, _MOST)
    # Where it stops before it refuses anything, there is nothing to say.
    return members if members and not isinstance(month(design, members * 1.01, mix), Stop) else None


def rounded(members: float) -> str:
    """So many, to two digits."""
    return f"{float(f'{members:.2g}'):,.0f}"


def _line(design: Design, mix: Mix) -> tuple[list[float], list[float]]:
    """Members and dollars, as far as the design works."""
    sizes = [_LEAST * (_MOST / _LEAST) ** (point / _POINTS) for point in range(_POINTS + 1)]
    bills = [(size, month(design, size, mix)) for size in sizes]
    points = [(size, bill.total) for size, bill in bills if isinstance(bill, Bill)]
    if end := last_working(design, mix):
        points.append(end)
    return [members for members, _ in points], [dollars for _, dollars in points]
