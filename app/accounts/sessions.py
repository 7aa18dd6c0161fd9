"""Sessions: login, refresh and logout."""

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.cognito.models import Tokens
from app.cognito.user_pool import UserPool
from app.errors import AccountNotConfirmedError, InvalidCredentialsError


class Sessions:
    """The sessions of members."""

    def __init__(self, pool: UserPool, pending_confirmations: PendingConfirmationRepository) -> None:
        self._pool = pool
        self._pending_confirmations = pending_confirmations

    def log_in(self, email: str, password: str) -> Tokens:
        """Start a session.

        Raises:
            InvalidCredentialsError: if the email or the password is wrong.
            AccountNotConfirmedError: if the email was registered with this password and is not confirmed.
            PasswordResetRequiredError: if an administrator demands a new password.
        """
        try:
            return self._pool.log_in(email, password)
        except InvalidCredentialsError:
            if self._pending_confirmations.exists(email, password):
                raise AccountNotConfirmedError from None
            raise

    def refresh(self, refresh_token: str) -> Tokens:
        """Return a new access token for a session.

        Raises:
            InvalidRefreshTokenError: if the token is invalid, expired or revoked.
        """
        return self._pool.refresh(refresh_token)

    def log_out(self, refresh_token: str) -> None:
        """Revoke a refresh token. Ignore unknown ones."""
        self._pool.log_out(refresh_token)

    def log_out_everywhere(self, name: str) -> None:
        """Revoke all refresh tokens of the user with this `sub` or email."""
        self._pool.log_out_everywhere(name)
