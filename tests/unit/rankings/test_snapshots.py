"""A snapshot is one row that never changes. It is found even if a read of its row or of the pointer lags."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.aws.items import serialize
from app.aws.timestamps import now, to_milliseconds, to_text
from app.rankings.candidates import MAX_RANKED
from app.rankings.snapshots import Pointer, Snapshot, SnapshotRepository, key
from testkit.rankings import make_id, stop_time

LAG = timedelta(minutes=5)


class LaggingClient:
    """A client whose eventually consistent reads of one sort key return an earlier response."""

    def __init__(self, client: Any, sk: str, earlier: Any) -> None:
        self._client = client
        self._sk = sk
        self._earlier = earlier

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_item(self, **parameters: Any) -> Any:
        if parameters["Key"]["sk"]["S"] == self._sk and not parameters["ConsistentRead"]:
            return self._earlier
        return self._client.get_item(**parameters)


@pytest.fixture
def snapshots(client: Any, table: str) -> SnapshotRepository:
    return SnapshotRepository(client, table)


def _show(client: Any, snapshots: SnapshotRepository, ids: list[str], as_of: Any = None) -> Snapshot:
    as_of = as_of or to_milliseconds(now())
    snapshots.put("day", as_of, [UUID(each).bytes for each in ids])
    before = snapshots.get_pointer("day")
    after = before.move_to(as_of, len(ids)) if before else Pointer(as_of, len(ids))
    client.put_item(**snapshots.move_request("day", before, after))
    return Snapshot(as_of, ids)


def test_snapshot_is_read_back(client: Any, snapshots: SnapshotRepository) -> None:
    assert snapshots.get_latest("day") is None
    shown = _show(client, snapshots, [make_id(now()) for _ in range(3)])
    assert snapshots.get_latest("day") == snapshots.get_walked("day", shown.as_of) == shown
    assert snapshots.get_latest("week") is None


def test_largest_snapshot_costs_one_read_unit(client: Any, snapshots: SnapshotRepository, table: str) -> None:
    """8 KB, with the names and the values of all attributes."""
    shown = _show(client, snapshots, [make_id(now()) for _ in range(MAX_RANKED)])
    snapshots.put("month", shown.as_of, [UUID(each).bytes for each in shown.ids])
    (row,) = (row for row in client.scan(TableName=table)["Items"] if row["pk"]["S"] == "snapshot#month")
    size = sum(len(name) for name in row)
    size += sum(len(value.get("S") or value.get("B") or value["N"]) for value in row.values())
    assert size < 8192


def test_second_snapshot_of_the_same_time_changes_nothing(client: Any, snapshots: SnapshotRepository) -> None:
    shown = _show(client, snapshots, [make_id(now())])
    snapshots.put("day", shown.as_of, [])
    assert snapshots.get_latest("day") == shown


def test_pointer_that_is_ahead_of_its_snapshot_finds_it(client: Any, snapshots: SnapshotRepository, table: str) -> None:
    shown = _show(client, snapshots, [make_id(now())])
    lagging = SnapshotRepository(LaggingClient(client, to_text(shown.as_of), {}), table)  # type: ignore[arg-type]
    assert lagging.get_latest("day") == lagging.get_walked("day", shown.as_of) == shown


def test_walk_goes_on_if_the_pointer_lags(client: Any, snapshots: SnapshotRepository, table: str) -> None:
    shown: list[Snapshot] = []
    for _ in range(2):
        pointer = client.get_item(TableName=table, Key=key("day", "pointer"), ConsistentRead=True)
        shown.append(_show(client, snapshots, [make_id(now())]))
        lagging = SnapshotRepository(LaggingClient(client, "pointer", pointer), table)  # type: ignore[arg-type]
        assert lagging.get_latest("day") == (shown[-2] if len(shown) > 1 else None)
        assert lagging.get_walked("day", shown[-1].as_of) == shown[-1]


def test_pointer_remembers_the_snapshots_of_an_hour(client: Any, snapshots: SnapshotRepository) -> None:
    with stop_time() as time:
        shown = []
        for _ in range(30):
            shown.append(_show(client, snapshots, [make_id(now())], to_milliseconds(time.value)))
            time.pass_time(minutes=5)
        pointer = snapshots.get_pointer("day")
        assert pointer
        assert 12 <= len(pointer.replaced) <= 14
        walked = [snapshot for snapshot in shown if snapshots.get_walked("day", snapshot.as_of) == snapshot]
        assert walked == shown[-13:]


def test_snapshot_that_was_never_shown_is_not_walked(client: Any, snapshots: SnapshotRepository) -> None:
    late = to_milliseconds(now()) - LAG
    _show(client, snapshots, [make_id(now())])
    snapshots.put("day", late, [])
    assert snapshots.get_walked("day", late) is None


def test_expired_row_is_ignored(client: Any, snapshots: SnapshotRepository, table: str) -> None:
    shown = _show(client, snapshots, [make_id(now())])
    past = int((now() - LAG).timestamp())
    row = key("day", to_text(shown.as_of)) | serialize({"ids": b"", "expires_at": past})
    client.put_item(TableName=table, Item=row)
    assert snapshots.get_latest("day") is None
    assert snapshots.get_walked("day", shown.as_of) is None
