"""A write that changed nothing does not count. An unknown outcome counts."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from app.aws.clients import dynamodb_client
from app.errors import (
    DwipperError,
    DwippNotFoundError,
    EditConflictError,
    NotTheAuthorError,
    RateLimitedError,
    TooManyRequestsError,
    UnavailableError,
)
from app.limits.counters import Count, LimitCounters
from app.limits.limiter import WriteLimit
from app.limits.policies import Kind, Limit, Usage
from testkit.doubles import SETTINGS

HEADERS = {"RateLimit-Policy": '"hour";q=3;w=3600', "RateLimit": '"hour";r=2;t=1200'}


class CountersStub(LimitCounters):
    """Counters that only record their calls.

    Attributes:
        count_error: the error that `count` raises.
        take_back_error: the error that `take_back` raises.
        counted: the number of counted writes.
    """

    def __init__(self) -> None:
        super().__init__(dynamodb_client(SETTINGS.region), SETTINGS.region, SETTINGS.members_table, {})
        self.count_error: Exception | None = None
        self.take_back_error: Exception | None = None
        self.counted = 0

    def count(self, member_id: str, kind: Kind) -> Count:  # noqa: ARG002 -- the stub has one counter
        if self.count_error:
            raise self.count_error
        self.counted += 1
        return Count("limit#1", datetime(2026, 11, 26, 10, 40, tzinfo=UTC), [Usage(Limit("hour", 3), self.counted)])

    def take_back(self, count: Count) -> None:  # noqa: ARG002 -- the same
        if self.take_back_error:
            raise self.take_back_error
        self.counted -= 1


@pytest.fixture
def counters() -> CountersStub:
    return CountersStub()


@pytest.fixture
def headers() -> dict[str, str]:
    return {"Other": "stays"}


@pytest.fixture
def limit(counters: CountersStub, headers: dict[str, str]) -> WriteLimit:
    return WriteLimit(counters, "member", "dwipps", headers)


@pytest.mark.parametrize(("has_changed", "counted"), [(None, 1), (True, 1), (False, 0)])
def test_success_counts_if_it_changed_something(
    has_changed: bool | None, counted: int, limit: WriteLimit, counters: CountersStub, headers: dict[str, str]
) -> None:
    with limit.count_write() as write:
        assert counters.counted == 1
        write.has_changed = has_changed
    assert counters.counted == counted
    assert headers == {"Other": "stays"} | (HEADERS if counted else {})


@pytest.mark.parametrize("error", [DwippNotFoundError, NotTheAuthorError, EditConflictError])
@pytest.mark.parametrize(("has_changed", "counted"), [(None, 0), (True, 1), (False, 0)])
def test_domain_error_counts_only_after_a_change(
    has_changed: bool | None,
    counted: int,
    error: Callable[[], DwipperError],
    limit: WriteLimit,
    counters: CountersStub,
    headers: dict[str, str],
) -> None:
    def make_write() -> None:
        with limit.count_write() as write:
            write.has_changed = has_changed
            raise error()

    with pytest.raises(DwipperError):
        make_write()
    assert counters.counted == counted
    assert headers == {"Other": "stays"} | (HEADERS if counted else {})


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError(),
        TooManyRequestsError(),
        ReadTimeoutError(endpoint_url="https://aws.example"),
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "PutItem"),
        ZeroDivisionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_unknown_outcome_counts(
    error: Exception, limit: WriteLimit, counters: CountersStub, headers: dict[str, str]
) -> None:
    with pytest.raises(type(error)), limit.count_write():
        raise error
    assert counters.counted == 1
    assert headers == {"Other": "stays"} | HEADERS


@pytest.mark.parametrize("error", [RateLimitedError(1, HEADERS), UnavailableError()])
def test_write_that_cannot_be_counted_does_not_happen(
    error: Exception, limit: WriteLimit, counters: CountersStub, headers: dict[str, str]
) -> None:
    counters.count_error = error
    with pytest.raises(type(error)), limit.count_write():
        pytest.fail("the write happened")
    assert headers == {"Other": "stays"}


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError(),
        ReadTimeoutError(endpoint_url="https://aws.example"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_count_stays_if_it_cannot_be_taken_back(
    error: Exception, limit: WriteLimit, counters: CountersStub, headers: dict[str, str]
) -> None:
    counters.take_back_error = error
    with pytest.raises(DwippNotFoundError), limit.count_write():
        raise DwippNotFoundError
    assert headers == {"Other": "stays"} | HEADERS


def test_fault_of_the_operator_is_raised(limit: WriteLimit, counters: CountersStub) -> None:
    counters.take_back_error = ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateItem")
    with pytest.raises(ClientError), limit.count_write():
        raise DwippNotFoundError
