"""A reset and a change of the password can be retried after a lost response."""

from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ConnectTimeoutError

from app import errors
from app.accounts.passwords import Passwords
from app.cognito.user_pool import UserPool

EMAIL, CODE = "kay@example.org", "654321"
NEW_PASSWORD = "a paper boat floats"


@pytest.fixture
def pool() -> Any:
    return Mock(spec=UserPool)


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
        Passwords(pool).change("a member", "a token", "old", NEW_PASSWORD)
        pool.change_password.assert_called_once_with("a token", "old", NEW_PASSWORD)
        pool.log_out_everywhere.assert_called_once_with("a member")

    @pytest.mark.parametrize("is_set", [True, False], ids=["new password set", "new password not set"])
    def test_wrong_password_is_ignored_only_if_the_new_one_is_set(self, is_set: bool, pool: Any) -> None:
        pool.change_password.side_effect = errors.WrongPasswordError()
        pool.password_matches.return_value = is_set
        if is_set:
            Passwords(pool).change("a member", "a token", "old", NEW_PASSWORD)
        else:
            with pytest.raises(errors.WrongPasswordError):
                Passwords(pool).change("a member", "a token", "old", NEW_PASSWORD)
        assert pool.log_out_everywhere.called is is_set
