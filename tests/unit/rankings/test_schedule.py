"""A list is due after its interval, and on a small site every five minutes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.rankings.lists import LISTS, SMALL_SITE_DWIPPS
from app.rankings.schedule import RankingSchedule
from app.rankings.snapshots import Pointer, SnapshotRepository
from testkit.rankings import RankingTime

ALL = ["hot", "day", "week", "month", "all"]
# `as_of` is a moment after the sweep.
DELAY = timedelta(seconds=3)


class Site:
    """A site with some Dwipps, whose lists are renewed as soon as they are due."""

    def __init__(self, client: Any, table: str, dwipps: int) -> None:
        self._client = client
        self._snapshots = SnapshotRepository(client, table)
        self._dwipps = dwipps
        self.schedule = RankingSchedule(self._snapshots)

    def renew(self, name: Any, as_of: datetime) -> None:
        request = self._snapshots.move_request(name, None, Pointer(as_of, self._dwipps))
        self._client.put_item(TableName=request["TableName"], Item=request["Item"])

    def sweep(self, moment: datetime) -> list[str]:
        due = list(self.schedule.iter_due())
        for name in due:
            self.renew(name, moment + DELAY)
        return due


@pytest.fixture
def small(client: Any, table: str) -> Site:
    return Site(client, table, SMALL_SITE_DWIPPS - 1)


@pytest.fixture
def large(client: Any, table: str) -> Site:
    return Site(client, table, SMALL_SITE_DWIPPS)


def test_all_lists_of_a_new_site_are_due(large: Site, time: RankingTime) -> None:
    assert list(large.schedule.iter_due()) == ALL


def test_all_lists_of_a_small_site_are_due_at_each_sweep(small: Site, time: RankingTime) -> None:
    for _ in range(4):
        assert small.sweep(time.value) == ALL
        time.pass_time(minutes=5)


@pytest.mark.slow
def test_lists_of_a_large_site_are_due_after_their_intervals(large: Site, time: RankingTime) -> None:
    counts = dict.fromkeys(ALL, 0)
    for _ in range(2 * 24 * 12):  # Two days.
        for name in large.sweep(time.value):
            counts[name] += 1
        time.pass_time(minutes=5)
    assert counts == {"hot": 576, "day": 576, "week": 48, "month": 2, "all": 2}


def test_list_is_not_due_shortly_after_its_snapshot(small: Site, time: RankingTime) -> None:
    small.sweep(time.value)
    time.pass_time(minutes=2)
    assert list(small.schedule.iter_due()) == []


def test_only_the_missing_list_of_a_site_of_unknown_size_is_due(large: Site, time: RankingTime) -> None:
    """The size of a site is unknown until its first lap ends."""
    for name in ("week", "month"):
        large.renew(name, time.value)
    time.pass_time(minutes=30)
    assert list(large.schedule.iter_due()) == ["hot", "day", "all"]


def test_intervals_are_those_of_the_contract() -> None:
    minutes = {name: ranked.interval.total_seconds() / 60 for name, ranked in LISTS.items()}
    assert minutes == {"hot": 5, "day": 5, "week": 60, "month": 1440, "all": 1440}
    days = {name: ranked.period.days if ranked.period else None for name, ranked in LISTS.items()}
    assert days == {"hot": 3, "day": 1, "week": 7, "month": 30, "all": None}
