"""Dwipper's ledger as it is known without measuring, and the bills that follow from it."""

from collections.abc import Mapping

from benchmarks.bill import Bill, month
from benchmarks.designs import Units
from benchmarks.work import Design, Dwipper
from benchmarks.workload import Mix

# As the README has it; tests/capacity/test_capacity.py holds it.
LEDGER: Mapping[str, Units] = {
    "page of the feed": Units(read=1.5),
    "page of one author": Units(read=11.5),
    "page of favorites": Units(read=10.5),
    "one Dwipp": Units(read=2),
    "upvote": Units(8, 3),
    "favorite": Units(2, 3),
    "create": Units(3, 1),
    "create with a key": Units(8, 1),
    "edit": Units(3, 2),
    "delete": Units(3, 1),
}
DWIPPER = Dwipper(LEDGER, {}, Mix())


def bill(design: Design, members: float, mix: Mix | None = None) -> Bill:
    found = month(design, members, mix or Mix())
    assert isinstance(found, Bill)
    return found
