"""A cache of the newest page of the feed, which most readers request."""

import time
from collections.abc import Callable

from app.dwipps.models import Dwipp

# Reads at most this number of Dwipps before an id, or the newest ones.
ReadPage = Callable[[int, str | None], list[Dwipp]]


class FeedPageCache:
    """A reader of everybody's Dwipps that keeps the newest page for some seconds.

    Each page of the feed reads the newest end of every partition, so more partitions do not serve more readers. The
    cache does. A walk that starts at a cached page returns the same as a walk that started when the page was read.

    Args:
        read: reads from the table.
        seconds: how long a page is kept, counted from before it was read. 0 keeps none.
    """

    def __init__(self, read: ReadPage, seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._pages: dict[int, tuple[float, list[Dwipp]]] = {}  # By limit, of which there are at most 100.

    def __call__(self, limit: int, before: str | None) -> list[Dwipp]:
        """Return the Dwipps before an id. Without an id, return the newest ones, which may be cached."""
        if before is not None:
            return self._read(limit, before)
        # The time of day, because Lambda freezes the process between events, and a monotonic clock may stand still.
        now = time.time()
        fresh = {size: page for size, page in self._pages.items() if 0 <= now - page[0] < self._seconds}
        if limit not in fresh:
            fresh[limit] = (now, self._read(limit, None))
        self._pages = fresh  # Expired pages are dropped.
        return fresh[limit][1]
