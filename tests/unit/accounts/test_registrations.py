"""A registration resolves to its user for a day, and its successful confirmation can be repeated for ten minutes."""

import uuid
from typing import Any

import pytest

from app.accounts.registrations import Registration, RegistrationRepository
from app.accounts.removals import RemovalRepository
from app.aws.items import serialize
from app.settings import Settings
from testkit.doubles import Clock
from testkit.lost_responses import lose_first_response

HOUR, MINUTE = 3600, 60
CODE = "123456"


@pytest.fixture
def registrations(client: Any, shared_settings: Settings) -> RegistrationRepository:
    return RegistrationRepository(client, shared_settings.members_table)


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
        self,
        user_id: str,
        registrations: RegistrationRepository,
        client: Any,
        shared_settings: Settings,
        row_clock: Clock,
    ) -> None:
        registration = registrations.create(user_id, "pending key")
        row_clock.now += 24 * HOUR - 60
        assert _get_user_id(registrations, registration) == user_id
        row_clock.now += 120
        assert _get_user_id(registrations, registration) is None
        key = serialize({"pk": f"registration#{registration}"})
        assert "Item" in client.get_item(TableName=shared_settings.members_table, Key=key)

    @pytest.mark.parametrize(
        "registration",
        ["", "x", "\ud800", "a" * 5000, "handle#kay", "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "-" * 36, "A" * 36],
        ids=lambda text: ascii(text)[:12],
    )
    def test_unknown_registration_has_no_user(self, registration: str, registrations: RegistrationRepository) -> None:
        assert _get_user_id(registrations, registration) is None

    def test_removal_mark_is_not_a_registration(
        self, user_id: str, registrations: RegistrationRepository, client: Any, shared_settings: Settings
    ) -> None:
        RemovalRepository(client, shared_settings.members_table).mark(user_id)
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
        self, user_id: str, registrations: RegistrationRepository, row_clock: Clock
    ) -> None:
        registration = _create(registrations, user_id)
        registrations.begin_attempt(registration, "654321")
        registrations.complete(registration, CODE, is_certain=True)
        row_clock.now += 10 * MINUTE - 30
        current = registrations.get(registration.id)
        assert current
        assert (current.user_id, current.attempts, current.pending_key) == (user_id, frozenset(), None)
        assert current.may_have_been_confirmed_by(CODE)
        assert not current.may_have_been_confirmed_by("654321")
        row_clock.now += 60
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
        self, user_id: str, registrations: RegistrationRepository, client: Any, shared_settings: Settings
    ) -> None:
        registration = _create(registrations, user_id)
        key = serialize({"pk": f"registration#{registration.id}"})
        registrations.begin_attempt(registration, CODE)
        assert CODE not in str(client.get_item(TableName=shared_settings.members_table, Key=key)["Item"])
        registrations.complete(registration, CODE, is_certain=True)
        assert CODE not in str(client.get_item(TableName=shared_settings.members_table, Key=key)["Item"])

    def test_missing_row_is_not_created(
        self, user_id: str, registrations: RegistrationRepository, client: Any, shared_settings: Settings
    ) -> None:
        registration = _create(registrations, user_id)
        key = serialize({"pk": f"registration#{registration.id}"})
        client.delete_item(TableName=shared_settings.members_table, Key=key)
        attempt = registrations.begin_attempt(registration, CODE)
        assert registrations.end_attempt(registration, attempt) is None
        registrations.complete(registration, CODE, is_certain=True)
        assert "Item" not in client.get_item(TableName=shared_settings.members_table, Key=key)

    @pytest.mark.parametrize("code", ["", "\ud800", "\x00", "1" * 5000], ids=lambda text: ascii(text)[:8])
    def test_any_code_can_be_attempted(self, code: str, user_id: str, registrations: RegistrationRepository) -> None:
        registration = _create(registrations, user_id)
        assert registrations.end_attempt(registration, registrations.begin_attempt(registration, code))
