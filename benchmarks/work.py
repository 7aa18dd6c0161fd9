"""What one call of an operation takes, in a design that is compared, and Dwipper's; knows no price."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol

from benchmarks.deployment import SECONDS_A_MONTH
from benchmarks.designs import Units
from benchmarks.workload import LOG_IN, REACTIONS, WRITES, Mix

STOPS = "stops working"

# Where nobody measured it. A login waits for Cognito.
_MILLISECONDS = 15.0
_LOG_IN_MILLISECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Work:
    """What one call takes of DynamoDB and of the function; and which share of such calls is refused for good."""

    units: Units
    milliseconds: float
    refused: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an operation no longer works, so that there is no price for it."""

    why: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes in DynamoDB: of the tables, which are backed up, and of their indexes."""

    tables: float
    indexes: float = 0.0


class Design(Protocol):
    """A way to keep Dwipps and reactions."""

    def work(self, operation: str, members: float) -> Work | Stop:
        """What one call takes on a site of so many members."""

    def stored(self, members: float) -> Stored:
        """What is kept for so many members."""


def milliseconds_of(operation: str, measured: Mapping[str, float]) -> float:
    """How long the function works on it, as measured, or as assumed."""
    return measured.get(operation, _LOG_IN_MILLISECONDS if operation == LOG_IN else _MILLISECONDS)


@dataclass(frozen=True, slots=True)
class Dwipper:
    """Dwipper's own design: the same at any size, but that the feed has as many shards as the writes need."""

    ledger: Mapping[str, Units]
    milliseconds: Mapping[str, float]
    mix: Mix

    # A shard takes about 1,000 writes a second, and the busiest hour has five times the average.
    _SHARD_WRITES = 1000
    _PEAK = 5

    # Names and values of a row by DynamoDB's own reckoning, and the 100 bytes that it adds to each in each index:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    _DWIPP_ROW = 391 + 100  # again in both of its indexes
    _REACTION_ROW = 126 + 100
    _FAVORITE_ROW = 165 + 100  # again in the index
    _MEMBER_ROWS = 230 + 2 * 100

    def work(self, operation: str, members: float) -> Work:
        """What one call takes, by the ledger; the row of the calling member included."""
        units = Units() if operation == LOG_IN else self.ledger[operation]
        if operation == "page of the feed":
            units = replace(units, read=units.read * self.feed_shards(members))
        return Work(units, milliseconds_of(operation, self.milliseconds))

    def feed_shards(self, members: float) -> int:
        """How many partitions the feed needs: creations and upvotes alike write to it."""
        requests = self.mix.requests(members)
        written = sum(requests[name] for name in (*WRITES, "upvote", "edit", "delete"))
        return max(1, ceil(written / SECONDS_A_MONTH * self._PEAK / self._SHARD_WRITES))

    def stored(self, members: float) -> Stored:
        """What is kept: a year's Dwipps, who reacted to them, and the members."""
        requests, months = self.mix.requests(members), self.mix.months
        upvotes, favorites = (requests[name] * months for name in REACTIONS)
        dwipps = self.mix.dwipps(members) * self._DWIPP_ROW
        marks = favorites * self._FAVORITE_ROW
        return Stored(
            tables=dwipps + upvotes * self._REACTION_ROW + marks + members * self._MEMBER_ROWS,
            indexes=2 * dwipps + marks,
        )
