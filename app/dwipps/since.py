"""The list of the Dwipps since one of them, for clients that poll for news.

A Dwipp gets its id before it is written, and the index of the feed lags. So a Dwipp can appear after newer ones. The
list therefore repeats the Dwipps that are up to 30 seconds older. A client that drops known ids misses no Dwipp that
appears within this time.
"""

from functools import partial

from app.dwipps.ids import lowest_id, milliseconds
from app.dwipps.listing import DwippList, read_by_id
from app.dwipps.repository import DwippRepository

# More than the 24 seconds of a request (app/aws/deadline.py), and the lag of the index.
OVERLAP_MILLISECONDS = 30_000


def since_list(dwipps: DwippRepository, dwipp_id: str) -> DwippList:
    """Return the list of the Dwipps that are newer than one, that one, and those up to 30 seconds older.

    It bypasses the cache of the feed, because a query of few rows costs less than the page that the cache reads.

    Args:
        dwipps: the repository.
        dwipp_id: an id in the form of one. The Dwipp itself need not exist.
    """
    lowest = lowest_id(max(0, milliseconds(dwipp_id) - OVERLAP_MILLISECONDS))
    return DwippList(f"since {dwipp_id}", partial(read_by_id, partial(dwipps.list_recent, lowest=lowest)))
