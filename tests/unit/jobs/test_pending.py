"""A row of a pending job is stale ten minutes after it was touched last, and ends with its transaction."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.aws.items import deserialize, serialize
from app.jobs.messages import DELETE_ACCOUNT
from app.jobs.pending import STALE_AFTER, PendingJobRepository
from app.settings import Settings
from testkit.lost_responses import lose_first_response

START = datetime(2026, 11, 26, 8, tzinfo=UTC)


class Moment:
    """The current time of the repository."""

    def __init__(self) -> None:
        self.value = START

    def __call__(self) -> datetime:
        return self.value


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    moment = Moment()
    monkeypatch.setattr("app.jobs.pending.now", moment)
    return moment


@pytest.fixture
def client(shared_settings: Settings) -> Any:
    """Return a client of the safety table, which is empty."""
    client = dynamodb_client(shared_settings.region)
    for row in _load_rows(client, shared_settings):
        client.delete_item(TableName=shared_settings.safety_table, Key=serialize({"pk": row["pk"], "sk": row["sk"]}))
    return client


@pytest.fixture
def pending(client: Any, shared_settings: Settings) -> PendingJobRepository:
    return PendingJobRepository(client, shared_settings.safety_table)


@pytest.fixture
def subject() -> str:
    return str(uuid.uuid4())


def _load_rows(client: Any, settings: Settings) -> list[dict[str, Any]]:
    return [deserialize(item) for item in client.scan(TableName=settings.safety_table)["Items"]]


def test_row_whose_response_was_lost_counts_as_added(client: Any, pending: PendingJobRepository, subject: str) -> None:
    with lose_first_response(client, "PutItem") as sent:
        assert PendingJobRepository(client, pending._table).add_if_absent(DELETE_ACCOUNT, subject)
    assert len(sent) == 2
    assert not pending.add_if_absent(DELETE_ACCOUNT, subject)


def _put(client: Any, pending: PendingJobRepository, subject: str) -> None:
    client.transact_write_items(TransactItems=[{"Put": pending.put_request(DELETE_ACCOUNT, subject)}])


def test_row_has_the_kind_the_subject_and_the_time(
    client: Any, pending: PendingJobRepository, subject: str, moment: Moment, shared_settings: Settings
) -> None:
    _put(client, pending, subject)
    assert _load_rows(client, shared_settings) == [
        {"pk": "pending#delete-account", "sk": subject, "touched_at": "2026-11-26T08:00:00.000000Z"}
    ]


def test_row_can_be_deleted_twice(
    client: Any, pending: PendingJobRepository, subject: str, shared_settings: Settings
) -> None:
    _put(client, pending, subject)
    for _ in range(2):
        client.transact_write_items(TransactItems=[{"Delete": pending.delete_request(DELETE_ACCOUNT, subject)}])
        assert _load_rows(client, shared_settings) == []


def test_row_is_stale_only_after_ten_minutes(
    client: Any, pending: PendingJobRepository, subject: str, moment: Moment
) -> None:
    _put(client, pending, subject)
    for age, stale in ((timedelta(0), []), (STALE_AFTER, []), (STALE_AFTER + timedelta(milliseconds=1), [subject])):
        moment.value = START + age
        assert list(pending.iter_stale(DELETE_ACCOUNT)) == stale
    assert timedelta(minutes=10) == STALE_AFTER


def test_touched_row_is_not_stale(client: Any, pending: PendingJobRepository, subject: str, moment: Moment) -> None:
    other = str(uuid.uuid4())
    for each in (subject, other):
        _put(client, pending, each)
    moment.value += STALE_AFTER * 2
    pending.touch(DELETE_ACCOUNT, subject)
    assert list(pending.iter_stale(DELETE_ACCOUNT)) == [other]


def test_touch_does_not_bring_a_row_back(
    client: Any, pending: PendingJobRepository, subject: str, shared_settings: Settings
) -> None:
    pending.touch(DELETE_ACCOUNT, subject)
    assert _load_rows(client, shared_settings) == []


def test_stale_rows_on_all_pages_are_found(shared_settings: Settings, moment: Moment) -> None:
    rows = [serialize({"sk": str(number)}) for number in range(3)]
    pages = [{"Items": rows[:2]}, {"Items": []}, {"Items": rows[2:]}]

    class PagedClient:
        def get_paginator(self, operation: str) -> "PagedClient":
            assert operation == "query"
            return self

        def paginate(self, **parameters: Any) -> Any:
            assert parameters["TableName"] == shared_settings.safety_table
            return iter(pages)

    client: Any = PagedClient()
    pending = PendingJobRepository(client, shared_settings.safety_table)
    assert list(pending.iter_stale(DELETE_ACCOUNT)) == ["0", "1", "2"]
