"""A reset and a change of the password can be retried after a lost response."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ConnectTimeoutError

from app import errors
from app.accounts.passwords import Passwords
from app.cognito.models import User
from app.cognito.user_pool import UserPool

EMAIL, CODE = "kay.lee.01@example.org", "654321"
MEMBER_ID = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
NEW_PASSWORD = "a paper boat floats"


@pytest.fixture
def pool() -> Any:
    pool = Mock(spec=UserPool)
    pool.get_user.return_value = User(MEMBER_ID, EMAIL, None, datetime(2026, 7, 1, tzinfo=UTC), is_confirmed=True)
    return pool


class TestReset:
    def test_reset_revokes_all_sessions(self, pool: Any) -> None:
        Passwords(pool).reset(EMAIL, CODE, NEW_PASSWORD)
        pool.reset_password.assert_called_once_with(EMAIL, CODE, NEW_PASSWORD)
        pool.log_out_everywhere.assert_called_once_with(EMAIL)
        pool.password_matches.assert_not_called()

    @pytest.mark.parametrize(
        "error", [errors.InvalidCodeError(), ConnectTimeoutError(endpoint_url="cognito")], ids=["used code", "timeout"]
    )
    def test_retry_is_accepted_if_the_password_is_set(self, error: Exception, pool: Any) -> None:
        pool.reset_password.side_effect = error
        pool.password_matches.return_value = True
        Passwords(pool).reset(EMAIL, CODE, NEW_PASSWORD)
        pool.log_out_everywhere.assert_called_once_with(EMAIL)

    @pytest.mark.parametrize(
        "error", [errors.InvalidCodeError(), ConnectTimeoutError(endpoint_url="cognito")], ids=["used code", "timeout"]
    )
    def test_failure_is_raised_if_another_password_is_set(self, error: Exception, pool: Any) -> None:
        pool.reset_password.side_effect = error
        pool.password_matches.return_value = False
        with pytest.raises(type(error)):
            Passwords(pool).reset(EMAIL, CODE, NEW_PASSWORD)
        pool.log_out_everywhere.assert_not_called()

    def test_weak_password_error_is_raised_without_a_password_check(self, pool: Any) -> None:
        pool.reset_password.side_effect = errors.WeakPasswordError()
        with pytest.raises(errors.WeakPasswordError):
            Passwords(pool).reset(EMAIL, CODE, NEW_PASSWORD)
        pool.password_matches.assert_not_called()


class TestChange:
    def test_change_revokes_all_sessions(self, pool: Any) -> None:
        Passwords(pool).change(MEMBER_ID, "a token", "old password", NEW_PASSWORD)
        pool.change_password.assert_called_once_with("a token", "old password", NEW_PASSWORD)
        pool.log_out_everywhere.assert_called_once_with(MEMBER_ID)

    @pytest.mark.parametrize("is_set", [True, False], ids=["new password set", "new password not set"])
    @pytest.mark.parametrize("current", ["old password", "old password "], ids=["refused", "not sent"])
    def test_wrong_password_is_ignored_only_if_the_new_one_is_set(self, current: str, is_set: bool, pool: Any) -> None:
        pool.change_password.side_effect = errors.WrongPasswordError()
        pool.password_matches.return_value = is_set
        if is_set:
            Passwords(pool).change(MEMBER_ID, "a token", current, NEW_PASSWORD)
        else:
            with pytest.raises(errors.WrongPasswordError):
                Passwords(pool).change(MEMBER_ID, "a token", current, NEW_PASSWORD)
        assert pool.log_out_everywhere.called is is_set
        pool.password_matches.assert_called_once_with(MEMBER_ID, NEW_PASSWORD)

    @pytest.mark.parametrize("current", ["x", " old", "old ", "old\npassword", "old\u2028password"], ids=ascii)
    def test_password_that_cognito_never_accepts_is_wrong(self, current: str, pool: Any) -> None:
        pool.password_matches.return_value = False
        with pytest.raises(errors.WrongPasswordError):
            Passwords(pool).change(MEMBER_ID, "a token", current, NEW_PASSWORD)
        pool.change_password.assert_not_called()

    @pytest.mark.parametrize("new", [EMAIL, EMAIL.upper(), "kay.lee.01", "Kay.Lee.01"])
    def test_password_that_is_the_email_is_weak(self, new: str, pool: Any) -> None:
        with pytest.raises(errors.WeakPasswordError):
            Passwords(pool).change(MEMBER_ID, "a token", "old password", new)
        pool.change_password.assert_not_called()

    def test_deleted_user_is_unauthenticated(self, pool: Any) -> None:
        pool.get_user.return_value = None
        with pytest.raises(errors.UnauthenticatedError):
            Passwords(pool).change(MEMBER_ID, "a token", "old password", NEW_PASSWORD)
        pool.change_password.assert_not_called()
