"""What the usual first design takes as its site grows: a Scan for every list, emails inside the item; knows no price.

Every list reads the whole table, since it is sorted or filtered afterwards; who upvoted, and whose favorite it is, is a
list of emails in the Dwipp, so whoever reacts has it read and written anew. Where there was a choice it is in favour of
this design: no Scan is throttled though a partition gives away 24 MB a second at most, all Scans fit into the
function's memory, nobody loses an upvote to somebody else's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from benchmarks.designs import Units
from benchmarks.popularity import Popularity
from benchmarks.work import Stop, Stored, Work, milliseconds_of
from benchmarks.workload import LOG_IN, PAGES, REACTIONS, WRITES, Mix

_READ_BYTES = 4096
_WRITE_BYTES = 1024
_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Usual:
    """How large and how quick the usual design's items are; what is not measured is assumed.

    Args:
        item_bytes: a Dwipp of 280 characters without reactions: DynamoDB Local takes 63 RRU for a Scan of a thousand.
        email_bytes: what one more reaction adds; DynamoDB Local takes 245 WRU where there are 10,000.
        item_limit: what an item may have, by DynamoDB's quota.
        megabyte_milliseconds: a page of a Scan, which is a megabyte; assumed, and quick.
        longest_milliseconds: after which API Gateway gives up.
    """

    item_bytes: int = 516
    email_bytes: int = 25
    item_limit: int = 400 * 1024
    megabyte_milliseconds: float = 20.0
    longest_milliseconds: float = 29_000.0

    @property
    def places(self) -> int:
        """How many reactions an item has room for."""
        return (self.item_limit - self.item_bytes) // self.email_bytes

    def item(self, reactions: float) -> float:
        """Bytes of a Dwipp with so many reactions."""
        return self.item_bytes + self.email_bytes * reactions

    def written(self, reactions: float = 0) -> Units:
        """What it takes to write it as new."""
        return Units(written=ceil(self.item(reactions) / _WRITE_BYTES))

    def changed(self, reactions: float) -> Units:
        """What it takes to read it and to write it again, of which no byte is spared."""
        return replace(self.written(reactions), read=read(self.item(reactions)))


@dataclass(frozen=True, slots=True)
class Growing:
    """The usual design on a site of any size, with Dwipper's own milliseconds for what is not a Scan."""

    usual: Usual
    milliseconds: Mapping[str, float]
    mix: Mix

    def work(self, operation: str, members: float) -> Work | Stop:
        """What one call takes on average, or why it does not end."""
        usual, taken = self.usual, milliseconds_of(operation, self.milliseconds)
        popularity = self._popularity(members, usual.places)
        mean = popularity.reactions / popularity.dwipps
        if operation == LOG_IN:
            return Work(Units(), taken)
        if operation in PAGES:
            return self._scan(self.mix.dwipps(members) * usual.item(mean), taken)
        if operation in WRITES:
            return Work(usual.written(), taken)
        if operation in REACTIONS:
            return Work(usual.changed(popularity.met), taken, self._refused(members))
        if operation == "one Dwipp":
            return Work(Units(read=read(usual.item(popularity.met))), taken)
        return Work(usual.changed(mean), taken)

    def stored(self, members: float) -> Stored:
        """What is kept: a year's Dwipps with their lists."""
        popularity = self._popularity(members, self.usual.places)
        mean = self.usual.item(popularity.reactions / popularity.dwipps)
        return Stored(tables=self.mix.dwipps(members) * (mean + 100))

    def _scan(self, size: float, taken: float) -> Work | Stop:
        milliseconds = taken + size / _MEGABYTE * self.usual.megabyte_milliseconds
        if milliseconds > self.usual.longest_milliseconds:
            return Stop(f"a Scan of {size / 2**30:,.1f} GB takes {milliseconds / 1000:,.0f} s")
        return Work(Units(read=read(size)), milliseconds)

    def _popularity(self, members: float, places: float) -> Popularity:
        people = self.mix.active_members(members)  # Nobody reacts to a Dwipp twice.
        return Popularity(self.mix.written(members), self.mix.reactions_per_dwipp, min(people, places))

    def _refused(self, members: float) -> float:
        """The share of reactions whose Dwipp is full."""
        endless = self._popularity(members, self.mix.active_members(members))
        return 1 - self._popularity(members, self.usual.places).reactions / endless.reactions


def read(size: float) -> float:
    """Units of an eventually consistent read of so many bytes, which is half price."""
    return ceil(size / _READ_BYTES) / 2
