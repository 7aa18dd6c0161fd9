"""What operations consume by the rules of the AWS developer guide, from the sizes of the items that they touch.

DynamoDB Local reckons most of it the same way. It is silent on one rule, or has its own: that the index writes of a
transaction are not doubled. The sources:

- sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
- reads and writes, transactions: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
- indexes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
"""

import math
from collections.abc import Mapping
from typing import Any

from app.aws.timestamps import now, to_text
from benchmarks import rows
from benchmarks.designs import Units
from benchmarks.events import MEMBER

_DWIPP = rows.dwipp(rows.old_id(1), upvotes=1000)
_REACTION = rows.reaction(MEMBER, rows.old_id(1))
_PAGE = 21  # One more than is shown tells whether the list goes on.
_REACTIONS_READ = 24  # So many of the reader's are read with a page at most.


def size(item: Mapping[str, Any]) -> int:
    """Bytes of an item: names and values in UTF-8, of numbers a byte for two digits and one more."""
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def written(item: Mapping[str, Any]) -> int:
    """Units of a write: one for each KB that was begun."""
    return math.ceil(size(item) / 1024)


def read(*items: Mapping[str, Any], consistent: bool = False) -> float:
    """Units of one read of all of these: one for each 4 KB that was begun, half of it where it may lag."""
    return math.ceil(sum(map(size, items)) / 4096) * (1 if consistent else 0.5)


def reckoned() -> Mapping[str, Units]:
    """What operations consume by these rules, by the names that the ledger has for them."""
    dwipp, reaction = written(_DWIPP), written(_REACTION)
    member = read({"pk": f"member#{MEMBER}", "handle": rows.HANDLE, "joined_at": to_text(now())}, consistent=True)
    one, mark = read(_DWIPP, consistent=True), read(_REACTION, consistent=True)
    indexes = 2 * dwipp  # `feed` and `by_author` carry all of it.
    page = read(*[_DWIPP] * _PAGE)
    return {
        "create": Units(dwipp + indexes, member),
        "create with a key": Units(2 * (dwipp + 1) + indexes, member),
        "page of the feed": Units(read=page + read(*[_REACTION] * _REACTIONS_READ)),
        "one Dwipp": Units(read=one + mark),
        "upvote": Units(2 * (reaction + dwipp) + indexes, member + mark + one),
        "upvote a favorite": Units(2 * (reaction + dwipp) + indexes + reaction, member + mark + one),
        "favorite": Units(2 * reaction, member + mark + one),
        "edit": Units(dwipp + indexes, member + mark),
        "delete": Units(dwipp + indexes, member),
    }


def _size_of(value: Any) -> int:
    if isinstance(value, int):
        return math.ceil(len(str(value)) / 2) + 1
    return len(str(value).encode())
