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
        """Show what was read for so many seconds; with 0 once."""
        self._read = read
        self._seconds = seconds
        self._kept: dict[int, tuple[float, list[Dwipp]]] = {}  # By how many; a page has 100 at most.

    def __call__(self, limit: int, before: str | None) -> list[Dwipp]:
        """Those with ids below `before`, as they are; the newest, as they were a moment ago at most."""
        if before is not None:
            return self._read(limit, before)
        until, dwipps = self._kept.get(limit, (0.0, []))
        now = time.monotonic()
        if now >= until:
            dwipps = self._read(limit, None)
            # From before it was read: nothing that is shown is older than was said.
            self._kept[limit] = (now + self._seconds, dwipps)
        return dwipps
