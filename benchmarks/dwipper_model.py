"""The model of Dwipper's own design. Independent of prices."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from benchmarks.capacity_units import CapacityUnits
from benchmarks.deployment import SECONDS_PER_MONTH
from benchmarks.usage import StoredBytes, Usage, estimate_milliseconds
from benchmarks.workload import LOG_IN, REACTIONS, WRITES, Workload


@dataclass(frozen=True, slots=True)
class DwipperModel:
    """A model of the resources that Dwipper uses.

    The resources of a call do not depend on the size of the site. A page of the feed is the exception: it reads all
    shards, and a larger site needs more of them.

    Attributes:
        units: the capacity of each operation, as measured.
        milliseconds: the duration of the function by operation. Defaults replace missing ones.
        workload: the requests of the members.
    """

    units: Mapping[str, CapacityUnits]
    milliseconds: Mapping[str, float]
    workload: Workload

    # A shard accepts about 1,000 writes per second. The busiest hour is assumed to have five times the average.
    _SHARD_WRITES = 1000
    _PEAK_FACTOR = 5

    # A login or a refresh reads the row of the member. Cognito does the rest.
    _LOG_IN_UNITS = CapacityUnits(read=1)

    # Bytes of names and values by DynamoDB's rules, and the 100 bytes of overhead that each item has in each index:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    _DWIPP_BYTES = 391 + 100  # stored again in both indexes
    _REACTION_BYTES = 126 + 100
    _FAVORITE_BYTES = 165 + 100  # stored again in the index
    _MEMBER_BYTES = 230 + 2 * 100  # two rows

    def estimate_usage(self, operation: str, members: float) -> Usage:
        """Return the resources of one call, including the read of the calling member's row."""
        units = self._LOG_IN_UNITS if operation == LOG_IN else self.units[operation]
        if operation == "page of the feed":
            units = replace(units, read=units.read * self.count_feed_shards(members))
        return Usage(units, estimate_milliseconds(operation, self.milliseconds))

    def count_feed_shards(self, members: float) -> int:
        """Return the number of shards that the feed needs. Creations, upvotes, edits and deletions write to it."""
        requests = self.workload.count_monthly_requests(members)
        writes = sum(requests[name] for name in (*WRITES, "upvote", "edit", "delete"))
        return max(1, ceil(writes / SECONDS_PER_MONTH * self._PEAK_FACTOR / self._SHARD_WRITES))

    def estimate_storage(self, members: float) -> StoredBytes:
        """Return the bytes of all Dwipps, reactions and members."""
        requests, months = self.workload.count_monthly_requests(members), self.workload.age_months
        upvotes, favorites = (requests[name] * months for name in REACTIONS)
        dwipp_bytes = self.workload.count_dwipps(members) * self._DWIPP_BYTES
        favorite_bytes = favorites * self._FAVORITE_BYTES
        member_bytes = members * self._MEMBER_BYTES
        return StoredBytes(
            tables=dwipp_bytes + upvotes * self._REACTION_BYTES + favorite_bytes + member_bytes,
            indexes=2 * dwipp_bytes + favorite_bytes,
        )
