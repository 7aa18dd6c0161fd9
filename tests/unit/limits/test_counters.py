"""Each window counts exactly as many writes as the limit allows, even if counts are taken back in between."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from app.aws.clients import dynamodb_client
from app.aws.items import deserialize
from app.errors import RateLimitedError
from app.limits import counters as module
from app.limits.counters import LimitCounters
from app.limits.policies import Limit, Policies
from app.settings import Settings
from testkit.hypothesis_settings import without_deadline
from testkit.lost_responses import lose_first_response

POLICIES: Policies = {
    "dwipps": [Limit("hour", 3), Limit("day", 5)],
    "reactions": [Limit("hour", 3)],
    "changes": [],
    "safety": [Limit("day", 2)],
}


class Calendar:
    """A stand-in for `now`.

    Attributes:
        moment: the current time.
    """

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture(scope="module")
def calendar() -> Iterator[Calendar]:
    calendar = Calendar()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "now", calendar)
        yield calendar


@pytest.fixture(autouse=True)
def reset_calendar(calendar: Calendar) -> None:
    calendar.moment = datetime(2026, 11, 26, 10, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def counters(client: Any, shared_settings: Settings, calendar: Calendar) -> LimitCounters:
    return LimitCounters(client, shared_settings.region, shared_settings.members_table, POLICIES)


@pytest.fixture
def member() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def load_row(client: Any, shared_settings: Settings) -> Callable[[str], dict[str, Any]]:
    def load(pk: str) -> dict[str, Any]:
        response = client.get_item(TableName=shared_settings.members_table, Key={"pk": {"S": pk}}, ConsistentRead=True)
        return deserialize(response.get("Item", {}))

    return load


class TestCount:
    def test_count_returns_the_usage_of_each_limit(self, counters: LimitCounters, member: str) -> None:
        assert counters.count(member, "dwipps").fields == {
            "RateLimit-Policy": '"hour";q=3;w=3600, "day";q=5;w=86400',
            "RateLimit": '"hour";r=2;t=1200, "day";r=4;t=48000',
        }
        assert [usage.writes for usage in counters.count(member, "dwipps").usages] == [2, 2]

    def test_used_up_limit_counts_nothing(
        self, counters: LimitCounters, member: str, load_row: Callable[[str], dict[str, Any]]
    ) -> None:
        pk = counters.count(member, "dwipps").pk
        for _ in range(2):
            counters.count(member, "dwipps")
        for _ in range(2):
            with pytest.raises(RateLimitedError) as caught:
                counters.count(member, "dwipps")
            assert caught.value.retry_after_seconds == 1200
            assert caught.value.fields["RateLimit"] == '"hour";r=0;t=1200, "day";r=2;t=48000'
        assert (load_row(pk)["hour_10"], load_row(pk)["day"]) == (3, 3)

    def test_members_and_kinds_are_counted_apart(self, counters: LimitCounters, member: str) -> None:
        for _ in range(3):
            counters.count(member, "dwipps")
        for _ in range(3):
            counters.count(member, "reactions")
        assert counters.count(str(uuid.uuid4()), "dwipps").usages[0].writes == 1

    def test_kind_without_limits_is_not_counted(
        self, counters: LimitCounters, member: str, load_row: Callable[[str], dict[str, Any]]
    ) -> None:
        count = counters.count(member, "changes")
        assert count.fields == {}
        counters.take_back(count)
        assert load_row(count.pk) == {}

    def test_row_holds_no_member_id_and_expires(
        self, counters: LimitCounters, member: str, load_row: Callable[[str], dict[str, Any]]
    ) -> None:
        count = counters.count(member, "safety")
        row = load_row(count.pk)
        assert member not in repr(row)
        assert row["expires_at"] == int((count.moment + timedelta(days=1)).timestamp())

    def test_row_of_a_full_day_takes_one_write_unit(
        self, counters: LimitCounters, member: str, calendar: Calendar, load_row: Callable[[str], dict[str, Any]]
    ) -> None:
        count = counters.count(member, "reactions")
        for hour in range(24):
            calendar.moment = calendar.moment.replace(hour=hour)
            counters.count(member, "reactions")
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
        assert sum(len(name) + max(len(str(value)), 21) for name, value in load_row(count.pk).items()) < 1024

    @pytest.mark.parametrize("kind", ["dwipps", "reactions"])
    def test_parallel_counts_stop_at_the_limit(self, kind: Any, counters: LimitCounters, member: str) -> None:
        def count(_: int) -> bool:
            try:
                counters.count(member, kind)
            except RateLimitedError:
                return False
            return True

        with ThreadPoolExecutor(20) as threads:
            assert Counter(threads.map(count, range(60))) == {True: 3, False: 57}


class TestLostResponses:
    def test_sdk_retry_counts_once(self, client: Any, counters: LimitCounters, member: str) -> None:
        for used in (1, 2, 3):
            with lose_first_response(client, "UpdateItem") as attempts:
                assert counters.count(member, "reactions").usages[0].writes == used
            assert len(attempts) == 2
        with pytest.raises(RateLimitedError):
            counters.count(member, "reactions")

    def test_sdk_retry_after_another_count_counts_twice(
        self, client: Any, counters: LimitCounters, member: str
    ) -> None:
        others: list[int] = []
        with lose_first_response(
            client, "UpdateItem", lambda: others.append(counters.count(member, "reactions").usages[0].writes)
        ):
            assert counters.count(member, "reactions").usages[0].writes == 3
        assert others == [2]

    def test_sdk_retry_after_the_last_count_is_refused(self, client: Any, counters: LimitCounters, member: str) -> None:
        counters.count(member, "reactions")
        with (
            pytest.raises(RateLimitedError),
            lose_first_response(client, "UpdateItem", lambda: counters.count(member, "reactions")),
        ):
            counters.count(member, "reactions")

    def test_lost_response_lowers_the_count_once(self, counters: LimitCounters, member: str) -> None:
        counts = [counters.count(member, "reactions") for _ in range(3)]
        with (
            pytest.raises(ReadTimeoutError),
            lose_first_response(counters._single_attempt_client, "UpdateItem") as attempts,
        ):
            counters.take_back(counts[0])
        assert len(attempts) == 1
        counters.count(member, "reactions")
        with pytest.raises(RateLimitedError):
            counters.count(member, "reactions")


def test_count_is_taken_back_from_its_own_window(counters: LimitCounters, member: str, calendar: Calendar) -> None:
    before_midnight = calendar.moment = datetime(2026, 11, 26, 23, 59, 59, tzinfo=UTC)
    counts = [counters.count(member, "reactions") for _ in range(3)]
    calendar.moment += timedelta(seconds=1)
    counters.take_back(counts[0])
    assert counters.count(member, "reactions").usages[0].writes == 1
    calendar.moment = before_midnight
    assert counters.count(member, "reactions").usages[0].writes == 3


def test_throttled_row_refuses_the_write(member: str) -> None:
    client = dynamodb_client("us-east-1")
    with Stubber(client) as stubber:
        stubber.add_client_error("update_item", "ProvisionedThroughputExceededException")
        with pytest.raises(ClientError):
            LimitCounters(client, "us-east-1", "members", POLICIES).count(member, "dwipps")


def test_changed_limit_holds_at_once(client: Any, shared_settings: Settings, calendar: Calendar, member: str) -> None:
    for quota, remaining in ((1, 0), (2, 0), (4, 1)):
        policies: Policies = {"reactions": [Limit("hour", quota)]}
        counters = LimitCounters(client, shared_settings.region, shared_settings.members_table, policies)
        assert counters.count(member, "reactions").usages[0].remaining == remaining


MAX_TIME = datetime(2100, 1, 1)  # noqa: DTZ001 -- Hypothesis adds the time zone
# The minutes that pass before a write, and whether the write changes something.
STEPS = st.lists(st.tuples(st.sampled_from([0, 0, 0, 0, 1, 25, 61, 300, 1500]), st.booleans()), min_size=1, max_size=40)


@settings(without_deadline, max_examples=40)
@given(steps=STEPS, start=st.datetimes(timezones=st.just(UTC), max_value=MAX_TIME))
def test_any_sequence_of_writes_uses_each_window_exactly(
    steps: list[tuple[int, bool]], start: datetime, counters: LimitCounters, calendar: Calendar
) -> None:
    member = str(uuid.uuid4())
    calendar.moment = start
    hours: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for minutes, changes in steps:
        calendar.moment += timedelta(minutes=minutes)
        hour, day = f"{calendar.moment:%Y-%m-%d %H}", f"{calendar.moment:%Y-%m-%d}"
        is_allowed = hours[hour] < 3 and days[day] < 5
        try:
            count = counters.count(member, "dwipps")
        except RateLimitedError:
            assert not is_allowed
            continue
        assert is_allowed
        if changes:
            hours[hour] += 1
            days[day] += 1
        else:
            calendar.moment += timedelta(minutes=minutes)  # The window may have ended meanwhile.
            counters.take_back(count)
