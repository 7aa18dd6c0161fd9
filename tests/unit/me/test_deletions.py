"""The stored state of a deletion, and the time that earlier writes may still take."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.aws import clients
from app.aws.items import serialize
from app.aws.retries import WRITE_DRAIN_PERIOD, WRITE_WINDOW_SECONDS
from app.aws.timestamps import to_text
from app.bootstrap import Container
from app.me.deletions import DeletionState
from app.members.models import Suspension
from app.settings import Settings

MEMBER_ID = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"
MOMENT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


def test_drain_period_exceeds_the_longest_write() -> None:
    """The period covers three calls: the mark, and a read and a write in the last attempt of a write.

    That attempt starts before the write deadline. Each call includes all attempts of the SDK.
    """
    config: Any = clients._DYNAMODB_CONFIG
    attempts = config.retries["total_max_attempts"]
    # botocore's standard mode pauses up to 1, 2, … seconds before the second, third, … attempt.
    pauses = sum(2**attempt for attempt in range(attempts - 1))
    call_seconds = attempts * (config.connect_timeout + config.read_timeout) + pauses
    assert timedelta(seconds=WRITE_WINDOW_SECONDS + 3 * call_seconds) < WRITE_DRAIN_PERIOD


def test_drain_period_begins_with_the_mark() -> None:
    state = DeletionState("kay", MOMENT, is_over=False)
    assert state.remaining_drain(MOMENT) == WRITE_DRAIN_PERIOD
    assert state.remaining_drain(MOMENT + WRITE_DRAIN_PERIOD) == timedelta(0)


def test_end_is_recorded_once_and_only_for_a_marked_account(settings: Settings) -> None:
    deletions = Container(settings).personal.deletions
    assert not deletions.finish(MEMBER_ID)
    assert deletions.get(MEMBER_ID) == DeletionState(None, None, is_over=False)
    state = deletions.mark(MEMBER_ID, deletions.get(MEMBER_ID))
    assert deletions.get(MEMBER_ID) == state
    assert [deletions.finish(MEMBER_ID), deletions.finish(MEMBER_ID)] == [True, False]
    assert deletions.get(MEMBER_ID).is_over


def test_end_removes_the_profile_and_the_suspension(settings: Settings) -> None:
    client = clients.dynamodb_client(settings.region)
    deletions = Container(settings).personal.deletions
    suspension = {"id": "id", "at": to_text(MOMENT), "reason": "spam", "email_hash": "hash"}
    row = {"pk": f"member#{MEMBER_ID}", "handle": "kay", "joined_at": to_text(MOMENT), "suspension": suspension}
    client.put_item(TableName=settings.members_table, Item=serialize(row))
    state = deletions.get(MEMBER_ID)
    assert state.suspension == Suspension("id", MOMENT, None, "spam")
    deletions.mark(MEMBER_ID, state)
    assert deletions.finish(MEMBER_ID)
    response = client.get_item(TableName=settings.members_table, Key=serialize({"pk": f"member#{MEMBER_ID}"}))
    assert sorted(response["Item"]) == ["deleting_since", "expires_at", "is_over", "pk"]
