"""A cache of the newest Dwipps, for sites where all readers meet at the newest page. Independent of HTTP."""

import time
from collections.abc import Callable

from app.dwipps.repository import Dwipp

# Returns at most so many Dwipps below an id, or from the newest on.
Read = Callable[[int, str | None], list[Dwipp]]


class FeedPageCache:
    """A reader of everybody's Dwipps that keeps the newest page for a moment.

    Each page of the feed reads the newest end of every partition. So more partitions serve no more readers, and this
    cache does. A walk that starts at a cached page shows the same as a walk that started a moment earlier.

    Args:
        read: reads from the table.
        seconds: how long a page is kept, counted from before it was read. 0 keeps none.
    """

    def __init__(self, read: Read, seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._pages: dict[int, tuple[float, list[Dwipp]]] = {}  # By limit, of which there are at most 100.

    def __call__(self, limit: int, before: str | None) -> list[Dwipp]:
        """Return current Dwipps below `before`, or the newest ones, which may be cached."""
        if before is not None:
            return self._read(limit, before)
        # The time of day, because Lambda freezes the process between events, and a monotonic clock may stand still.
        now = time.time()
        fresh = {size: page for size, page in self._pages.items() if 0 <= now - page[0] < self._seconds}
        if limit not in fresh:
            fresh[limit] = (now, self._read(limit, None))
        self._pages = fresh  # Expired pages are dropped.
        return fresh[limit][1]
