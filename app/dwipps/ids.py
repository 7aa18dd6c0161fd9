"""Ids of Dwipps: UUIDv7 (RFC 9562, section 5.7), which sort by time. Imports nothing of Dwipper."""

import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# No id is lower or higher.
MIN_ID, MAX_ID = (str(UUID(int=value)) for value in (0, 2**128 - 1))


def new_id() -> str:
    """Return a new UUIDv7: 48 bits of milliseconds since 1970, and 74 random bits. Python has its own from 3.14 on."""
    milliseconds = time.time_ns() // 1_000_000
    bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=bits))


def is_id(value: str) -> bool:
    """Return True if the value is a UUIDv7 in canonical form."""
    return _CANONICAL.fullmatch(value) is not None


def creation_time(dwipp_id: str) -> datetime:
    """Return the time in an id, in UTC, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=milliseconds(dwipp_id))


def milliseconds(dwipp_id: str) -> int:
    """Return the time in an id, in milliseconds since 1970. A time far in the future is no `datetime`."""
    return UUID(dwipp_id).int >> 80


def lowest_id(moment: int) -> str:
    """Return the lowest id of a moment in milliseconds since 1970."""
    return str(UUID(int=moment << 80 | 0x7 << 76 | 0b10 << 62))


def highest_id(moment: int) -> str:
    """Return the highest id of a moment in milliseconds since 1970."""
    return str(UUID(int=moment << 80 | 0x7FFF << 64 | 0b10 << 62 | (1 << 62) - 1))


def bound_below(dwipp_id: str) -> str:
    """Return the UUID before an id, as the inclusive end of a range. It may have another version."""
    return str(UUID(int=UUID(dwipp_id).int - 1))


def bound_above(dwipp_id: str) -> str:
    """Return the UUID after an id, as the inclusive start of a range. It may have another version."""
    return str(UUID(int=UUID(dwipp_id).int + 1))


def feed_shard(dwipp_id: str, shards: int) -> int:
    """Return the partition of the feed for a Dwipp, derived from the random bits of the id."""
    return int(dwipp_id[-8:], 16) % shards
