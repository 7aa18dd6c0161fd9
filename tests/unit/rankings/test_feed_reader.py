"""A period is read once, by shard, at most at 500 read units in any second."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from app.rankings import feed_reader
from app.rankings.feed_reader import MAX_UNITS_PER_QUERY, MAX_UNITS_PER_SECOND, FeedReader, position_at
from testkit.doubles import Clock
from testkit.rankings import make_id

END = datetime(2026, 11, 26, 8, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(feed_reader, "time", clock)
    return clock


def _respond(pages: int, units: float) -> Iterator[Any]:
    """Yield a response for each query. Each consumes these units."""
    for number in range(pages):
        dwipp_id = make_id(END - timedelta(minutes=pages - number))
        response: dict[str, Any] = {"Items": [{"dwipp_id": {"S": dwipp_id}, "upvotes": {"N": "3"}}]}
        response |= {"ConsumedCapacity": {"CapacityUnits": units}} if units else {}
        response |= {"LastEvaluatedKey": {"dwipp_id": {"S": dwipp_id}}} if number < pages - 1 else {}
        yield response


def _read_at_times(
    clock: Clock, units: float, seconds: float, pages: int = 40, *, is_interrupted: bool = False
) -> list[float]:
    """Read a shard. Return the time at which each query consumed its units.

    Args:
        clock: the clock of the reader.
        units: the units of a query.
        seconds: the time of a query before it consumes its units, and again after it.
        pages: the number of queries.
        is_interrupted: True if another read continues after each slice.
    """
    times: list[float] = []
    responses = _respond(pages, units)

    def query(**_: Any) -> Any:
        clock.sleep(seconds)
        times.append(clock.now)
        clock.sleep(seconds)
        return next(responses)

    reader = FeedReader(Mock(query=query), "dwipps", 1)
    position, end = position_at(END - timedelta(days=1)), position_at(END)
    if not is_interrupted:
        assert len(list(reader.iter_slices(0, position, end))) == pages
    while position != end and is_interrupted:
        position = next(reader.iter_slices(0, position, end)).position
    assert len(times) == pages
    return times


@pytest.mark.parametrize("units", [MAX_UNITS_PER_QUERY, 100, 0.5])
@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.3, 2.0])
@pytest.mark.parametrize("is_interrupted", [False, True])
def test_no_second_has_more_read_units_than_the_bound(
    units: float, seconds: float, clock: Clock, *, is_interrupted: bool
) -> None:
    times = _read_at_times(clock, units, seconds, is_interrupted=is_interrupted)
    for start in times:
        assert units * sum(start <= moment < start + 1 for moment in times) <= MAX_UNITS_PER_SECOND


def test_slow_reads_have_no_pause(clock: Clock) -> None:
    _read_at_times(clock, MAX_UNITS_PER_QUERY, seconds=2.0, pages=3)
    assert {pause for pause in clock.pauses if pause not in (2.0, 0.0)} == set()


def test_store_that_reports_no_units_is_read(clock: Clock) -> None:
    assert len(_read_at_times(clock, units=0, seconds=0.0, pages=3)) == 3


class TestPositions:
    def test_position_is_before_the_ids_of_its_millisecond(self) -> None:
        assert position_at(END) < make_id(END)
        assert make_id(END - MILLISECOND) < position_at(END)

    def test_position_of_the_epoch_is_before_all_ids(self) -> None:
        assert position_at(datetime(1970, 1, 1, tzinfo=UTC)) == "00000000-0000"

    @pytest.mark.usefixtures("clock")
    def test_read_resumes_directly_after_the_last_dwipp(self) -> None:
        client = Mock()
        last, following = sorted(make_id(END - MILLISECOND) for _ in range(2))
        client.query.side_effect = [
            {"Items": [], "LastEvaluatedKey": {"dwipp_id": {"S": last}}},
            {"Items": []},
        ]
        first, second = FeedReader(client, "dwipps", 1).iter_slices(0, position_at(END - MILLISECOND), position_at(END))
        assert last < first.position < following
        assert second.position == position_at(END)
