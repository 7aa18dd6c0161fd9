"""A random Dwipp: a moment is drawn, then the nearest Dwipp that the reader may see is found.

The search begins with the newest Dwipp at or before the moment, and goes on in this order:

1. the newest 20 at or before the moment, newest first
2. those after the moment, oldest first
3. those before the 20, newest first
4. the newest and the oldest of all

The second and the third step read 100 rows at a time, at most 5 times each. So a reader who may see any Dwipp gets one,
unless about 500 successive Dwipps around the moment, and both ends of the feed, are hidden from this reader.
"""

import secrets
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from app.aws.concurrency import run_concurrently
from app.dwipps.feed_cache import ReadPage
from app.dwipps.ids import bound_above, highest_id, milliseconds
from app.dwipps.listing import FURTHER_READ_ROWS, MAX_FURTHER_READS
from app.dwipps.models import Dwipp
from app.dwipps.repository import DwippRepository
from app.members.audience import Audience

FIRST_READ_ROWS = 20


def find_random(dwipps: DwippRepository, get_audience: Callable[[], Audience]) -> Dwipp | None:
    """Return a random Dwipp of the feed that the audience may see. None if there is none."""
    oldest, newest, audience = run_concurrently(
        partial(dwipps.list_oldest, 1, None), partial(dwipps.list_recent, 1, None), get_audience
    )
    ends = [milliseconds(dwipp.id) for dwipp in (*oldest, *newest)]
    if not ends:
        return None
    candidates = chain(_iter_candidates(dwipps, draw_moment(min(ends), max(ends))), newest, oldest)
    return next((dwipp for dwipp in candidates if dwipp.is_visible_to(audience)), None)


def draw_moment(first: int, last: int) -> int:
    """Return a random moment between two others, both included, in milliseconds since 1970."""
    return first + secrets.randbelow(last - first + 1)


def _iter_candidates(dwipps: DwippRepository, moment: int) -> Iterator[Dwipp]:
    last = highest_id(moment)
    at_or_before = dwipps.list_recent(FIRST_READ_ROWS, bound_above(last))
    yield from at_or_before
    yield from _iter_further(dwipps.list_oldest, last)
    if len(at_or_before) == FIRST_READ_ROWS:
        yield from _iter_further(dwipps.list_recent, at_or_before[-1].id)


def _iter_further(read: ReadPage, position: str) -> Iterator[Dwipp]:
    """Yield the Dwipps after a position. The number of reads is bounded."""
    for _ in range(MAX_FURTHER_READS):
        batch = read(FURTHER_READ_ROWS, position)
        yield from batch
        if len(batch) < FURTHER_READ_ROWS:
            break
        position = batch[-1].id
