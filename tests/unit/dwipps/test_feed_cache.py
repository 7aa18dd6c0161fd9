"""The newest Dwipps are read once for all who ask within a moment; a walk from what was kept shows all that it must."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import build_container
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.repository import Dwipp
from app.errors import UnavailableError
from testkit.doubles import SETTINGS
from testkit.hypothesis_settings import unhurried


class Table:
    """Dwipps, the newest first, and how often they were read."""

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
        below = [each for each in self.ids if before is None or each < before]
        return [Dwipp(each, "Hm.", "kay", version=1, upvotes=0, edited_at=None) for each in below[:limit]]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.dwipps.feed_cache.time", clock)
    return clock


def ids(dwipps: list[Dwipp]) -> list[str]:
    return [dwipp.id for dwipp in dwipps]


class TestNewestDwipps:
    def test_for_a_moment_they_are_as_they_were(self, clock: Clock) -> None:
        table = Table(3)
        newest = FeedPageCache(table.read, seconds=0.5)
        first = ids(newest(2, None))
        table.write()
        clock.now += 0.49
        assert ids(newest(2, None)) == first
        assert table.reads == 1

    def test_after_it_they_are_read_again(self, clock: Clock) -> None:
        table = Table(3)
        newest = FeedPageCache(table.read, seconds=0.5)
        newest(2, None)
        table.write()
        clock.now += 0.5
        assert ids(newest(2, None)) == table.ids[:2]

    def test_the_moment_begins_before_they_are_read(self, clock: Clock) -> None:
        table = Table(3)

        def slow(limit: int, before: str | None) -> list[Dwipp]:
            found = table.read(limit, before)
            clock.now += 0.4
            return found

        newest = FeedPageCache(slow, seconds=0.5)
        newest(2, None)
        clock.now += 0.1
        newest(2, None)
        assert table.reads == 2

    def test_a_clock_that_was_set_back_shows_nothing_older(self, clock: Clock) -> None:
        table = Table(3)
        newest = FeedPageCache(table.read, seconds=0.5)
        newest(2, None)
        clock.now -= 60
        newest(2, None)
        assert table.reads == 2

    def test_what_is_too_old_is_not_kept_at_all(self, clock: Clock) -> None:
        newest = FeedPageCache(Table(9).read, seconds=0.5)
        for limit in (2, 5, 7):
            newest(limit, None)
        clock.now += 1
        newest(2, None)
        assert list(newest._pages) == [2]

    @pytest.mark.usefixtures("clock")
    def test_pages_of_another_length_are_read(self) -> None:
        table = Table(9)
        newest = FeedPageCache(table.read, seconds=0.5)
        assert [len(newest(limit, None)) for limit in (2, 5, 2, 5)] == [2, 5, 2, 5]
        assert table.reads == 2

    @pytest.mark.usefixtures("clock")
    def test_pages_behind_a_cursor_are_always_read(self) -> None:
        table = Table(9)
        newest = FeedPageCache(table.read, seconds=0.5)
        before = ids(newest(2, None))[-1]
        for _ in range(3):
            assert ids(newest(2, before)) == table.ids[2:4]
        assert table.reads == 4

    def test_without_a_moment_nothing_is_kept(self) -> None:
        table = Table(3)
        newest = FeedPageCache(table.read, seconds=0)
        for _ in range(3):
            newest(2, None)
        assert table.reads == 3

    @pytest.mark.usefixtures("clock")
    def test_what_could_not_be_read_is_not_kept(self) -> None:
        table = Table(3)
        failures = iter([True, False])

        def read(limit: int, before: str | None) -> list[Dwipp]:
            if next(failures):
                raise UnavailableError
            return table.read(limit, before)

        newest = FeedPageCache(read, seconds=0.5)
        with pytest.raises(UnavailableError):
            newest(2, None)
        assert len(newest(2, None)) == 2

    @unhurried
    @given(st.lists(st.sampled_from(["write", "delete", "wait", "somebody reads", "step"]), max_size=60))
    def test_a_walk_shows_what_was_there_since_the_moment_before_it_exactly_once(self, happenings: list[str]) -> None:
        table, clock = Table(5), Clock()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.dwipps.feed_cache.time", clock)
            newest = FeedPageCache(table.read, seconds=0.5)
            newest(2, None)
            since = dict.fromkeys(table.ids, clock.now)
            seen: list[str] = []
            begun: float | None = None
            for happening in [*happenings, *["step"] * 80]:
                clock.now += 0.1
                match happening:
                    case "write":
                        table.write()
                    case "delete":
                        table.delete()
                    case "somebody reads":
                        newest(2, None)
                    case "step":
                        begun = begun or clock.now
                        seen += ids(newest(2, seen[-1] if seen else None))
                since |= {each: clock.now for each in table.ids if each not in since}
            assert len(seen) == len(set(seen))
            there = {each for each in table.ids if begun and since[each] < begun - 0.5}
            assert there <= set(seen)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("seconds", "reads"), [(0, 3), (0.5, 1)])
def test_the_feed_keeps_them_as_long_as_the_settings_say(
    seconds: float, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(3)
    monkeypatch.setattr("app.dwipps.repository.DwippRepository.list_recent", lambda _, *where: table.read(*where))
    services = build_container(dataclasses.replace(SETTINGS, feed_cache_seconds=seconds))
    for _ in range(3):
        services.feed._cache(2, None)
    assert table.reads == reads
