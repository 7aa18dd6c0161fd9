"""A registration resolves to its user for a day, and its successful confirmation can be repeated for ten minutes."""

import time
import uuid
from typing import Any

import pytest

from app.accounts.registrations import Registration, RegistrationRepository
from app.aws.clients import dynamodb_client
from app.aws.deadline import REQUEST_TIMEOUT_SECONDS
from app.aws.items import serialize
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit.doubles import Clock
from testkit.lost_responses import lose_first_response

HOUR, MINUTE = 3600, 60
CODE = "123456"


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
def user_id() -> str:
    return str(uuid.uuid4())


def _get_user_id(registrations: RegistrationRepository, registration: str) -> str | None:
    """Return the user of a registration. None if the registration is unknown."""
    stored = registrations.get(registration)
    return stored.user_id if stored else None


def _create(registrations: RegistrationRepository, user_id: str) -> Registration:
    registration = registrations.get(registrations.create(user_id, "pending key"))
    assert registration
    return registration


class TestRegistrations:
    def test_registration_resolves_to_its_user(self, user_id: str, registrations: RegistrationRepository) -> None:
        first, second = registrations.create(user_id, "pending key"), registrations.create(user_id, "pending key")
        assert first != second
        assert _get_user_id(registrations, first) == _get_user_id(registrations, second) == user_id

    def test_registration_without_a_user_has_the_same_form(
        self, user_id: str, registrations: RegistrationRepository
    ) -> None:
        without_user, with_user = (
            registrations.create(None, "pending key"),
            registrations.create(user_id, "pending key"),
        )
        assert _get_user_id(registrations, without_user) is None
        assert {uuid.UUID(registration).version for registration in (without_user, with_user)} == {4}

    def test_registration_expires_after_a_day_even_if_its_row_remains(
        self, user_id: str, registrations: RegistrationRepository, client: Any, settings: Settings, clock: Clock
    ) -> None:
        registration = registrations.create(user_id, "pending key")
        clock.now += 24 * HOUR - 60
        assert _get_user_id(registrations, registration) == user_id
        clock.now += 120
        assert _get_user_id(registrations, registration) is None
        key = serialize({"pk": f"registration#{registration}"})
        assert "Item" in client.get_item(TableName=settings.members_table, Key=key)

    @pytest.mark.parametrize(
        "registration",
        ["", "x", "\ud800", "a" * 5000, "handle#kay", "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "-" * 36, "A" * 36],
        ids=lambda text: ascii(text)[:12],
    )
    def test_unknown_registration_has_no_user(self, registration: str, registrations: RegistrationRepository) -> None:
        assert _get_user_id(registrations, registration) is None

    def test_removal_mark_is_not_a_registration(self, user_id: str, registrations: RegistrationRepository) -> None:
        registrations.mark_for_removal(user_id)
        assert _get_user_id(registrations, user_id) is None

    def test_sdk_retry_creates_one_registration(
        self, user_id: str, registrations: RegistrationRepository, client: Any
    ) -> None:
        with lose_first_response(client, "PutItem") as sent:
            registration = registrations.create(user_id, "pending key")
        assert len(sent) == 2
        assert _get_user_id(registrations, registration) == user_id


class TestConfirmations:
    def test_only_the_code_of_an_open_attempt_may_have_confirmed(
        self, user_id: str, registrations: RegistrationRepository
    ) -> None:
        registration = _create(registrations, user_id)
        first, second = (registrations.begin_attempt(registration, CODE) for _ in range(2))
        current = registrations.get(registration.id)
        assert current
        assert current.may_have_been_confirmed_by(CODE)
        assert not current.may_have_been_confirmed_by("654321")

        current = registrations.end_attempt(registration, first)
        assert current
        assert current.may_have_been_confirmed_by(CODE)
        current = registrations.end_attempt(registration, second)
        assert current
        assert not current.may_have_been_confirmed_by(CODE)

    def test_completion_keeps_the_code_for_ten_minutes(
        self, user_id: str, registrations: RegistrationRepository, clock: Clock
    ) -> None:
        registration = _create(registrations, user_id)
        registrations.begin_attempt(registration, "654321")
        registrations.complete(registration, CODE, is_certain=True)
        clock.now += 10 * MINUTE - 30
        current = registrations.get(registration.id)
        assert current
        assert (current.user_id, current.attempts, current.pending_key) == (user_id, frozenset(), None)
        assert current.may_have_been_confirmed_by(CODE)
        assert not current.may_have_been_confirmed_by("654321")
        clock.now += 60
        assert registrations.get(registration.id) is None

    def test_uncertain_completion_does_not_replace_a_code(
        self, user_id: str, registrations: RegistrationRepository
    ) -> None:
        registration = _create(registrations, user_id)
        for code, is_certain, confirming in (
            ("111111", False, "111111"),
            (CODE, True, CODE),
            ("654321", False, CODE),
        ):
            registrations.complete(registration, code, is_certain=is_certain)
            current = registrations.get(registration.id)
            assert current
            assert current.may_have_been_confirmed_by(confirming)

    def test_row_holds_no_code(
        self, user_id: str, registrations: RegistrationRepository, client: Any, settings: Settings
    ) -> None:
        registration = _create(registrations, user_id)
        key = serialize({"pk": f"registration#{registration.id}"})
        registrations.begin_attempt(registration, CODE)
        assert CODE not in str(client.get_item(TableName=settings.members_table, Key=key)["Item"])
        registrations.complete(registration, CODE, is_certain=True)
        assert CODE not in str(client.get_item(TableName=settings.members_table, Key=key)["Item"])

    def test_missing_row_is_not_created(
        self, user_id: str, registrations: RegistrationRepository, client: Any, settings: Settings
    ) -> None:
        registration = _create(registrations, user_id)
        key = serialize({"pk": f"registration#{registration.id}"})
        client.delete_item(TableName=settings.members_table, Key=key)
        attempt = registrations.begin_attempt(registration, CODE)
        assert registrations.end_attempt(registration, attempt) is None
        registrations.complete(registration, CODE, is_certain=True)
        assert "Item" not in client.get_item(TableName=settings.members_table, Key=key)

    @pytest.mark.parametrize("code", ["", "\ud800", "\x00", "1" * 5000], ids=lambda text: ascii(text)[:8])
    def test_any_code_can_be_attempted(self, code: str, user_id: str, registrations: RegistrationRepository) -> None:
        registration = _create(registrations, user_id)
        assert registrations.end_attempt(registration, registrations.begin_attempt(registration, code))


class TestTickets:
    def test_only_the_last_ticket_of_an_email_is_the_latest(self, registrations: RegistrationRepository) -> None:
        email, other = (f"{uuid.uuid4().hex}@example.org" for _ in range(2))
        assert not registrations.is_latest(email, "no ticket")
        first = registrations.take_ticket(email)
        assert registrations.is_latest(email, first)
        second, foreign = registrations.take_ticket(email), registrations.take_ticket(other)
        assert [registrations.is_latest(email, ticket) for ticket in (first, second, foreign)] == [False, True, False]

    def test_ticket_outlasts_a_request_and_expires_after_ten_minutes(
        self, registrations: RegistrationRepository, clock: Clock
    ) -> None:
        email = f"{uuid.uuid4().hex}@example.org"
        ticket = registrations.take_ticket(email)
        clock.now += 10 * MINUTE - 30
        assert registrations.is_latest(email, ticket)
        clock.now += 60
        assert not registrations.is_latest(email, ticket)

    def test_row_holds_no_email(self, registrations: RegistrationRepository, client: Any, settings: Settings) -> None:
        email = f"{uuid.uuid4().hex}@example.org"
        registrations.take_ticket(email)
        assert email not in str(client.scan(TableName=settings.members_table)["Items"])


class TestRemovalMarks:
    def test_mark_is_visible_until_unmarked(self, user_id: str, registrations: RegistrationRepository) -> None:
        assert not registrations.is_marked(user_id)
        mark = registrations.mark_for_removal(user_id)
        assert registrations.is_marked(user_id)
        assert not registrations.is_marked(str(uuid.uuid4()))
        registrations.unmark(user_id, mark)
        assert not registrations.is_marked(user_id)

    def test_unmarking_leaves_other_marks(self, user_id: str, registrations: RegistrationRepository) -> None:
        first_mark, second_mark = registrations.mark_for_removal(user_id), registrations.mark_for_removal(user_id)
        registrations.unmark(user_id, first_mark)
        registrations.unmark(user_id, first_mark)
        assert registrations.is_marked(user_id)
        registrations.unmark(user_id, second_mark)
        assert not registrations.is_marked(user_id)

    def test_mark_outlasts_a_request_and_expires_after_a_minute(
        self, user_id: str, registrations: RegistrationRepository, clock: Clock
    ) -> None:
        registrations.mark_for_removal(user_id)
        clock.now += 2 * REQUEST_TIMEOUT_SECONDS
        assert registrations.is_marked(user_id)
        clock.now += 60 - 2 * REQUEST_TIMEOUT_SECONDS
        assert not registrations.is_marked(user_id)

    def test_sdk_retry_sets_one_mark(self, user_id: str, registrations: RegistrationRepository, client: Any) -> None:
        with lose_first_response(client, "UpdateItem") as sent:
            mark = registrations.mark_for_removal(user_id)
        assert len(sent) == 2
        registrations.unmark(user_id, mark)
        assert not registrations.is_marked(user_id)

    def test_unmarking_a_missing_row_sets_its_expiry(
        self, user_id: str, registrations: RegistrationRepository, client: Any, settings: Settings
    ) -> None:
        registrations.unmark(user_id, "mark of a missing row")
        row = client.get_item(TableName=settings.members_table, Key=serialize({"pk": f"replacement#{user_id}"}))["Item"]
        assert "expires_at" in row
