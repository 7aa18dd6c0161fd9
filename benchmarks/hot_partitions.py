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
from typing import Self

from app.dwipps.ids import feed_shard
from benchmarks import developer_guide, rows
from benchmarks.limits import ITEM_WRITES, PARTITION_READS, PARTITION_WRITES
from benchmarks.workload import WRITES, Mix

# Eventually consistent, of one partition, for a page of 20 and the next Dwipp.
PAGE_READS = developer_guide.read(*[rows.dwipp(rows.old_id(1))] * 21)
ITEM_UPVOTES = PARTITION_WRITES / ITEM_WRITES

# How upvotes spread over the Dwipps that are popular at the moment: Zipf's law. After a spell others are popular.
POPULAR = 1000
POPULARITY = tuple(1 / rank / sum(1 / each for each in range(1, POPULAR + 1)) for rank in range(1, POPULAR + 1))
_SPELL_SECONDS = 5

SECONDS_A_REQUEST = 0.02  # Of one instance of the function, which does one request at a time.
CACHE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Shares:
    """Of all requests; what is left reads and writes other tables and keys.

    Args:
        pages: pages of the feed.
        newest: which share of these is the newest page, of the default length: those are kept.
        upvotes: each writes an entry of the feed.
        others: what else writes one: new Dwipps, edits and deletions.
    """

    pages: float
    newest: float
    upvotes: float
    others: float

    @classmethod
    def of(cls, mix: Mix, newest: float) -> Self:
        """The shares of a mix."""
        part = {name: times / sum(mix.calls.values()) for name, times in mix.calls.items()}
        others = sum(part[name] for name in (*WRITES, "edit", "delete"))
        return cls(part["page of the feed"], newest, part["upvote"], others)

    @property
    def writes(self) -> float:
        """What writes an entry of the feed."""
        return self.upvotes + self.others


# Four pages a visit, as the mix has it; and where most look at what is new, and leave.
READERS = Shares.of(Mix(), newest=1 / 4)
LOOKERS = Shares.of(Mix(), newest=4 / 5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """How many requests come in a second, how many partitions there are, and whether the newest page is kept."""

    requests: float
    shards: int = 1
    cached: bool = False
    shares: Shares = READERS

    @property
    def fetched(self) -> float:
        """The share of newest pages that DynamoDB is asked for: without the cache all of them.

        An instance asks at the first request that comes after what it kept has become too old.
        """
        if not self.cached:
            return 1.0
        instances = max(1.0, self.requests * SECONDS_A_REQUEST)
        asked = self.requests * self.shares.pages * self.shares.newest
        return 1 / (1 + CACHE_SECONDS * asked / instances)

    @property
    def asked(self) -> float:
        """Pages of the feed a second that DynamoDB is asked for."""
        newest = self.shares.newest
        return self.requests * self.shares.pages * (newest * self.fetched + 1 - newest)


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


def most_requests(shares: Shares, *, cached: bool) -> float:
    """Up to how many requests a second nobody is refused a page of the feed."""
    many = Scenario(1e6, cached=cached, shares=shares)
    return many.requests * PARTITION_READS / PAGE_READS / many.asked


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
    pages = _poisson(random, scenario.requests * scenario.shares.pages)
    asked = pages * scenario.asked / (scenario.requests * scenario.shares.pages)
    answered = min(asked, PARTITION_READS / PAGE_READS)
    read = answered * PAGE_READS * scenario.shards
    return Outcome(seconds=1, pages=pages, pages_refused=asked - answered, read_units=read)


def _write(random: Random, loads: Sequence[float]) -> Outcome:
    wanted = [_poisson(random, load) for load in loads]
    given = sum(min(each, PARTITION_WRITES) for each in wanted)
    return Outcome(writes=sum(wanted), writes_refused=sum(wanted) - given, write_units=given)


def _writes_by_shard(random: Random, scenario: Scenario) -> list[float]:
    """Upvotes and new Dwipps a second for each partition, while the same Dwipps are popular.

    What one Dwipp's own item does not take never comes to the index.
    """
    loads = [scenario.requests * scenario.shares.others / scenario.shards] * scenario.shards
    for share in POPULARITY:
        shard = feed_shard(f"{random.getrandbits(32):08x}", scenario.shards)
        loads[shard] += min(scenario.requests * scenario.shares.upvotes * share, ITEM_UPVOTES)
    return loads


def _poisson(random: Random, mean: float) -> int:
    """How many come in a second of which so many come in the mean."""
    if mean > 30:
        return max(0, round(random.gauss(mean, sqrt(mean))))
    count, chance, end = 0, random.random(), exp(-mean)
    while chance > end:
        count, chance = count + 1, chance * random.random()
    return count
