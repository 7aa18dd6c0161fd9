"""Times as texts sort as times do, and come back as they were."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.aws.timestamps import from_text, is_timestamp, now, to_text
from testkit.hypothesis_settings import unhurried

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@unhurried
@given(MOMENTS)
def test_a_moment_comes_back_from_its_text(moment: datetime) -> None:
    assert from_text(to_text(moment)) == moment
    assert is_timestamp(to_text(moment))


@unhurried
@given(MOMENTS, MOMENTS)
def test_texts_sort_by_time(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) is (one < other)


def test_the_text_is_in_utc_whatever_the_zone() -> None:
    moment = datetime(2026, 7, 1, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    assert to_text(moment) == "2026-07-01T00:30:00.000000Z"


def test_now_is_now_and_in_utc() -> None:
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
def test_no_other_text_is_one(text: str) -> None:
    assert not is_timestamp(text)


@unhurried
@given(st.text(max_size=40))
def test_any_text_is_one_or_none_without_an_error(text: str) -> None:
    assert is_timestamp(text) in (True, False)
