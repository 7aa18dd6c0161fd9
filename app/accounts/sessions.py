"""Sessions: login, refresh and logout."""

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.auth.tokens import unverified_subject
from app.cognito.models import Tokens
from app.cognito.user_pool import UserPool
from app.errors import AccountNotConfirmedError, InvalidCredentialsError, InvalidRefreshTokenError
from app.members.directory import Directory


class Sessions:
    """The sessions of members.

    A login or a refresh fails if the account has a deletion mark, even if Cognito has not disabled the user yet.
    """

    def __init__(
        self, pool: UserPool, directory: Directory, pending_confirmations: PendingConfirmationRepository
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._pending_confirmations = pending_confirmations

    def log_in(self, email: str, password: str) -> Tokens:
        """Start a session.

        Raises:
            InvalidCredentialsError: if the email or the password is wrong, or if the account is being deleted.
            AccountNotConfirmedError: if the email was registered with this password and is not confirmed.
            PasswordResetRequiredError: if an administrator demands a new password.
        """
        try:
            tokens = self._pool.log_in(email, password)
        except InvalidCredentialsError:
            if self._pending_confirmations.exists(email, password):
                raise AccountNotConfirmedError from None
            raise
        if self._is_leaving(tokens):
            raise InvalidCredentialsError
        return tokens

    def refresh(self, refresh_token: str) -> Tokens:
        """Return a new access token for a session.

        Raises:
            InvalidRefreshTokenError: if the token is invalid, expired or revoked, or if the account is being deleted.
        """
        tokens = self._pool.refresh(refresh_token)
        if self._is_leaving(tokens):
            raise InvalidRefreshTokenError
        return tokens

    def log_out(self, refresh_token: str) -> None:
        """Revoke a refresh token. Ignore unknown ones."""
        self._pool.log_out(refresh_token)

    def log_out_everywhere(self, name: str) -> None:
        """Revoke all refresh tokens of the user with this `sub` or email."""
        self._pool.log_out_everywhere(name)

    def _is_leaving(self, tokens: Tokens) -> bool:
        member_id = unverified_subject(tokens.access_token)  # Unverified, because the token comes from Cognito.
        return member_id is None or self._directory.is_leaving(member_id)
