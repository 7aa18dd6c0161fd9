"""Dwipps and snapshots of ranked lists, written to the tables directly."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.aws.clients import dynamodb_client
from app.aws.timestamps import now, to_milliseconds
from app.dwipps.ids import feed_shard, new_id
from app.rankings.lists import LISTS, ListName
from app.rankings.snapshots import Pointer, SnapshotRepository
from app.settings import Settings
from testkit.engine import write_rows

_MODULES = ("renewal", "runs", "schedule", "snapshots")


@dataclass(slots=True)
class RankingTime:
    """The current time of the rankings in this process."""

    value: datetime

    def __call__(self) -> datetime:
        return self.value

    def pass_time(self, **units: float) -> None:
        """Let time pass, such as `minutes=5`."""
        self.value += timedelta(**units)


@contextmanager
def stop_time(moment: datetime | None = None) -> Iterator[RankingTime]:
    """Stop the time of the rankings until the block ends, at this moment or now."""
    time = RankingTime(moment or now())
    with pytest.MonkeyPatch.context() as patch:
        for module in _MODULES:
            patch.setattr(f"app.rankings.{module}.now", time)
        yield time


@dataclass(frozen=True, slots=True)
class NewDwipp:
    """A Dwipp to write.

    Attributes:
        age: its age at the moment of the write.
        upvotes: the number of its upvotes. No member has a reaction to it.
        author: the handle of its author.
        text: its text.
    """

    age: timedelta
    upvotes: int = 0
    author: str = "kay"
    text: str = "Hm."


def make_id(moment: datetime) -> str:
    """Return a UUIDv7 with this time."""
    milliseconds = round(moment.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | UUID(new_id()).int % 2**80))


def write_dwipps(settings: Settings, dwipps: Sequence[NewDwipp], moment: datetime | None = None) -> list[str]:
    """Write Dwipps, and return their ids in the same order.

    Args:
        settings: the settings of the tables.
        dwipps: the Dwipps.
        moment: the moment from which ages count, by default now.
    """
    moment = moment or datetime.now(UTC)
    ids = [make_id(moment - dwipp.age) for dwipp in dwipps]
    rows = (_make_row(settings, dwipp_id, dwipp) for dwipp_id, dwipp in zip(ids, dwipps, strict=True))
    write_rows(dynamodb_client(settings.region), settings.dwipps_table, rows)
    return ids


def skip_renewals(client: Any, settings: Settings) -> None:
    """Give each list a pointer as of now, without a snapshot. So no list is due for some minutes.

    Args:
        client: a client of DynamoDB.
        settings: the settings of the tables.
    """
    snapshots = SnapshotRepository(client, settings.safety_table)
    for ranked in LISTS.values():
        request = snapshots.move_request(ranked.name, None, Pointer(now()))
        client.put_item(TableName=request["TableName"], Item=request["Item"])


def write_snapshot(client: Any, settings: Settings, name: ListName, ids: Sequence[str]) -> None:
    """Write a snapshot with these ids in this order, and move the pointer to it."""
    snapshots = SnapshotRepository(client, settings.safety_table)
    as_of = to_milliseconds(now())
    snapshots.put(name, as_of, [UUID(dwipp_id).bytes for dwipp_id in ids])
    client.put_item(**snapshots.move_request(name, snapshots.get_pointer(name), Pointer(as_of)))


def _make_row(settings: Settings, dwipp_id: str, dwipp: NewDwipp) -> dict[str, Any]:
    return {
        "dwipp_id": dwipp_id,
        "author_handle": dwipp.author,
        "feed_shard": feed_shard(dwipp_id, settings.feed_shards),
        "text": dwipp.text,
        "version": 1,
        "upvotes": dwipp.upvotes,
    }
