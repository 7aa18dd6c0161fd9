"""The capacity of operations by the rules of the AWS developer guide, calculated from the sizes of their items.

DynamoDB Local follows most of these rules, with two differences:

- It doubles the index writes of a transaction, and the guide does not.
- It reports no capacity for a query or a batch that finds nothing, for which the guide names the smallest unit.

The sources:

- sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
- reads and writes, transactions: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
- indexes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
"""

import math
from collections.abc import Mapping
from typing import Any

from app.aws.timestamps import now, to_text
from benchmarks import rows
from benchmarks.capacity_units import CapacityUnits
from benchmarks.events import MEMBER

_DWIPP = rows.make_dwipp(rows.make_old_id(1), upvotes=1000)
_REACTION = rows.make_reaction(MEMBER, rows.make_old_id(1))
_PAGE_DWIPPS = 21  # One more than a page shows, to know whether there is a next page.
_PAGE_REACTIONS = 24  # The maximum number of the reader's reactions that is read with a page.


def calculate_item_size(item: Mapping[str, Any]) -> int:
    """Return the bytes of an item: its names and values in UTF-8. A number has 1 byte, and 1 more per two digits."""
    return sum(len(name.encode()) + _calculate_value_size(value) for name, value in item.items())


def calculate_write_units(item: Mapping[str, Any]) -> int:
    """Return the capacity of a write: one unit per KB, rounded up."""
    return math.ceil(calculate_item_size(item) / 1024)


def calculate_read_units(*items: Mapping[str, Any], consistent: bool = False) -> float:
    """Return the capacity of one read of all these items: one unit per 4 KB, rounded up.

    A read that finds no item costs one unit too. An eventually consistent read, the default, costs half.
    """
    units = max(1, math.ceil(sum(map(calculate_item_size, items)) / 4096))
    return units * (1 if consistent else 0.5)


def calculate_operations() -> Mapping[str, CapacityUnits]:
    """Return the capacity of operations by these rules. The names are those of the measured operations.

    All writes are counted, and change something. The member blocks nobody.
    """
    dwipp, reaction = calculate_write_units(_DWIPP), calculate_write_units(_REACTION)
    member_row = {"pk": f"member#{MEMBER}", "handle": rows.HANDLE, "joined_at": to_text(now())}
    member = calculate_read_units(member_row, consistent=True)
    one_dwipp, one_reaction = (
        calculate_read_units(_DWIPP, consistent=True),
        calculate_read_units(_REACTION, consistent=True),
    )
    blocks = calculate_read_units()  # The row of the member's blocks, which does not exist.
    # The case of a Dwipp that nobody reported, which does not exist, and the reads that imitate its closing.
    case = calculate_read_units(consistent=True) + 3 * calculate_read_units()
    count = 1  # The update of the row that counts the member's writes.
    indexes = 2 * dwipp  # `feed` and `by_author` hold all attributes.
    page = calculate_read_units(*[_DWIPP] * _PAGE_DWIPPS) + calculate_read_units(*[_REACTION] * _PAGE_REACTIONS)
    favorite_reads = member + one_dwipp + one_reaction + blocks
    # The author is read before the write, eventually consistent, and the count of upvotes after it.
    upvote_reads = favorite_reads + calculate_read_units(_DWIPP)
    return {
        "create": CapacityUnits(dwipp + indexes + count, member),
        "create with a key": CapacityUnits(2 * (dwipp + 1) + indexes + count, member),
        "page of the feed": CapacityUnits(read=page + blocks),
        "one Dwipp": CapacityUnits(read=one_dwipp + one_reaction + blocks),
        "upvote": CapacityUnits(2 * (reaction + dwipp) + indexes + count, upvote_reads),
        "upvote a favorite": CapacityUnits(2 * (reaction + dwipp) + indexes + reaction + count, upvote_reads),
        "favorite": CapacityUnits(2 * reaction + count, favorite_reads),
        "edit": CapacityUnits(dwipp + indexes + count, member + one_reaction),
        "delete": CapacityUnits(dwipp + indexes + count, member + case),
    }


def _calculate_value_size(value: Any) -> int:
    if isinstance(value, int):
        return math.ceil(len(str(value)) / 2) + 1
    return len(str(value).encode())
