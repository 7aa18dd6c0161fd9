"""How unevenly reactions fall on Dwipps: a Zipf-like law; knows not what a reaction costs.

The Dwipp of rank r gets as many as r**-0.75 says. Requests for web pages follow such laws, with exponents of 0.64 to
0.83 (Breslau et al., 1999: https://pages.cs.wisc.edu/~cao/papers/zipf-implications.html).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import floor
from math import pow as power

EXPONENT = 0.75
_EXACT = 1000


@dataclass(frozen=True, slots=True)
class Popularity:
    """Reactions to the Dwipps of a month.

    Args:
        dwipps: how many there are.
        mean: how many reactions each would get on average, if there were no most.
        most: how many one Dwipp can get; what is beyond that is lost.
    """

    dwipps: float
    mean: float
    most: float

    @property
    def first(self) -> float:
        """What the most popular one would get, if there were no most."""
        return self.mean * self.dwipps / _ranks(self.dwipps, EXPONENT)

    @property
    def at_most(self) -> float:
        """How many have got as many as they can."""
        return min(floor(power(self.first / self.most, 1 / EXPONENT)), self.dwipps)

    @property
    def reactions(self) -> float:
        """How many they get altogether."""
        others = _ranks(self.dwipps, EXPONENT) - _ranks(self.at_most, EXPONENT)
        return self.at_most * self.most + self.first * others

    @property
    def met(self) -> float:
        """How many earlier ones a reaction finds there, on average over all reactions: most go to the popular."""
        others = _ranks(self.dwipps, 2 * EXPONENT) - _ranks(self.at_most, 2 * EXPONENT)
        squares = self.at_most * self.most**2 + self.first**2 * others
        return squares / 2 / self.reactions


def _ranks(last: float, exponent: float) -> float:
    """The sum of `rank**-exponent` up to a rank: exact for the first thousand, an integral from there on."""
    if last <= _EXACT:
        whole = int(last)
        return _exact(whole, exponent) + (last - whole) * power(whole + 1, -exponent)
    beyond = power(last + 0.5, 1 - exponent) - power(_EXACT + 0.5, 1 - exponent)
    return _exact(_EXACT, exponent) + beyond / (1 - exponent)


@lru_cache
def _exact(last: int, exponent: float) -> float:
    return sum(power(rank, -exponent) for rank in range(1, last + 1))
