"""The best Dwipps that a run has read so far. Imports only the lists."""

import heapq
import struct
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Self

from app.rankings.lists import Score

# The number of Dwipps in a snapshot.
MAX_RANKED = 500

_MILLISECONDS_PER_HOUR = 3_600_000
# An id in 16 bytes, and its upvotes.
_ROW = struct.Struct(">16sq")


class Candidates:
    """The best Dwipps among those that were added, at most `MAX_RANKED`.

    Ids are packed into 16 bytes. Packed UUIDv7 sort like their texts: by time.

    Args:
        score: the score of the list.
        as_of: the time of the snapshot, from which ages count.
    """

    def __init__(self, score: Score, as_of: datetime) -> None:
        self._score = score
        self._as_of = round(as_of.timestamp() * 1000)
        self._heap: list[tuple[float, bytes, int]] = []  # The worst one first.

    @classmethod
    def unpack(cls, score: Score, as_of: datetime, packed: bytes) -> Self:
        """Return the candidates that `pack` packed."""
        candidates = cls(score, as_of)
        candidates.add(_ROW.iter_unpack(packed))
        return candidates

    def pack(self) -> bytes:
        """Return the candidates in 24 bytes each."""
        return b"".join(_ROW.pack(dwipp_id, upvotes) for dwipp_id, upvotes in self)

    def add(self, dwipps: Iterable[tuple[bytes, int]]) -> None:
        """Add Dwipps that were not added before, each with its packed id and its upvotes."""
        for dwipp_id, upvotes in dwipps:
            # The first 48 bits of a UUIDv7 are its time in milliseconds (RFC 9562, section 5.7).
            age = self._as_of - int.from_bytes(dwipp_id[:6], "big")
            entry = (self._score(upvotes, age / _MILLISECONDS_PER_HOUR), dwipp_id, upvotes)
            if len(self._heap) < MAX_RANKED:
                heapq.heappush(self._heap, entry)
            else:
                heapq.heappushpop(self._heap, entry)

    def rank(self) -> list[bytes]:
        """Return the packed ids: the highest score first, and of equal scores the newest Dwipp."""
        return [dwipp_id for _, dwipp_id, _ in sorted(self._heap, reverse=True)]

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        return ((dwipp_id, upvotes) for _, dwipp_id, upvotes in self._heap)

    def __len__(self) -> int:
        return len(self._heap)
