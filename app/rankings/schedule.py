"""The schedule of the ranked lists: which are due for another snapshot."""

from collections.abc import Iterator
from datetime import timedelta

from app.aws.timestamps import now
from app.rankings.lists import LISTS, MIN_INTERVAL, SMALL_SITE_DWIPPS, RankedList
from app.rankings.snapshots import Pointer, SnapshotRepository

# A sweep every five minutes starts the runs. `as_of` is a moment after the sweep, so at the next sweep slightly less
# than an interval has passed. Half a sweep's interval makes up for that.
_TOLERANCE = timedelta(minutes=2.5)


class RankingSchedule:
    """The schedule of the ranked lists."""

    def __init__(self, snapshots: SnapshotRepository) -> None:
        self._snapshots = snapshots

    def iter_due(self) -> Iterator[str]:
        """Yield the names of the lists that are due. A list without a snapshot is due."""
        is_small = self._is_small_site()
        for ranked in LISTS.values():
            if _is_due(ranked, self._snapshots.get_pointer(ranked.name), is_small=is_small):
                yield ranked.name

    def is_due(self, ranked: RankedList, pointer: Pointer | None) -> bool:
        """Return True if a list with this pointer is due."""
        return _is_due(ranked, pointer, is_small=self._is_small_site())

    def _is_small_site(self) -> bool:
        """Return True if the latest run of all Dwipps has read few."""
        pointer = self._snapshots.get_pointer("all")
        return pointer is not None and pointer.dwipps < SMALL_SITE_DWIPPS


def _is_due(ranked: RankedList, pointer: Pointer | None, *, is_small: bool) -> bool:
    interval = MIN_INTERVAL if is_small else ranked.interval
    return pointer is None or now() - pointer.as_of >= interval - _TOLERANCE
