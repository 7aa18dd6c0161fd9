"""Fixed capacities of Dwipper's operations, and the bills that follow from them."""

from collections.abc import Mapping

from benchmarks.bill import Bill, bill_month
from benchmarks.capacity_units import CapacityUnits
from benchmarks.dwipper_model import DwipperModel
from benchmarks.usage import DesignModel
from benchmarks.workload import Workload

# The measured capacity: a test in tests/benchmarks/test_parts.py compares it.
UNITS: Mapping[str, CapacityUnits] = {
    "page of the feed": CapacityUnits(read=2),
    "page of one author": CapacityUnits(read=12),
    "page of favorites": CapacityUnits(read=11),
    "one Dwipp": CapacityUnits(read=2.5),
    "upvote": CapacityUnits(9, 4),
    "favorite": CapacityUnits(3, 3.5),
    "create": CapacityUnits(4, 1),
    "create with a key": CapacityUnits(9, 1),
    "edit": CapacityUnits(4, 2),
    "delete": CapacityUnits(4, 3.5),
}
DWIPPER = DwipperModel(UNITS, {}, Workload())


def get_bill(model: DesignModel, members: float, workload: Workload | None = None) -> Bill:
    """Return the bill of a month. Fail the test if the design does not work at this size."""
    bill = bill_month(model, members, workload or Workload())
    assert isinstance(bill, Bill)
    return bill
