"""A simulation of the feed's partitions in DynamoDB under load.

A partition of the index `feed` provides a fixed number of read and write units each second. A page reads every
partition. An upvote, a new Dwipp, an edit or a deletion writes to one. DynamoDB keeps some unused units for bursts. AWS
does not guarantee any, so the simulation keeps none.
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
from benchmarks.workload import WRITES, Workload

# For each partition, an eventually consistent read of a page of 20 Dwipps, and of the next one.
PAGE_READ_UNITS = developer_guide.calculate_read_units(*[rows.make_dwipp(rows.make_old_id(1))] * 21)
MAX_ITEM_UPVOTES = PARTITION_WRITES / ITEM_WRITES  # per second

# The distribution of upvotes across the popular Dwipps, by Zipf's law. After `_POPULARITY_SECONDS`, others are popular.
POPULAR_DWIPPS = 1000
_INVERSE_RANKS = [1 / rank for rank in range(1, POPULAR_DWIPPS + 1)]
UPVOTE_SHARES = tuple(inverse / sum(_INVERSE_RANKS) for inverse in _INVERSE_RANKS)
_POPULARITY_SECONDS = 5

REQUEST_SECONDS = 0.02  # An instance of the function handles one request at a time.
CACHE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class RequestShares:
    """The shares of all requests that read or write the feed. Other requests use other tables and keys.

    Attributes:
        pages: requests for pages of the feed.
        newest_share: the share of these pages that can be cached: the newest page, of the default length.
        upvotes: upvotes, each of which writes an entry of the feed.
        other_writes: new Dwipps, edits and deletions, each of which writes an entry.
    """

    pages: float
    newest_share: float
    upvotes: float
    other_writes: float

    @classmethod
    def from_workload(cls, workload: Workload, newest_share: float) -> Self:
        """Return the shares of a workload."""
        calls = workload.calls_per_member
        shares = {name: count / sum(calls.values()) for name, count in calls.items()}
        other_writes = sum(shares[name] for name in (*WRITES, "edit", "delete"))
        return cls(shares["page of the feed"], newest_share, shares["upvote"], other_writes)

    @property
    def writes(self) -> float:
        """Return the share of requests that write an entry of the feed."""
        return self.upvotes + self.other_writes


# Each visit reads four pages, as in the workload.
READERS = RequestShares.from_workload(Workload(), newest_share=1 / 4)
# Most visits read only the newest page.
BRIEF_READERS = RequestShares.from_workload(Workload(), newest_share=4 / 5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A load on the feed.

    Attributes:
        requests: all requests per second.
        shards: the number of partitions of the feed.
        is_cached: whether instances cache the newest page.
        shares: the shares of the requests that read or write the feed.
    """

    requests: float
    shards: int = 1
    is_cached: bool = False
    shares: RequestShares = READERS

    @property
    def cache_miss_share(self) -> float:
        """Return the share of newest pages that are read from DynamoDB: all of them without a cache.

        An instance with a cache reads the page at the first request after its cached page has expired.
        """
        if not self.is_cached:
            return 1.0
        instances = max(1.0, self.requests * REQUEST_SECONDS)
        newest_pages = self.requests * self.shares.pages * self.shares.newest_share
        return 1 / (1 + CACHE_SECONDS * newest_pages / instances)

    @property
    def queried_pages(self) -> float:
        """Return the number of pages of the feed per second that are read from DynamoDB."""
        newest_share = self.shares.newest_share
        return self.requests * self.shares.pages * (newest_share * self.cache_miss_share + 1 - newest_share)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of simulated seconds: the pages and writes, how many were refused, and the consumed units."""

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
    def refused_share(self) -> float:
        """Return the share of pages and writes that were refused."""
        return (self.pages_refused + self.writes_refused) / (self.pages + self.writes)


def simulate(scenario: Scenario, *, seconds: int = 60, seed: int = 1) -> Outcome:
    """Simulate a number of seconds. The same seed gives the same outcome."""
    return sum(islice(_simulate_seconds(scenario, seed), seconds), Outcome())


def calculate_max_requests(shares: RequestShares, *, is_cached: bool) -> float:
    """Return the number of requests per second above which pages of the feed are refused."""
    high_load = Scenario(1e6, is_cached=is_cached, shares=shares)
    return high_load.requests * PARTITION_READS / PAGE_READ_UNITS / high_load.queried_pages


def _simulate_seconds(scenario: Scenario, seed: int) -> Iterator[Outcome]:
    """Yield the outcome of each second."""
    random = Random(seed)  # noqa: S311 -- no secret
    while True:
        loads = _sample_shard_loads(random, scenario)
        for _ in range(_POPULARITY_SECONDS):
            yield _simulate_reads(random, scenario) + _simulate_writes(random, loads)


def _simulate_reads(random: Random, scenario: Scenario) -> Outcome:
    """Read every page from every partition. A page is refused if any partition refuses it.

    The simulation assumes the best case: all partitions refuse the same pages.
    """
    pages = _sample_poisson(random, scenario.requests * scenario.shares.pages)
    queried = pages * scenario.queried_pages / (scenario.requests * scenario.shares.pages)
    served = min(queried, PARTITION_READS / PAGE_READ_UNITS)
    read_units = served * PAGE_READ_UNITS * scenario.shards
    return Outcome(seconds=1, pages=pages, pages_refused=queried - served, read_units=read_units)


def _simulate_writes(random: Random, loads: Sequence[float]) -> Outcome:
    writes = [_sample_poisson(random, load) for load in loads]
    accepted = sum(min(count, PARTITION_WRITES) for count in writes)
    return Outcome(writes=sum(writes), writes_refused=sum(writes) - accepted, write_units=accepted)


def _sample_shard_loads(random: Random, scenario: Scenario) -> list[float]:
    """Return the mean writes per second to each partition, for a period in which the same Dwipps are popular.

    Upvotes that the item of a Dwipp refuses do not reach the index.
    """
    loads = [scenario.requests * scenario.shares.other_writes / scenario.shards] * scenario.shards
    for share in UPVOTE_SHARES:
        shard = feed_shard(f"{random.getrandbits(32):08x}", scenario.shards)
        loads[shard] += min(scenario.requests * scenario.shares.upvotes * share, MAX_ITEM_UPVOTES)
    return loads


def _sample_poisson(random: Random, mean: float) -> int:
    """Return a sample of a Poisson distribution. For a large mean, approximate it by a normal distribution."""
    if mean > 30:
        return max(0, round(random.gauss(mean, sqrt(mean))))
    count, chance, end = 0, random.random(), exp(-mean)
    while chance > end:
        count, chance = count + 1, chance * random.random()
    return count
