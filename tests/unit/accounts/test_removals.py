"""Tickets order the registrations of an email. Removal marks outlast a request, and expire after a minute."""

import uuid
from typing import Any

import pytest

from app.accounts.removals import RemovalRepository
from app.aws.deadline import REQUEST_TIMEOUT_SECONDS
from app.aws.items import serialize
from app.settings import Settings
from testkit.doubles import Clock
from testkit.lost_responses import lose_first_response

MINUTE = 60


@pytest.fixture
def removals(client: Any, shared_settings: Settings) -> RemovalRepository:
    return RemovalRepository(client, shared_settings.members_table)


class TestTickets:
    def test_only_the_last_ticket_of_an_email_is_the_latest(self, removals: RemovalRepository) -> None:
        email, other = (f"{uuid.uuid4().hex}@example.org" for _ in range(2))
        assert not removals.is_latest(email, "no ticket")
        first = removals.take_ticket(email)
        assert removals.is_latest(email, first)
        second, foreign = removals.take_ticket(email), removals.take_ticket(other)
        assert [removals.is_latest(email, ticket) for ticket in (first, second, foreign)] == [False, True, False]

    def test_ticket_outlasts_a_request_and_expires_after_ten_minutes(
        self, removals: RemovalRepository, row_clock: Clock
    ) -> None:
        email = f"{uuid.uuid4().hex}@example.org"
        ticket = removals.take_ticket(email)
        row_clock.now += 10 * MINUTE - 30
        assert removals.is_latest(email, ticket)
        row_clock.now += 60
        assert not removals.is_latest(email, ticket)

    def test_row_holds_no_email(self, removals: RemovalRepository, client: Any, shared_settings: Settings) -> None:
        email = f"{uuid.uuid4().hex}@example.org"
        removals.take_ticket(email)
        assert email not in str(client.scan(TableName=shared_settings.members_table)["Items"])


class TestRemovalMarks:
    def test_mark_is_visible_until_unmarked(self, user_id: str, removals: RemovalRepository) -> None:
        assert not removals.is_marked(user_id)
        mark = removals.mark(user_id)
        assert removals.is_marked(user_id)
        assert not removals.is_marked(str(uuid.uuid4()))
        removals.unmark(user_id, mark)
        assert not removals.is_marked(user_id)

    def test_unmarking_leaves_other_marks(self, user_id: str, removals: RemovalRepository) -> None:
        first_mark, second_mark = removals.mark(user_id), removals.mark(user_id)
        removals.unmark(user_id, first_mark)
        removals.unmark(user_id, first_mark)
        assert removals.is_marked(user_id)
        removals.unmark(user_id, second_mark)
        assert not removals.is_marked(user_id)

    def test_mark_outlasts_a_request_and_expires_after_a_minute(
        self, user_id: str, removals: RemovalRepository, row_clock: Clock
    ) -> None:
        removals.mark(user_id)
        row_clock.now += 2 * REQUEST_TIMEOUT_SECONDS
        assert removals.is_marked(user_id)
        row_clock.now += 60 - 2 * REQUEST_TIMEOUT_SECONDS
        assert not removals.is_marked(user_id)

    def test_sdk_retry_sets_one_mark(self, user_id: str, removals: RemovalRepository, client: Any) -> None:
        with lose_first_response(client, "UpdateItem") as sent:
            mark = removals.mark(user_id)
        assert len(sent) == 2
        removals.unmark(user_id, mark)
        assert not removals.is_marked(user_id)

    def test_unmarking_a_missing_row_sets_its_expiry(
        self, user_id: str, removals: RemovalRepository, client: Any, shared_settings: Settings
    ) -> None:
        removals.unmark(user_id, "mark of a missing row")
        row = client.get_item(TableName=shared_settings.members_table, Key=serialize({"pk": f"replacement#{user_id}"}))[
            "Item"
        ]
        assert "expires_at" in row
