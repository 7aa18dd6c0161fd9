"""What can go wrong, in Dwipper's own words; knows no HTTP and imports nothing of Dwipper.

    DwipperError
    ├── MisconfiguredError
    ├── UnauthenticatedError
    ├── InvalidCredentialsError
    ├── InvalidRefreshTokenError
    ├── InvalidGrantError
    ├── AccountNotConfirmedError
    ├── PasswordResetRequiredError
    ├── WrongPasswordError
    ├── WeakPasswordError
    ├── InvalidEmailError
    ├── InvalidCodeError
    ├── HandleTakenError
    ├── MemberNotFoundError
    ├── DwippNotFoundError
    ├── NotTheAuthorError
    ├── EditConflictError
    ├── IdempotencyKeyReusedError
    ├── LoginAgainError
    ├── InvalidCursorError
    ├── TooManyRequestsError
    └── UnavailableError

A docstring's first line is what the member reads; `problems.py` gives each its status.
"""


class DwipperError(Exception):
    """Something went wrong."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.summary())

    @classmethod
    def summary(cls) -> str:
        """The first line of the class's docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]


class MisconfiguredError(DwipperError):
    """The process lacks a setting, or has one that cannot be used."""


class UnauthenticatedError(DwipperError):
    """This needs the access token of a member: log in, then send it as `Authorization: Bearer …`."""


class InvalidCredentialsError(DwipperError):
    """The email or the password is wrong, or there were too many attempts: then wait a little."""


class InvalidRefreshTokenError(DwipperError):
    """The refresh token is expired, ended by a sign-out, or none of ours: log in again."""


class InvalidGrantError(DwipperError):
    """The token request is not one that RFC 6749 knows.

    Args:
        error: the code of RFC 6749, section 5.2.
        detail: what is wrong, for the client's developer.
    """

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error


class AccountNotConfirmedError(DwipperError):
    """The account waits for its confirmation: send the code that was mailed."""


class PasswordResetRequiredError(DwipperError):
    """The password has to be set anew first: ask for a reset code."""


class WrongPasswordError(DwipperError):
    """The current password is wrong."""


class WeakPasswordError(DwipperError):
    """A password has 10 to 256 characters in one line, and neither begins nor ends with a blank."""


class InvalidEmailError(DwipperError):
    """No mail can be sent to this address."""


class InvalidCodeError(DwipperError):
    """The code is wrong, expired or used."""


class HandleTakenError(DwipperError):
    """The handle belongs to somebody, or is reserved: choose another."""


class MemberNotFoundError(DwipperError):
    """There is no member of that handle."""


class DwippNotFoundError(DwipperError):
    """There is no such Dwipp, or no longer."""


class NotTheAuthorError(DwipperError):
    """Only its author may change or delete a Dwipp."""


class EditConflictError(DwipperError):
    """The Dwipp was edited since the version that you named: read it again."""


class IdempotencyKeyReusedError(DwipperError):
    """This Idempotency-Key was sent with another text before: take a new key for another Dwipp."""


class LoginAgainError(DwipperError):
    """This cannot be undone, so it needs a login of the last ten minutes: log in again."""


class InvalidCursorError(DwipperError):
    """This cursor is not from this list: start again without one."""


class TooManyRequestsError(DwipperError):
    """Too many requests at the moment: wait, then try again."""


class UnavailableError(DwipperError):
    """A service behind this one does not answer at the moment: try again."""
