"""Windows are the hour and the day of UTC, and header fields have the form of the IETF's draft."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.limits.policies import Limit, Usage, WindowName, format_fields, make_policies, retry_after_seconds
from app.settings import MemberLimits

MOMENT = datetime(2026, 11, 26, 10, 40, tzinfo=UTC)
MAX_TIME = datetime(9000, 1, 1)  # noqa: DTZ001 -- Hypothesis adds the time zone
HOUR, DAY = Limit("hour", 30), Limit("day", 200)


def test_default_policies_are_those_of_the_design() -> None:
    assert make_policies(MemberLimits()) == {
        "dwipps": [Limit("hour", 30), Limit("day", 200)],
        "reactions": [Limit("hour", 600)],
        "changes": [Limit("hour", 120)],
        "safety": [Limit("hour", 60)],
        "decisions": [Limit("hour", 300)],
        "suspensions": [Limit("hour", 30)],
    }


def test_zero_turns_a_limit_off() -> None:
    policies = make_policies(MemberLimits(dwipps_hour=0, changes_hour=0))
    assert policies["dwipps"] == [Limit("day", 200)]
    assert policies["changes"] == []
    assert make_policies(MemberLimits(dwipps_day=0))["dwipps"] == [Limit("hour", 30)]


@pytest.mark.parametrize(
    ("window", "moment", "seconds"),
    [
        ("hour", MOMENT, 1200),
        ("day", MOMENT, 48000),
        ("hour", datetime(2026, 11, 26, 10, 0, tzinfo=UTC), 3600),
        ("day", datetime(2026, 11, 26, 0, 0, tzinfo=UTC), 86400),
        ("hour", datetime(2026, 11, 26, 23, 59, 59, 1, tzinfo=UTC), 1),
        ("day", datetime(2026, 11, 26, 23, 59, 58, 999999, tzinfo=UTC), 2),
        ("hour", datetime(2026, 11, 26, 23, 59, 59, 999999, tzinfo=UTC), 1),
    ],
)
def test_remaining_seconds_are_rounded_up(window: WindowName, moment: datetime, seconds: int) -> None:
    assert Limit(window, 1).remaining_seconds(moment) == seconds


@given(st.sampled_from(["hour", "day"]), st.datetimes(timezones=st.just(UTC), max_value=MAX_TIME))
def test_next_window_has_begun_after_the_remaining_seconds(window: WindowName, moment: datetime) -> None:
    left = Limit(window, 1).remaining_seconds(moment)
    pattern = "%Y-%m-%d %H" if window == "hour" else "%Y-%m-%d"
    assert f"{moment + timedelta(seconds=left):{pattern}}" != f"{moment:{pattern}}"
    assert f"{moment + timedelta(seconds=left - 1):{pattern}}" == f"{moment:{pattern}}"


def test_fields_have_the_form_of_the_draft() -> None:
    assert format_fields([Usage(HOUR, 1), Usage(DAY, 1)], MOMENT) == {
        "RateLimit-Policy": '"hour";q=30;w=3600, "day";q=200;w=86400',
        "RateLimit": '"hour";r=29;t=1200, "day";r=199;t=48000',
    }


def test_remaining_writes_are_never_negative() -> None:
    """The operator may have lowered the limit meanwhile."""
    assert format_fields([Usage(HOUR, 31)], MOMENT)["RateLimit"] == '"hour";r=0;t=1200'


def test_no_limits_mean_no_fields() -> None:
    assert format_fields([], MOMENT) == {}


@pytest.mark.parametrize(("hour", "day", "seconds"), [(30, 30, 1200), (29, 200, 48000), (30, 200, 48000)])
def test_retry_after_is_the_end_of_the_last_used_up_window(hour: int, day: int, seconds: int) -> None:
    assert retry_after_seconds([Usage(HOUR, hour), Usage(DAY, day)], MOMENT) == seconds
