"""Passwords: reset and change. Both end all sessions, and both are safe to retry."""

from app.accounts.password_rules import is_accepted_by_cognito, is_email_or_local_part
from app.aws.errors import to_domain_error
from app.cognito.user_pool import UserPool
from app.errors import (
    InvalidCodeError,
    UnauthenticatedError,
    UnavailableError,
    WeakPasswordError,
    WrongPasswordError,
)


class Passwords:
    """The change of passwords.

    A request may set the password and then lose its response, or fail to end the sessions. After that, its code or its
    current password is invalid. So a repeated request succeeds if the account already has the new password.
    """

    def __init__(self, pool: UserPool) -> None:
        self._pool = pool

    def request_reset(self, email: str) -> None:
        """Mail a reset code. Do nothing for an email without an account."""
        self._pool.forgot_password(email)

    def reset(self, email: str, code: str, new_password: str) -> None:
        """Set a new password by the mailed code, and end all sessions.

        Raises:
            InvalidCodeError: if the code is wrong, or if none was requested.
            WeakPasswordError: if the pool's policy refuses the password.
        """
        try:
            self._pool.reset_password(email, code, new_password)
        except Exception as error:
            if not _may_have_reset(error) or not self._pool.password_matches(email, new_password):
                raise
        self._pool.log_out_everywhere(email)

    def change(self, member_id: str, access_token: str, current_password: str, new_password: str) -> None:
        """Set a new password by the current one, and end all sessions.

        Raises:
            WrongPasswordError: if the current password is wrong, or if Cognito accepts no password of its form.
            UnauthenticatedError: if the session was revoked, or if the user no longer exists.
            PasswordResetRequiredError: if an administrator demands a new password.
            WeakPasswordError: if the new password is the email or its local part, or if the pool's policy refuses it.
        """
        user = self._pool.get_user(member_id)
        if user is None:
            raise UnauthenticatedError
        if is_email_or_local_part(new_password, user.email):
            raise WeakPasswordError
        try:
            self._replace(access_token, current_password, new_password)
        except WrongPasswordError:
            if not self._pool.password_matches(member_id, new_password):
                raise
        self._pool.log_out_everywhere(member_id)

    def _replace(self, access_token: str, current_password: str, new_password: str) -> None:
        if not is_accepted_by_cognito(current_password):
            raise WrongPasswordError  # Cognito would call it an invalid parameter.
        self._pool.change_password(access_token, current_password, new_password)


def _may_have_reset(error: Exception) -> bool:
    return isinstance(error, InvalidCodeError) or isinstance(to_domain_error(error), UnavailableError)
