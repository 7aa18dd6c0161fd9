"""The first page of the feed is cached. A walk from a cached page returns each Dwipp older than the cache time."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import Container
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.models import Dwipp
from app.errors import UnavailableError
from testkit.doubles import SETTINGS, Clock
from testkit.hypothesis_settings import without_deadline


class Table:
    """A table of Dwipps, newest first, which counts its reads."""

    def __init__(self, count: int = 0) -> None:
        self.ids: list[str] = []
        self.reads = 0
        self._numbers = iter(range(10**6))
        for _ in range(count):
            self.write()

    def write(self) -> None:
        self.ids.insert(0, f"{next(self._numbers):09}")

    def delete(self) -> None:
        del self.ids[:1]

    def read(self, limit: int, before: str | None) -> list[Dwipp]:
        self.reads += 1
        below = [dwipp_id for dwipp_id in self.ids if before is None or dwipp_id < before]
        return [Dwipp(dwipp_id, "Hm.", "kay", version=1, upvotes=0, edited_at=None) for dwipp_id in below[:limit]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.dwipps.feed_cache.time", clock)
    return clock


def get_ids(dwipps: list[Dwipp]) -> list[str]:
    return [dwipp.id for dwipp in dwipps]


class TestFeedPageCache:
    def test_page_is_cached_until_it_expires(self, clock: Clock) -> None:
        table = Table(3)
        cache = FeedPageCache(table.read, seconds=0.5)
        first = get_ids(cache(2, None))
        table.write()
        clock.now += 0.49
        assert get_ids(cache(2, None)) == first
        assert table.reads == 1

    def test_expired_page_is_read_again(self, clock: Clock) -> None:
        table = Table(3)
        cache = FeedPageCache(table.read, seconds=0.5)
        cache(2, None)
        table.write()
        clock.now += 0.5
        assert get_ids(cache(2, None)) == table.ids[:2]

    def test_age_counts_from_before_the_read(self, clock: Clock) -> None:
        table = Table(3)

        def slow_read(limit: int, before: str | None) -> list[Dwipp]:
            page = table.read(limit, before)
            clock.now += 0.4
            return page

        cache = FeedPageCache(slow_read, seconds=0.5)
        cache(2, None)
        clock.now += 0.1
        cache(2, None)
        assert table.reads == 2

    def test_clock_set_back_expires_the_page(self, clock: Clock) -> None:
        table = Table(3)
        cache = FeedPageCache(table.read, seconds=0.5)
        cache(2, None)
        clock.now -= 60
        cache(2, None)
        assert table.reads == 2

    def test_expired_pages_are_dropped(self, clock: Clock) -> None:
        cache = FeedPageCache(Table(9).read, seconds=0.5)
        for limit in (2, 5, 7):
            cache(limit, None)
        clock.now += 1
        cache(2, None)
        assert list(cache._pages) == [2]

    @pytest.mark.usefixtures("clock")
    def test_each_limit_has_its_own_page(self) -> None:
        table = Table(9)
        cache = FeedPageCache(table.read, seconds=0.5)
        assert [len(cache(limit, None)) for limit in (2, 5, 2, 5)] == [2, 5, 2, 5]
        assert table.reads == 2

    @pytest.mark.usefixtures("clock")
    def test_pages_after_a_cursor_are_not_cached(self) -> None:
        table = Table(9)
        cache = FeedPageCache(table.read, seconds=0.5)
        before = get_ids(cache(2, None))[-1]
        for _ in range(3):
            assert get_ids(cache(2, before)) == table.ids[2:4]
        assert table.reads == 4

    def test_zero_seconds_disable_the_cache(self) -> None:
        table = Table(3)
        cache = FeedPageCache(table.read, seconds=0)
        for _ in range(3):
            cache(2, None)
        assert table.reads == 3

    @pytest.mark.usefixtures("clock")
    def test_failed_read_is_not_cached(self) -> None:
        table = Table(3)
        failures = iter([True, False])

        def read(limit: int, before: str | None) -> list[Dwipp]:
            if next(failures):
                raise UnavailableError
            return table.read(limit, before)

        cache = FeedPageCache(read, seconds=0.5)
        with pytest.raises(UnavailableError):
            cache(2, None)
        assert len(cache(2, None)) == 2

    @without_deadline
    @given(st.lists(st.sampled_from(["write", "delete", "wait", "read", "step"]), max_size=60))
    def test_walk_returns_each_dwipp_older_than_the_cache_time_once(self, events: list[str]) -> None:
        table, clock = Table(5), Clock()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.dwipps.feed_cache.time", clock)
            cache = FeedPageCache(table.read, seconds=0.5)
            cache(2, None)
            first_seen = dict.fromkeys(table.ids, clock.now)
            walked: list[str] = []
            walk_start: float | None = None
            for event in [*events, *["step"] * 80]:
                clock.now += 0.1
                match event:
                    case "write":
                        table.write()
                    case "delete":
                        table.delete()
                    case "read":
                        cache(2, None)
                    case "step":
                        walk_start = walk_start or clock.now
                        walked += get_ids(cache(2, walked[-1] if walked else None))
                first_seen |= {dwipp_id: clock.now for dwipp_id in table.ids if dwipp_id not in first_seen}
            assert len(walked) == len(set(walked))
            expected = {dwipp_id for dwipp_id in table.ids if walk_start and first_seen[dwipp_id] < walk_start - 0.5}
            assert expected <= set(walked)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("seconds", "reads"), [(0, 3), (0.5, 1)])
def test_settings_set_the_cache_time_for_the_feed(seconds: float, reads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(3)
    monkeypatch.setattr(
        "app.dwipps.repository.DwippRepository.list_recent", lambda _, *arguments: table.read(*arguments)
    )
    container = Container(dataclasses.replace(SETTINGS, feed_cache_seconds=seconds))
    for _ in range(3):
        container.feed._cache(2, None)
    assert table.reads == reads
