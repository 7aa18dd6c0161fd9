"""The ranked lists: the Dwipps that each ranks, the score, and the interval of its snapshots."""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal, NamedTuple

ListName = Literal["hot", "day", "week", "month", "all"]

# The interval of the lists whose order changes fast, and of all lists of a small site. The worker sweeps as often.
MIN_INTERVAL = timedelta(minutes=5)
# A site with fewer Dwipps is small: its lists cost next to nothing.
SMALL_SITE_DWIPPS = 10_000

# Returns the score of a Dwipp from its upvotes and its age in hours.
Score = Callable[[int, float], float]


def _score_upvotes(upvotes: int, _: float) -> float:
    return upvotes


def _score_heat(upvotes: int, age_hours: float) -> float:
    return (upvotes + 1) / math.pow(age_hours + 2, 1.5)


class RankedList(NamedTuple):
    """A ranked list. Higher scores come first, and of equal scores the newest Dwipp.

    Attributes:
        name: the name, which is also the subject of its jobs.
        interval: the time between two snapshots, unless the site is small.
        period: the maximum age of the ranked Dwipps. None ranks all.
        score: the score.
    """

    name: ListName
    interval: timedelta
    period: timedelta | None
    score: Score = _score_upvotes


# In this order, the lists of a new site get their first snapshots.
LISTS: Mapping[str, RankedList] = {
    ranked.name: ranked
    for ranked in (
        RankedList("hot", MIN_INTERVAL, timedelta(days=3), _score_heat),
        RankedList("day", MIN_INTERVAL, timedelta(days=1)),
        RankedList("week", timedelta(hours=1), timedelta(days=7)),
        RankedList("month", timedelta(days=1), timedelta(days=30)),
        RankedList("all", timedelta(days=1), None),
    )
}
