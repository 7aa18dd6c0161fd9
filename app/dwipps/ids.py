"""Ids of Dwipps: UUIDv7 (RFC 9562, section 5.7), which sort by time; imports nothing of Dwipper."""

import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id() -> str:
    """A UUIDv7: 48 bits of milliseconds since 1970, then 74 random bits; Python has its own from 3.14 on."""
    milliseconds = time.time_ns() // 1_000_000
    bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=bits))


def is_id(value: str) -> bool:
    """Whether this is the canonical form of a UUIDv7, the only one that ids have."""
    return _CANONICAL.fullmatch(value) is not None


def time_of(dwipp_id: str) -> datetime:
    """When the id was made, in UTC, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=UUID(dwipp_id).int >> 80)


def shard_of(dwipp_id: str, shards: int) -> int:
    """The partition of the feed that holds the Dwipp, from the id's random bits."""
    return int(dwipp_id[-8:], 16) % shards
