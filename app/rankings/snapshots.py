"""The snapshots of the ranked lists. A snapshot never changes. A pointer names the one that is shown.

Rows of the safety table:

    pk = snapshot#<list>  ids (16 bytes for each Dwipp, best first), expires_at
    sk = <as_of>

    pk = snapshot#<list>  as_of (of the latest snapshot), dwipps (how many its run has read), replaced (a map from the
    sk = pointer          as_of of each earlier snapshot to the time at which it was replaced)

One write creates a snapshot, so none is ever halfway. The pointer moves after it, and only to a later `as_of`. With 500
ids, the row of a snapshot is smaller than 8 KB, so reading it costs one unit.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from app.aws.items import deserialize, serialize
from app.aws.timestamps import from_text, now, to_text
from app.rankings.lists import ListName

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# How long a walk goes on after its snapshot was replaced. The contract allows 60 to 65 minutes. The rest is for the lag
# of the pointer.
_WALK_TIME = timedelta(minutes=62)

# Longer than the longest run: 10,000 messages of 40 seconds, and a day until the next one. If nothing renews a list for
# this time, the list is empty.
_TTL = timedelta(days=14)

_ID_BYTES = 16
_POINTER = "pointer"


class Snapshot(NamedTuple):
    """A snapshot.

    Attributes:
        as_of: the time at which its run began, in whole milliseconds.
        ids: the ids of the Dwipps, best first.
    """

    as_of: datetime
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Pointer:
    """The latest snapshot of a list.

    Attributes:
        as_of: identifies the snapshot.
        dwipps: the number of Dwipps that its run has read.
        replaced: the earlier snapshots whose walks may go on, with the times at which they were replaced.
    """

    as_of: datetime
    dwipps: int = 0
    replaced: Mapping[str, str] = field(default_factory=dict)

    def allows_walk(self, as_of: datetime) -> bool:
        """Return True if a walk through this snapshot may go on. A pointer that lags knows no later snapshot."""
        if as_of >= self.as_of:
            return True
        replaced_at = self.replaced.get(to_text(as_of))
        return replaced_at is not None and now() < from_text(replaced_at) + _WALK_TIME

    def move_to(self, as_of: datetime, dwipps: int) -> "Pointer":
        """Return the pointer to a later snapshot, which replaces this one now."""
        oldest = to_text(now() - _WALK_TIME)
        kept = {text: replaced_at for text, replaced_at in self.replaced.items() if replaced_at >= oldest}
        return Pointer(as_of, dwipps, {**kept, to_text(self.as_of): to_text(now())})


class SnapshotRepository:
    """The repository of snapshots and pointers."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get_latest(self, name: ListName) -> Snapshot | None:
        """Return the latest snapshot of a list. None before the first run. It may lag by a second."""
        pointer = self.get_pointer(name, consistent=False)
        return self._get(name, pointer.as_of) if pointer else None

    def get_walked(self, name: ListName, as_of: datetime) -> Snapshot | None:
        """Return the snapshot of a walk that has begun. None if it was replaced too long ago, or if there is none."""
        pointer = self.get_pointer(name, consistent=False)
        if pointer and not pointer.allows_walk(as_of):
            return None
        return self._get(name, as_of)

    def get_pointer(self, name: ListName, *, consistent: bool = True) -> Pointer | None:
        """Return the pointer of a list. None before the first run."""
        values = self._get_row(name, _POINTER, consistent=consistent)
        if values is None:
            return None
        return Pointer(from_text(values["as_of"]), int(values["dwipps"]), values["replaced"])

    def put(self, name: ListName, as_of: datetime, ids: Sequence[bytes]) -> None:
        """Write a snapshot. If there is one of this time, it is whole too, and stays.

        Args:
            name: the list.
            as_of: the time at which the run began.
            ids: the packed ids, best first.
        """
        item = {"ids": b"".join(ids), "expires_at": int((now() + _TTL).timestamp())}
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item=key(name, to_text(as_of)) | serialize(item),
                ConditionExpression="attribute_not_exists(pk)",
            )

    def move_request(self, name: ListName, before: Pointer | None, after: Pointer) -> Any:
        """Return the put that moves a pointer, for a transaction. Its condition fails if the pointer has moved."""
        values = {"as_of": to_text(after.as_of), "dwipps": after.dwipps, "replaced": dict(after.replaced)}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if before:
            condition = {
                "ConditionExpression": "as_of = :before",
                "ExpressionAttributeValues": serialize({":before": to_text(before.as_of)}),
            }
        return {"TableName": self._table, "Item": key(name, _POINTER) | serialize(values)} | condition

    def _get(self, name: ListName, as_of: datetime) -> Snapshot | None:
        """Return a snapshot. If a pointer is ahead of its snapshot, a consistent read finds the snapshot."""
        for consistent in (False, True):
            values = self._get_row(name, to_text(as_of), consistent=consistent)
            if values is not None:
                packed = bytes(values["ids"])
                starts = range(0, len(packed), _ID_BYTES)
                return Snapshot(as_of, [str(UUID(bytes=packed[start : start + _ID_BYTES])) for start in starts])
        return None

    def _get_row(self, name: ListName, sk: str, *, consistent: bool) -> dict[str, Any] | None:
        """Return the values of a row. None if it is missing or has expired."""
        response = self._client.get_item(TableName=self._table, Key=key(name, sk), ConsistentRead=consistent)
        values = deserialize(response.get("Item", {}))
        return values if values and values.get("expires_at", now().timestamp() + 1) > now().timestamp() else None


def key(name: ListName, sk: str) -> Any:
    """Return the key of a row of a list."""
    return serialize({"pk": f"snapshot#{name}", "sk": sk})
