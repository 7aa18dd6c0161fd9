"""Timestamps are strings that sort by time, and parse to the same time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.aws.timestamps import from_text, is_timestamp, now, to_text
from testkit.hypothesis_settings import without_deadline

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@without_deadline
@given(TIMES)
def test_time_round_trips(moment: datetime) -> None:
    assert from_text(to_text(moment)) == moment
    assert is_timestamp(to_text(moment))


@without_deadline
@given(TIMES, TIMES)
def test_texts_sort_by_time(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) is (one < other)


def test_text_is_in_utc() -> None:
    moment = datetime(2026, 7, 1, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    assert to_text(moment) == "2026-07-01T00:30:00.000000Z"


def test_now_is_the_current_time_in_utc() -> None:
    assert now().tzinfo is UTC
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-07-01",
        "2026-07-01T00:30:00Z",
        "2026-07-01T00:30:00.000Z",
        "2026-7-1T00:30:00.000000Z",
        "2026-07-01T00:30:00.000000+00:00",
        "2026-07-01T00:30:00.000000z",
        "2026-07-01 00:30:00.000000Z",
        "2026-02-30T00:30:00.000000Z",
        "2026-07-01T00:30:00.000000Z ",
        "0001-01-01T00:00:00.000000Z",
        "٢٠٢٦-07-01T00:30:00.000000Z",
    ],
)
def test_other_forms_are_not_timestamps(text: str) -> None:
    assert not is_timestamp(text)


@without_deadline
@given(st.text(max_size=40))
def test_any_text_is_checked_without_an_error(text: str) -> None:
    assert is_timestamp(text) in (True, False)
