"""A registration leads to its user for a day, and that a user may be removed can be seen for a minute."""

import time
import uuid
from typing import Any

import pytest

from app.accounts.registrations import RegistrationRepository
from app.aws.clients import dynamodb_client
from app.aws.deadline import REQUEST_SECONDS
from app.aws.items import serialize
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit.lost_responses import lose_first_response

HOUR = 3600


class Clock:
    """The time, some of it later."""

    def __init__(self) -> None:
        self.later = 0.0

    def time(self) -> float:
        return time.time() + self.later


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.accounts.registrations.time", clock)
    return clock


@pytest.fixture(scope="module")
def shared(embedded: Service) -> Settings:
    return stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def client(shared: Settings) -> Any:
    return dynamodb_client(shared.region)


@pytest.fixture
def registrations(client: Any, shared: Settings) -> RegistrationRepository:
    return RegistrationRepository(client, shared.members_table)


@pytest.fixture
def member() -> str:
    return str(uuid.uuid4())


class TestRegistrations:
    def test_it_leads_to_its_user(self, member: str, registrations: RegistrationRepository) -> None:
        first, second = registrations.create(member, "somebody"), registrations.create(member, "somebody")
        assert first != second
        assert registrations.get_member_id(first) == registrations.get_member_id(second) == member

    def test_or_nowhere_and_looks_the_same(self, member: str, registrations: RegistrationRepository) -> None:
        nowhere, somewhere = registrations.create(None, "somebody"), registrations.create(member, "somebody")
        assert registrations.get_member_id(nowhere) is None
        assert {uuid.UUID(each).version for each in (nowhere, somewhere)} == {4}

    def test_after_a_day_it_leads_nowhere_though_its_row_is_still_there(
        self, member: str, registrations: RegistrationRepository, client: Any, shared: Settings, clock: Clock
    ) -> None:
        registration = registrations.create(member, "somebody")
        clock.later = 24 * HOUR - 60
        assert registrations.get_member_id(registration) == member
        clock.later = 24 * HOUR + 60
        assert registrations.get_member_id(registration) is None
        key = serialize({"pk": f"registration#{registration}"})
        assert "Item" in client.get_item(TableName=shared.members_table, Key=key)

    @pytest.mark.parametrize(
        "registration",
        ["", "x", "\ud800", "a" * 5000, "handle#kay", "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "-" * 36, "A" * 36],
        ids=lambda text: ascii(text)[:12],
    )
    def test_one_that_was_never_begun_leads_nowhere(
        self, registration: str, registrations: RegistrationRepository
    ) -> None:
        assert registrations.get_member_id(registration) is None

    def test_a_row_of_another_kind_is_no_registration(self, member: str, registrations: RegistrationRepository) -> None:
        registrations.mark_for_removal(member)
        assert registrations.get_member_id(member) is None

    def test_the_sdks_second_try_is_the_same_registration(
        self, member: str, registrations: RegistrationRepository, client: Any
    ) -> None:
        with lose_first_response(client, "PutItem") as sent:
            registration = registrations.create(member, "somebody")
        assert len(sent) == 2
        assert registrations.get_member_id(registration) == member


class TestMarks:
    def test_a_mark_can_be_seen_until_it_is_taken_back(
        self, member: str, registrations: RegistrationRepository
    ) -> None:
        assert not registrations.is_marked(member)
        mark = registrations.mark_for_removal(member)
        assert registrations.is_marked(member)
        assert not registrations.is_marked(str(uuid.uuid4()))
        registrations.unmark(member, mark)
        assert not registrations.is_marked(member)

    def test_whoever_takes_theirs_back_leaves_the_others(
        self, member: str, registrations: RegistrationRepository
    ) -> None:
        one, another = registrations.mark_for_removal(member), registrations.mark_for_removal(member)
        registrations.unmark(member, one)
        registrations.unmark(member, one)
        assert registrations.is_marked(member)
        registrations.unmark(member, another)
        assert not registrations.is_marked(member)

    def test_one_that_nobody_takes_back_outlasts_every_request_and_is_over_after_a_minute(
        self, member: str, registrations: RegistrationRepository, clock: Clock
    ) -> None:
        registrations.mark_for_removal(member)
        clock.later = 2 * REQUEST_SECONDS
        assert registrations.is_marked(member)
        clock.later = 60
        assert not registrations.is_marked(member)

    def test_the_sdks_second_try_makes_the_same_mark(
        self, member: str, registrations: RegistrationRepository, client: Any
    ) -> None:
        with lose_first_response(client, "UpdateItem") as sent:
            mark = registrations.mark_for_removal(member)
        assert len(sent) == 2
        registrations.unmark(member, mark)
        assert not registrations.is_marked(member)

    def test_none_is_kept_for_ever(
        self, member: str, registrations: RegistrationRepository, client: Any, shared: Settings
    ) -> None:
        registrations.unmark(member, "of a row that is not there")
        row = client.get_item(TableName=shared.members_table, Key=serialize({"pk": f"replacement#{member}"}))["Item"]
        assert "expires_at" in row
