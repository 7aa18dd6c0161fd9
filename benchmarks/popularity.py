"""The distribution of reactions across Dwipps, by a law like Zipf's.

The Dwipp of rank r gets reactions in proportion to r**-0.75. Requests for web pages follow such laws, with exponents of
0.64 to 0.83 (Breslau et al., 1999: https://pages.cs.wisc.edu/~cao/papers/zipf-implications.html).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import floor
from math import pow as power

EXPONENT = 0.75
_MAX_EXACT_RANK = 1000


@dataclass(frozen=True, slots=True)
class Popularity:
    """The reactions to the Dwipps of a month.

    Attributes:
        dwipps: the number of Dwipps.
        mean: the mean number of reactions to a Dwipp if no reactions were lost.
        maximum: the number of reactions that one Dwipp can hold. Further reactions are lost.
    """

    dwipps: float
    mean: float
    maximum: float

    @property
    def top_reactions(self) -> float:
        """Return the number of reactions to the most popular Dwipp if no reactions were lost."""
        return self.mean * self.dwipps / _sum_ranks(self.dwipps, EXPONENT)

    @property
    def full_dwipps(self) -> float:
        """Return the number of Dwipps that have reached the maximum."""
        return min(floor(power(self.top_reactions / self.maximum, 1 / EXPONENT)), self.dwipps)

    @property
    def total_reactions(self) -> float:
        """Return the number of stored reactions to all Dwipps."""
        others = _sum_ranks(self.dwipps, EXPONENT) - _sum_ranks(self.full_dwipps, EXPONENT)
        return self.full_dwipps * self.maximum + self.top_reactions * others

    @property
    def mean_earlier_reactions(self) -> float:
        """Return the mean, across all reactions, of the number of earlier reactions to the same Dwipp.

        Most reactions go to popular Dwipps, so this mean counts popular Dwipps more often than others.
        """
        others = _sum_ranks(self.dwipps, 2 * EXPONENT) - _sum_ranks(self.full_dwipps, 2 * EXPONENT)
        squares = self.full_dwipps * self.maximum**2 + self.top_reactions**2 * others
        return squares / 2 / self.total_reactions


def _sum_ranks(last: float, exponent: float) -> float:
    """Return the sum of `rank**-exponent` up to a rank: exact for the first thousand ranks, and then an integral."""
    if last <= _MAX_EXACT_RANK:
        whole = int(last)
        return _sum_exactly(whole, exponent) + (last - whole) * power(whole + 1, -exponent)
    beyond = power(last + 0.5, 1 - exponent) - power(_MAX_EXACT_RANK + 0.5, 1 - exponent)
    return _sum_exactly(_MAX_EXACT_RANK, exponent) + beyond / (1 - exponent)


@lru_cache
def _sum_exactly(last: int, exponent: float) -> float:
    return sum(power(rank, -exponent) for rank in range(1, last + 1))
