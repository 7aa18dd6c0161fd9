"""A registration creates an unconfirmed user or replaces one, and a confirmation needs its code and its registration.

test_sign_up_orders.py has the orders of concurrent requests.
"""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app.accounts import sign_up
from app.accounts.registrations import RegistrationRepository
from app.accounts.removals import RemovalRepository
from app.accounts.sign_up import SignUp
from app.cognito.models import User
from app.cognito.user_pool import EmailInUseError, MailNotSentError, UserPool
from app.errors import InvalidCodeError, UnavailableError
from app.members.directory import Directory
from testkit.doubles import Clock
from tests.unit.accounts.sign_up_fakes import FakePendingConfirmations
from tests.unit.accounts.sign_up_model import EMAIL, SignUpModel


@pytest.fixture
def model() -> SignUpModel:
    return SignUpModel()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sign_up, "time", clock)
    return clock


def _get_user_id(model: SignUpModel, registration: str) -> str | None:
    stored = model.registrations.get(registration)
    assert stored
    return stored.user_id


def _make_sign_up(pool: UserPool, model: SignUpModel) -> SignUp:
    """Return a sign-up with another pool than the model's."""
    return SignUp(pool, Mock(spec=Directory), model.registrations, model.removals, model.pending_confirmations)


class TestRegister:
    def test_new_email_gets_a_registration(self, model: SignUpModel) -> None:
        registration = model.sign_up.register(EMAIL, "first", "kay")
        (user,) = model.pool.users.values()
        assert _get_user_id(model, registration) == user.id
        assert user.requested_handle == "kay"

    def test_registration_for_a_confirmed_email_confirms_no_user(self, model: SignUpModel) -> None:
        first = model.register("first")
        code = model.pool.get_latest_code(EMAIL)
        model.sign_up.confirm(first, code)
        second = model.register("second")
        assert _get_user_id(model, second) is None
        assert [model.pool.get_password(user_id) for user_id in model.pool.users] == ["first"]
        with pytest.raises(InvalidCodeError):
            model.sign_up.confirm(second, code)

    def test_new_registration_replaces_an_unconfirmed_user(self, model: SignUpModel) -> None:
        first, second = model.register("first"), model.register("second")
        (user_id,) = model.pool.users
        assert model.pool.get_password(user_id) == "second"
        code = model.pool.get_latest_code(EMAIL)
        with pytest.raises(InvalidCodeError):
            model.sign_up.confirm(first, code)
        model.sign_up.confirm(second, code)
        assert model.pool.users[user_id].is_confirmed

    def test_registration_without_a_mail_confirms_no_user(
        self, model: SignUpModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Another request may have registered the email since. This registration must not confirm that user.
        monkeypatch.setattr(model.pool, "sign_up", Mock(side_effect=MailNotSentError))
        assert _get_user_id(model, model.register("first")) is None

    def test_repeated_collisions_confirm_no_user(self, model: SignUpModel, monkeypatch: pytest.MonkeyPatch) -> None:
        # The user is gone whenever it is read.
        collide = Mock(side_effect=EmailInUseError)
        monkeypatch.setattr(model.pool, "sign_up", collide)
        assert _get_user_id(model, model.register("first")) is None
        assert collide.call_count == 33

    def test_removal_does_not_start_without_time_to_create_a_user(
        self, model: SignUpModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = model.register("first")
        monkeypatch.setattr(sign_up, "remaining_seconds", lambda: 9.9)
        with pytest.raises(UnavailableError):
            model.register("second")
        model.sign_up.confirm(first, model.pool.get_latest_code(EMAIL))
        monkeypatch.setattr(sign_up, "remaining_seconds", lambda: 10.0)
        assert _get_user_id(model, model.register("third")) is None


class TestConfirm:
    def test_registration_without_a_user_makes_no_call(self, model: SignUpModel) -> None:
        pool: Any = Mock(spec=UserPool)
        without_pool = _make_sign_up(pool, model)
        for registration in (model.registrations.create(None, "pending key"), "x"):
            with pytest.raises(InvalidCodeError):
                without_pool.confirm(registration, "123456")
            without_pool.resend(registration)
        assert pool.mock_calls == []

    def test_confirmation_times_out_on_a_stale_mark_and_keeps_the_code(self, model: SignUpModel, clock: Clock) -> None:
        registration = model.register("first")
        (user_id,) = model.pool.users
        code = model.pool.get_latest_code(EMAIL)
        mark = model.removals.mark(user_id)
        begun_at = clock.now
        with pytest.raises(UnavailableError):
            model.sign_up.confirm(registration, code)
        assert 3 < clock.now - begun_at < 10
        assert not model.pool.users[user_id].is_confirmed

        model.removals.unmark(user_id, mark)
        model.sign_up.confirm(registration, code)
        assert model.pool.users[user_id].is_confirmed

    @pytest.mark.parametrize(("status", "is_forgotten"), [(400, True), (403, True), (500, False), (503, False)])
    def test_refused_call_leaves_no_attempt(self, status: int, is_forgotten: bool, model: SignUpModel) -> None:
        registration = model.register("first")
        pool = Mock(spec=UserPool)
        response: Any = {"Error": {"Code": "X"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        pool.confirm.side_effect = ClientError(response, "ConfirmSignUp")
        with pytest.raises(ClientError):
            _make_sign_up(pool, model).confirm(registration, "123456")
        stored = model.registrations.get(registration)
        assert stored
        assert bool(stored.attempts) is not is_forgotten

    def test_repetition_with_the_same_code_succeeds(self, model: SignUpModel) -> None:
        registration = model.register("first")
        code = model.pool.get_latest_code(EMAIL)
        for _ in range(3):
            model.sign_up.confirm(registration, code)
        with pytest.raises(InvalidCodeError):
            model.sign_up.confirm(registration, "wrong")

    def test_repetition_fails_once_the_user_is_gone(self, model: SignUpModel) -> None:
        registration = model.register("first")
        code = model.pool.get_latest_code(EMAIL)
        model.sign_up.confirm(registration, code)
        (user_id,) = model.pool.users
        model.pool.delete(user_id)
        model.register("second")
        with pytest.raises(InvalidCodeError):
            model.sign_up.confirm(registration, code)

    def test_confirmed_registration_is_mailed_no_code(
        self, model: SignUpModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registration = model.register("first")
        code = model.pool.get_latest_code(EMAIL)
        model.sign_up.resend(registration)
        assert model.pool.get_latest_code(EMAIL) != code
        code = model.pool.get_latest_code(EMAIL)
        model.sign_up.confirm(registration, code)
        monkeypatch.setattr(model.pool, "resend", Mock(side_effect=AssertionError))
        model.sign_up.resend(registration)

    @pytest.mark.parametrize(
        "failure",
        [None, UnavailableError(), EndpointConnectionError(endpoint_url="dynamodb"), ClientError({}, "DeleteItem")],
        ids=["no failure", "request deadline", "connection error", "client error"],
    )
    def test_confirmation_forgets_its_own_row_or_ignores_the_error(
        self, failure: Exception | None, model: SignUpModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if failure:
            monkeypatch.setattr(FakePendingConfirmations, "forget", Mock(side_effect=failure))
        model.register("first")
        registration = model.register("second")
        assert model.pending_confirmations.exists(EMAIL, "second")
        for _ in range(2):
            model.sign_up.confirm(registration, model.pool.get_latest_code(EMAIL))
        assert model.pending_confirmations.exists(EMAIL, "first")
        assert model.pending_confirmations.exists(EMAIL, "second") is (failure is not None)
        assert not model.pending_confirmations.exists(EMAIL, "third")


class TestTemporaryPasswords:
    """An operator creates users with a temporary password, and can give one to a member."""

    USER = User(
        "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e",
        EMAIL,
        None,
        datetime.now(UTC),
        is_confirmed=False,
        has_temporary_password=True,
    )

    @pytest.mark.parametrize("is_member", [True, False], ids=["member", "not a member"])
    def test_only_a_user_who_is_not_a_member_is_replaced(self, is_member: bool) -> None:
        pool, directory, registrations = Mock(spec=UserPool), Mock(spec=Directory), Mock(spec=RegistrationRepository)
        pool.sign_up.side_effect = [EmailInUseError, "new"]
        pool.get_user.return_value = self.USER
        directory.has_member.return_value = is_member
        SignUp(pool, directory, registrations, Mock(spec=RemovalRepository), Mock()).register(
            EMAIL, "a rubber duck knows", None
        )
        assert pool.delete.called is not is_member
        assert registrations.create.call_args.args[0] == (None if is_member else "new")
