"""A failed login discloses an unconfirmed account only to a client that sends the registered password."""

from typing import Any
from unittest.mock import Mock

import pytest

from app import errors
from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.sessions import Sessions
from app.cognito.models import Tokens
from app.cognito.user_pool import UserPool

TOKENS = Tokens("access", "refresh", 900)


@pytest.fixture
def pool() -> Any:
    return Mock(spec=UserPool)


@pytest.fixture
def pending_confirmations() -> Any:
    return Mock(spec=PendingConfirmationRepository)


def test_successful_login_reads_no_pending_confirmation(pool: Any, pending_confirmations: Any) -> None:
    pool.log_in.return_value = TOKENS
    assert Sessions(pool, pending_confirmations).log_in("kay@example.org", "a password") == TOKENS
    pending_confirmations.exists.assert_not_called()


@pytest.mark.parametrize(
    ("is_pending", "error"), [(True, errors.AccountNotConfirmedError), (False, errors.InvalidCredentialsError)]
)
def test_failed_login_depends_on_the_pending_confirmation(
    is_pending: bool, error: type[Exception], pool: Any, pending_confirmations: Any
) -> None:
    pool.log_in.side_effect = errors.InvalidCredentialsError()
    pending_confirmations.exists.return_value = is_pending
    with pytest.raises(error):
        Sessions(pool, pending_confirmations).log_in("kay@example.org", "a password")
    pending_confirmations.exists.assert_called_once_with("kay@example.org", "a password")


def test_required_reset_is_raised_unchanged(pool: Any, pending_confirmations: Any) -> None:
    pool.log_in.side_effect = errors.PasswordResetRequiredError()
    with pytest.raises(errors.PasswordResetRequiredError):
        Sessions(pool, pending_confirmations).log_in("kay@example.org", "a password")
    pending_confirmations.exists.assert_not_called()
