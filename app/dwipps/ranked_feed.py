"""The rows of a ranked list, as one request reads them from a snapshot."""

import re
from collections.abc import Sequence
from datetime import datetime

from app.aws.timestamps import from_text, is_timestamp, to_text
from app.dwipps.listing import DwippList, Position, Row, RowBatch
from app.dwipps.repository import DwippRepository
from app.errors import InvalidCursorError
from app.rankings.lists import ListName
from app.rankings.snapshots import Snapshot, SnapshotRepository

_RANK = re.compile("[1-9][0-9]{0,2}")


class RankedFeed:
    """One request's reader of a ranked list.

    A position is the `as_of` of the snapshot and the rank of a row in it. So a walk stays in its snapshot.
    """

    def __init__(self, snapshots: SnapshotRepository, dwipps: DwippRepository, name: ListName) -> None:
        self._snapshots = snapshots
        self._dwipps = dwipps
        self._name = name
        self._snapshot: Snapshot | None = None

    @property
    def as_of(self) -> datetime | None:
        """Return the time of the snapshot that was read. None if there is none."""
        return self._snapshot.as_of if self._snapshot else None

    def to_list(self) -> DwippList:
        """Return the list for its pages."""
        return DwippList(f"ranking {self._name}", self._read, (is_timestamp, _is_rank))

    def _read(self, limit: int, after: Position | None) -> RowBatch:
        """Return a batch of a snapshot, without deleted Dwipps.

        Raises:
            InvalidCursorError: if the snapshot was replaced too long ago.
        """
        if self._snapshot is None:
            self._snapshot = self._load(after)
        if self._snapshot is None:
            return RowBatch((), None)
        as_of, ids = to_text(self._snapshot.as_of), self._snapshot.ids
        start = int(after[1]) if after else 0
        return RowBatch(
            self._read_rows(as_of, ids[start : start + limit], start + 1),
            (as_of, str(start + limit)) if start + limit < len(ids) else None,
        )

    def _load(self, after: Position | None) -> Snapshot | None:
        if after is None:
            return self._snapshots.get_latest(self._name)
        snapshot = self._snapshots.get_walked(self._name, from_text(after[0]))
        if snapshot is None:
            raise InvalidCursorError
        return snapshot

    def _read_rows(self, as_of: str, ids: Sequence[str], first_rank: int) -> list[Row]:
        dwipps = self._dwipps.get_many(ids)
        ranks = enumerate(ids, first_rank)
        return [Row((as_of, str(rank)), dwipps[dwipp_id]) for rank, dwipp_id in ranks if dwipp_id in dwipps]


def _is_rank(text: str) -> bool:
    return _RANK.fullmatch(text) is not None
