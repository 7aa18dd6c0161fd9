"""A failed login discloses an unconfirmed account only to a client that sends the registered password.

From the deletion mark on, a login is refused as for an unknown email, and a refresh as for an invalid token.
"""

from typing import Any
from unittest.mock import Mock

import pytest

from app import errors
from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.sessions import Sessions
from app.cognito.models import Tokens
from app.cognito.user_pool import UserPool
from app.members.directory import Directory
from testkit.forged_tokens import SUB, make_token

TOKENS = Tokens(make_token(), "refresh", 900)


@pytest.fixture
def pool() -> Any:
    return Mock(spec=UserPool)


@pytest.fixture
def directory() -> Any:
    """Return a directory in which no account is being deleted."""
    directory = Mock(spec=Directory)
    directory.is_leaving.return_value = False
    return directory


@pytest.fixture
def pending_confirmations() -> Any:
    return Mock(spec=PendingConfirmationRepository)


@pytest.fixture
def sessions(pool: Any, directory: Any, pending_confirmations: Any) -> Sessions:
    return Sessions(pool, directory, pending_confirmations)


def test_successful_login_reads_no_pending_confirmation(
    sessions: Sessions, pool: Any, pending_confirmations: Any
) -> None:
    pool.log_in.return_value = TOKENS
    assert sessions.log_in("kay@example.org", "a password") == TOKENS
    pending_confirmations.exists.assert_not_called()


@pytest.mark.parametrize(
    ("is_pending", "error"), [(True, errors.AccountNotConfirmedError), (False, errors.InvalidCredentialsError)]
)
def test_failed_login_depends_on_the_pending_confirmation(
    is_pending: bool, error: type[Exception], sessions: Sessions, pool: Any, pending_confirmations: Any
) -> None:
    pool.log_in.side_effect = errors.InvalidCredentialsError()
    pending_confirmations.exists.return_value = is_pending
    with pytest.raises(error):
        sessions.log_in("kay@example.org", "a password")
    pending_confirmations.exists.assert_called_once_with("kay@example.org", "a password")


def test_required_reset_is_raised_unchanged(sessions: Sessions, pool: Any, pending_confirmations: Any) -> None:
    pool.log_in.side_effect = errors.PasswordResetRequiredError()
    with pytest.raises(errors.PasswordResetRequiredError):
        sessions.log_in("kay@example.org", "a password")
    pending_confirmations.exists.assert_not_called()


def test_refresh_returns_the_tokens(sessions: Sessions, pool: Any, directory: Any) -> None:
    pool.refresh.return_value = TOKENS
    assert sessions.refresh("a refresh token") == TOKENS
    directory.is_leaving.assert_called_once_with(SUB)


class TestDeletedMember:
    """The account has a deletion mark, but Cognito still issues tokens."""

    @pytest.fixture(autouse=True)
    def marked(self, directory: Any) -> None:
        directory.is_leaving.return_value = True

    def test_login_is_refused_like_an_unknown_email(
        self, sessions: Sessions, pool: Any, directory: Any, pending_confirmations: Any
    ) -> None:
        pool.log_in.return_value = TOKENS
        with pytest.raises(errors.InvalidCredentialsError) as refused:
            sessions.log_in("kay@example.org", "a password")
        directory.is_leaving.assert_called_once_with(SUB)

        pool.log_in.side_effect = errors.InvalidCredentialsError()
        pending_confirmations.exists.return_value = False
        with pytest.raises(errors.InvalidCredentialsError) as unknown:
            sessions.log_in("nobody@example.org", "a password")
        assert _describe(refused.value) == _describe(unknown.value)

    def test_refresh_is_refused_like_an_invalid_token(self, sessions: Sessions, pool: Any, directory: Any) -> None:
        pool.refresh.return_value = TOKENS
        with pytest.raises(errors.InvalidRefreshTokenError) as refused:
            sessions.refresh("a refresh token")
        directory.is_leaving.assert_called_once_with(SUB)

        pool.refresh.side_effect = errors.InvalidRefreshTokenError()
        with pytest.raises(errors.InvalidRefreshTokenError) as invalid:
            sessions.refresh("an invalid token")
        assert _describe(refused.value) == _describe(invalid.value)


def _describe(error: errors.DwipperError) -> tuple[object, ...]:
    return type(error), error.args, vars(error)
