"""The newest Dwipps, kept for a moment on a site so large that all who read them meet in one place; knows no HTTP."""

import time
from collections.abc import Callable

from app.dwipps.repository import Dwipp

# So many Dwipps, at most, below an id or from the newest one on.
Read = Callable[[int, str | None], list[Dwipp]]


class NewestDwipps:
    """Reads everybody's Dwipps, and the newest of them once in a while for all who ask.

    Each page of the feed reads all of its partitions at their newest end, so more partitions do not make room for more
    readers: this does. A walk that begins at a page that was kept shows what one does that began a moment earlier.
    """

    def __init__(self, read: Read, seconds: float) -> None:
        """Show what was read for so many seconds from before it was read; with 0 once."""
        self._read = read
        self._seconds = seconds
        self._kept: dict[int, tuple[float, list[Dwipp]]] = {}  # By how many; a page has 100 at most.

    def __call__(self, limit: int, before: str | None) -> list[Dwipp]:
        """Those with ids below `before`, as they are; the newest, as they were a moment ago at most."""
        if before is not None:
            return self._read(limit, before)
        # By the time of day: Lambda freezes a process between events, and other clocks may stand still meanwhile.
        now = time.time()
        fresh = {size: kept for size, kept in self._kept.items() if 0 <= now - kept[0] < self._seconds}
        if limit not in fresh:
            fresh[limit] = (now, self._read(limit, None))
        self._kept = fresh  # What is too old is not kept at all.
        return fresh[limit][1]
