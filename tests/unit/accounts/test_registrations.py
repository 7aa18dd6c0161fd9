"""A registration resolves to its user for a day, and a removal mark is visible for a minute."""

import time
import uuid
from typing import Any

import pytest

from app.accounts.registrations import RegistrationRepository
from app.aws.clients import dynamodb_client
from app.aws.deadline import REQUEST_TIMEOUT_SECONDS
from app.aws.items import serialize
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit.doubles import Clock
from testkit.lost_responses import lose_first_response

HOUR = 3600


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(time.time())
    monkeypatch.setattr("app.accounts.registrations.time", clock)
    return clock


@pytest.fixture(scope="module")
def settings(embedded: Service) -> Settings:
    return stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def client(settings: Settings) -> Any:
    return dynamodb_client(settings.region)


@pytest.fixture
def registrations(client: Any, settings: Settings) -> RegistrationRepository:
    return RegistrationRepository(client, settings.members_table)


@pytest.fixture
def member() -> str:
    return str(uuid.uuid4())


class TestRegistrations:
    def test_registration_resolves_to_its_user(self, member: str, registrations: RegistrationRepository) -> None:
        first, second = registrations.create(member, "pending key"), registrations.create(member, "pending key")
        assert first != second
        assert registrations.get_member_id(first) == registrations.get_member_id(second) == member

    def test_registration_without_a_user_has_the_same_form(
        self, member: str, registrations: RegistrationRepository
    ) -> None:
        without_user, with_user = registrations.create(None, "pending key"), registrations.create(member, "pending key")
        assert registrations.get_member_id(without_user) is None
        assert {uuid.UUID(registration).version for registration in (without_user, with_user)} == {4}

    def test_registration_expires_after_a_day_even_if_its_row_remains(
        self, member: str, registrations: RegistrationRepository, client: Any, settings: Settings, clock: Clock
    ) -> None:
        registration = registrations.create(member, "pending key")
        clock.now += 24 * HOUR - 60
        assert registrations.get_member_id(registration) == member
        clock.now += 120
        assert registrations.get_member_id(registration) is None
        key = serialize({"pk": f"registration#{registration}"})
        assert "Item" in client.get_item(TableName=settings.members_table, Key=key)

    @pytest.mark.parametrize(
        "registration",
        ["", "x", "\ud800", "a" * 5000, "handle#kay", "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "-" * 36, "A" * 36],
        ids=lambda text: ascii(text)[:12],
    )
    def test_unknown_registration_has_no_user(self, registration: str, registrations: RegistrationRepository) -> None:
        assert registrations.get_member_id(registration) is None

    def test_removal_mark_is_not_a_registration(self, member: str, registrations: RegistrationRepository) -> None:
        registrations.mark_for_removal(member)
        assert registrations.get_member_id(member) is None

    def test_sdk_retry_creates_one_registration(
        self, member: str, registrations: RegistrationRepository, client: Any
    ) -> None:
        with lose_first_response(client, "PutItem") as sent:
            registration = registrations.create(member, "pending key")
        assert len(sent) == 2
        assert registrations.get_member_id(registration) == member


class TestRemovalMarks:
    def test_mark_is_visible_until_unmarked(self, member: str, registrations: RegistrationRepository) -> None:
        assert not registrations.is_marked(member)
        mark = registrations.mark_for_removal(member)
        assert registrations.is_marked(member)
        assert not registrations.is_marked(str(uuid.uuid4()))
        registrations.unmark(member, mark)
        assert not registrations.is_marked(member)

    def test_unmarking_leaves_other_marks(self, member: str, registrations: RegistrationRepository) -> None:
        first_mark, second_mark = registrations.mark_for_removal(member), registrations.mark_for_removal(member)
        registrations.unmark(member, first_mark)
        registrations.unmark(member, first_mark)
        assert registrations.is_marked(member)
        registrations.unmark(member, second_mark)
        assert not registrations.is_marked(member)

    def test_mark_outlasts_a_request_and_expires_after_a_minute(
        self, member: str, registrations: RegistrationRepository, clock: Clock
    ) -> None:
        registrations.mark_for_removal(member)
        clock.now += 2 * REQUEST_TIMEOUT_SECONDS
        assert registrations.is_marked(member)
        clock.now += 60 - 2 * REQUEST_TIMEOUT_SECONDS
        assert not registrations.is_marked(member)

    def test_sdk_retry_sets_one_mark(self, member: str, registrations: RegistrationRepository, client: Any) -> None:
        with lose_first_response(client, "UpdateItem") as sent:
            mark = registrations.mark_for_removal(member)
        assert len(sent) == 2
        registrations.unmark(member, mark)
        assert not registrations.is_marked(member)

    def test_unmarking_a_missing_row_sets_its_expiry(
        self, member: str, registrations: RegistrationRepository, client: Any, settings: Settings
    ) -> None:
        registrations.unmark(member, "mark of a missing row")
        row = client.get_item(TableName=settings.members_table, Key=serialize({"pk": f"replacement#{member}"}))["Item"]
        assert "expires_at" in row
