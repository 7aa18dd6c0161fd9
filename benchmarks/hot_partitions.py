"""What DynamoDB lets through of the feed under load: a simulation of its partitions; knows neither network nor clock.

A partition of the index `feed` gives so many units of reads and of writes each second. A page asks every partition, an
upvote or a new Dwipp writes to one. Of units that nobody used DynamoDB keeps some for bursts; AWS promises none, so the
simulation has none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from math import exp, sqrt
from random import Random

from app.dwipps.ids import shard_of
from benchmarks import guide, rows
from benchmarks.limits import ITEM_WRITES, PARTITION_READS, PARTITION_WRITES

# Eventually consistent, of one partition, for a page of 20 and the next Dwipp.
PAGE_READS = guide.read(*[rows.dwipp(rows.old_id(1))] * 21)
ITEM_UPVOTES = PARTITION_WRITES / ITEM_WRITES

# How upvotes spread over the Dwipps that are popular at the moment: Zipf's law. After a spell others are popular.
POPULAR = 1000
POPULARITY = tuple(1 / rank / sum(1 / each for each in range(1, POPULAR + 1)) for rank in range(1, POPULAR + 1))
_SPELL_SECONDS = 5

SECONDS_A_REQUEST = 0.02  # Of one instance of the function, which does one request at a time.
CACHE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Shares:
    """Of all requests; what is left reads and writes other tables and keys."""

    first_pages: float = 0.55  # of the default length, which are those that are kept
    other_pages: float = 0.15  # of the feed too
    upvotes: float = 0.10
    creates: float = 0.015

    @property
    def pages(self) -> float:
        """Pages of the feed."""
        return self.first_pages + self.other_pages

    @property
    def writes(self) -> float:
        """What writes an entry of the feed."""
        return self.upvotes + self.creates


SHARES = Shares()


@dataclass(frozen=True, slots=True)
class Scenario:
    """How many requests come in a second, how many partitions there are, and whether the newest page is kept."""

    requests: float
    shards: int = 1
    cached: bool = False

    @property
    def fetched(self) -> float:
        """The share of first pages that DynamoDB is asked for: without the cache all of them.

        An instance asks at the first request that comes after what it kept has become too old.
        """
        if not self.cached:
            return 1.0
        instances = max(1.0, self.requests * SECONDS_A_REQUEST)
        return 1 / (1 + CACHE_SECONDS * self.requests * SHARES.first_pages / instances)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of some seconds: pages and writes, how many were refused, and the units that the others took."""

    seconds: float = 0.0
    pages: float = 0.0
    pages_refused: float = 0.0
    writes: float = 0.0
    writes_refused: float = 0.0
    read_units: float = 0.0
    write_units: float = 0.0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def refused(self) -> float:
        """The share of pages and writes that were refused."""
        return (self.pages_refused + self.writes_refused) / (self.pages + self.writes)


def simulate(scenario: Scenario, *, seconds: int = 60, seed: int = 1) -> Outcome:
    """Let that much time pass; the same seed, the same outcome."""
    return sum(islice(_course(scenario, seed), seconds), Outcome())


def reads_a_request(*, cached: bool) -> float:
    """Units that a request takes of each partition of the feed, in the mean; with the cache, where many come."""
    fetched = Scenario(1e6, cached=cached).fetched
    return (SHARES.first_pages * fetched + SHARES.other_pages) * PAGE_READS


def _course(scenario: Scenario, seed: int) -> Iterator[Outcome]:
    """One second after the other."""
    random = Random(seed)  # noqa: S311 -- no secret
    while True:
        loads = _writes_by_shard(random, scenario)
        for _ in range(_SPELL_SECONDS):
            yield _read(random, scenario) + _write(random, loads)


def _read(random: Random, scenario: Scenario) -> Outcome:
    """Ask every partition for every page; one that any of them refuses is refused.

    That is reckoned kindly, as if all of them refused the same pages.
    """
    first = _poisson(random, scenario.requests * SHARES.first_pages)
    other = _poisson(random, scenario.requests * SHARES.other_pages)
    asked = first * scenario.fetched + other
    answered = min(asked, PARTITION_READS / PAGE_READS)
    read = answered * PAGE_READS * scenario.shards
    return Outcome(seconds=1, pages=first + other, pages_refused=asked - answered, read_units=read)


def _write(random: Random, loads: Sequence[float]) -> Outcome:
    wanted = [_poisson(random, load) for load in loads]
    given = sum(min(each, PARTITION_WRITES) for each in wanted)
    return Outcome(writes=sum(wanted), writes_refused=sum(wanted) - given, write_units=given)


def _writes_by_shard(random: Random, scenario: Scenario) -> list[float]:
    """Upvotes and new Dwipps a second for each partition, while the same Dwipps are popular.

    What one Dwipp's own item does not take never comes to the index.
    """
    loads = [scenario.requests * SHARES.creates / scenario.shards] * scenario.shards
    for share in POPULARITY:
        shard = shard_of(f"{random.getrandbits(32):08x}", scenario.shards)
        loads[shard] += min(scenario.requests * SHARES.upvotes * share, ITEM_UPVOTES)
    return loads


def _poisson(random: Random, mean: float) -> int:
    """How many come in a second of which so many come in the mean."""
    if mean > 30:
        return max(0, round(random.gauss(mean, sqrt(mean))))
    count, chance, end = 0, random.random(), exp(-mean)
    while chance > end:
        count, chance = count + 1, chance * random.random()
    return count
