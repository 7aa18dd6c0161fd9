"""The model of the baseline design: a Scan for every list, and emails inside the item. Independent of prices.

Every list reads the whole table, because it is sorted or filtered afterwards. The item of a Dwipp holds the emails of
all members with an upvote or a favorite. So every reaction reads and writes the whole item.

In these respects, the model favors the baseline design:

- No Scan is throttled, although a partition returns at most 24 MB per second.
- Every Scan fits into the function's memory.
- No concurrent upvotes are lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from benchmarks.capacity_units import CapacityUnits
from benchmarks.popularity import Popularity
from benchmarks.usage import StoredBytes, Unsupported, Usage, estimate_milliseconds
from benchmarks.workload import LOG_IN, PAGES, REACTIONS, WRITES, Workload

_READ_BYTES = 4096
_WRITE_BYTES = 1024
_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class BaselineParameters:
    """The sizes and times that the model assumes.

    Attributes:
        item_bytes: the size of a Dwipp of 280 characters without reactions. DynamoDB Local charges 63 RRU for a Scan of
            a thousand.
        email_bytes: the size of each reaction. DynamoDB Local charges 245 WRU for a write of an item with 10,000.
        max_item_bytes: DynamoDB's quota for an item.
        megabyte_milliseconds: the time for a page of a Scan, which has a megabyte. This time is short for a Scan.
        timeout_milliseconds: API Gateway's timeout.
    """

    item_bytes: int = 516
    email_bytes: int = 25
    max_item_bytes: int = 400 * 1024
    megabyte_milliseconds: float = 20.0
    timeout_milliseconds: float = 29_000.0

    @property
    def max_reactions(self) -> int:
        """Return the number of reactions that an item can hold."""
        return (self.max_item_bytes - self.item_bytes) // self.email_bytes

    def calculate_item_size(self, reactions: float) -> float:
        """Return the bytes of a Dwipp with this number of reactions."""
        return self.item_bytes + self.email_bytes * reactions

    def calculate_put_units(self, reactions: float = 0) -> CapacityUnits:
        """Return the capacity of a write of an item with this number of reactions."""
        return CapacityUnits(write=ceil(self.calculate_item_size(reactions) / _WRITE_BYTES))

    def calculate_update_units(self, reactions: float) -> CapacityUnits:
        """Return the capacity of a read and a write of an item with this number of reactions."""
        return replace(
            self.calculate_put_units(reactions), read=calculate_read_units(self.calculate_item_size(reactions))
        )


@dataclass(frozen=True, slots=True)
class BaselineModel:
    """A model of the resources that the baseline design uses.

    Attributes:
        parameters: the assumed sizes and times.
        milliseconds: the duration of Dwipper's function by operation. The time of a Scan is added to it.
        workload: the requests of the members.
    """

    parameters: BaselineParameters
    milliseconds: Mapping[str, float]
    workload: Workload

    def estimate_usage(self, operation: str, members: float) -> Usage | Unsupported:
        """Return the average resources of one call, or Unsupported if it takes longer than the timeout."""
        parameters, milliseconds = self.parameters, estimate_milliseconds(operation, self.milliseconds)
        popularity = self._popularity(members, parameters.max_reactions)
        mean = popularity.total_reactions / popularity.dwipps
        if operation == LOG_IN:
            return Usage(CapacityUnits(), milliseconds)
        if operation in PAGES:
            return self._scan(self.workload.count_dwipps(members) * parameters.calculate_item_size(mean), milliseconds)
        if operation in WRITES:
            return Usage(parameters.calculate_put_units(), milliseconds)
        if operation in REACTIONS:
            units = parameters.calculate_update_units(popularity.mean_earlier_reactions)
            return Usage(units, milliseconds, self._refused_share(members))
        if operation == "one Dwipp":
            read = calculate_read_units(parameters.calculate_item_size(popularity.mean_earlier_reactions))
            return Usage(CapacityUnits(read=read), milliseconds)
        return Usage(parameters.calculate_update_units(mean), milliseconds)

    def estimate_storage(self, members: float) -> StoredBytes:
        """Return the bytes of all Dwipps with their emails. DynamoDB adds an overhead of 100 to each item."""
        popularity = self._popularity(members, self.parameters.max_reactions)
        mean = self.parameters.calculate_item_size(popularity.total_reactions / popularity.dwipps)
        return StoredBytes(tables=self.workload.count_dwipps(members) * (mean + 100))

    def _scan(self, table_bytes: float, function_milliseconds: float) -> Usage | Unsupported:
        milliseconds = function_milliseconds + table_bytes / _MEGABYTE * self.parameters.megabyte_milliseconds
        if milliseconds > self.parameters.timeout_milliseconds:
            return Unsupported(f"a Scan of {table_bytes / 2**30:,.1f} GB takes {milliseconds / 1000:,.0f} s")
        return Usage(CapacityUnits(read=calculate_read_units(table_bytes)), milliseconds)

    def _popularity(self, members: float, max_reactions: float) -> Popularity:
        active_members = self.workload.count_active_members(members)  # No member reacts to a Dwipp twice.
        dwipps = self.workload.count_monthly_dwipps(members)
        return Popularity(dwipps, self.workload.reactions_per_dwipp, min(active_members, max_reactions))

    def _refused_share(self, members: float) -> float:
        """Return the share of reactions that are refused because the item is full."""
        unlimited = self._popularity(members, self.workload.count_active_members(members))
        stored = self._popularity(members, self.parameters.max_reactions)
        return 1 - stored.total_reactions / unlimited.total_reactions


def calculate_read_units(size: float) -> float:
    """Return the capacity of an eventually consistent read of this number of bytes: half that of a consistent read."""
    return ceil(size / _READ_BYTES) / 2
