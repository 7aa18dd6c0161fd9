"""The errors of the domain. Imports no other module of Dwipper.

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
    ├── OwnProfileError
    ├── TooManyBlocksError
    ├── DwippNotFoundError
    ├── NotTheAuthorError
    ├── OwnDwippError
    ├── RemovedError
    ├── EditConflictError
    ├── DecisionConflictError
    ├── ProtectedMemberError
    ├── IdempotencyKeyReusedError
    ├── LoginAgainError
    ├── ModeratorsOnlyError
    ├── SuspendedError
    ├── InvalidCursorError
    ├── TooManyRequestsError
    ├── RateLimitedError
    └── UnavailableError

`detail` is the text that a client reads. It is an attribute, because `python -OO` removes docstrings.
`app/web/problems.py` gives each error its status.
"""

from collections.abc import Mapping


class DwipperError(Exception):
    """Base class of all errors that Dwipper raises on purpose.

    Args:
        detail: the text for the client, if it differs from the class's own.
    """

    detail: str = "The request failed."

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.detail
        super().__init__(self.detail)


class MisconfiguredError(DwipperError):
    """A setting is missing or invalid."""

    detail = "A setting is missing or invalid."


class UnauthenticatedError(DwipperError):
    """The request carries no valid access token."""

    detail = "A valid access token is required. Log in and send the token as `Authorization: Bearer …`."


class InvalidCredentialsError(DwipperError):
    """The login failed. The response does not disclose why."""

    detail = (
        "The email or the password is wrong, or there were too many attempts. After several attempts, wait up to 15"
        " minutes."
    )


class InvalidRefreshTokenError(DwipperError):
    """The refresh token belongs to no session."""

    detail = "The refresh token is invalid, expired or revoked. Log in again."


class InvalidGrantError(DwipperError):
    """The token request is invalid.

    Args:
        error: the error code of RFC 6749, section 5.2.
        detail: the cause, for the developer of the client.
    """

    detail = "The token request is invalid."

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error


class AccountNotConfirmedError(DwipperError):
    """The account awaits its confirmation."""

    detail = (
        "This registration is not confirmed. Send the code from the confirmation mail. If no mail arrives, the email"
        " may have an account already: log in with its password, or reset the password."
    )


class PasswordResetRequiredError(DwipperError):
    """An administrator demands a new password."""

    detail = "The password must be reset. Request a reset code."


class WrongPasswordError(DwipperError):
    """The current password is wrong."""

    detail = "The current password is wrong."


class WeakPasswordError(DwipperError):
    """The new password breaks the password rules."""

    detail = (
        "A password has 10 to 256 characters on one line, without a blank at either end. It is not one of the most"
        " common passwords, your email, or the part of your email before the `@`."
    )


class InvalidEmailError(DwipperError):
    """The email address is not deliverable."""

    detail = "No mail can be delivered to this address."


class InvalidCodeError(DwipperError):
    """The mailed code is wrong, expired or used."""

    detail = "The code is wrong, expired or used."


class HandleTakenError(DwipperError):
    """The handle belongs to another member or is reserved."""

    detail = "The handle is taken or reserved. Choose another one."


class MemberNotFoundError(DwipperError):
    """No member has this handle."""

    detail = "No member has this handle, or you block the member."


class OwnProfileError(DwipperError):
    """The operation requires the handle of another member, but the handle is the caller's own."""

    detail = "This is your own handle. You can only block other members."


class TooManyBlocksError(DwipperError):
    """The member has the maximum number of blocks."""

    detail = "You block 500 members, which is the maximum. Unblock a member first."


class DwippNotFoundError(DwipperError):
    """The Dwipp does not exist, or the member may not see it.

    Args:
        has_changed: whether the request changed a reaction all the same. It is not part of the response.
    """

    detail = "This Dwipp does not exist, it was deleted or removed, or you block its author."

    def __init__(self, *, has_changed: bool = False) -> None:
        super().__init__()
        self.has_changed = has_changed


class NotTheAuthorError(DwipperError):
    """The member did not write this Dwipp.

    Args:
        author_handle: the handle of the author, empty if unknown. It is not part of the response.
    """

    detail = "Only the author can edit or delete a Dwipp."

    def __init__(self, author_handle: str = "") -> None:
        super().__init__()
        self.author_handle = author_handle


class OwnDwippError(DwipperError):
    """The operation is for the Dwipps of others, but the member wrote this one."""

    detail = "You wrote this Dwipp. You can neither report it nor decide on it."


class RemovedError(DwipperError):
    """Moderators removed the Dwipp, so its author can only read and delete it."""

    detail = "Moderators removed your Dwipp. You can only read or delete it."


class EditConflictError(DwipperError):
    """The Dwipp has another version than the edit names."""

    detail = "The Dwipp was edited since the `version` that you sent. Read it again."


class DecisionConflictError(DwipperError):
    """The case has another decision than the one that the moderator read."""

    detail = "The case has another decision than the one that you read. Read the case again."


class ProtectedMemberError(DwipperError):
    """The member to suspend is a moderator."""

    detail = "This member is a moderator. Moderators cannot be suspended."


class IdempotencyKeyReusedError(DwipperError):
    """The idempotency key belongs to another text."""

    detail = "This Idempotency-Key was sent with another text before. Use a new key for another Dwipp."


class LoginAgainError(DwipperError):
    """The operation needs a recent login."""

    detail = "This cannot be undone and needs a login within the last 10 minutes. Log in again."


class ModeratorsOnlyError(DwipperError):
    """The access token does not give the rights of a moderator."""

    detail = "Only moderators can use this part of the API. A new moderator must log in again or refresh the token."


class SuspendedError(DwipperError):
    """The member is suspended.

    Args:
        until: the end of the suspension as RFC 3339. None if it has no end.
        reason: the reason of the suspension.
    """

    detail = (
        "You are suspended, see `until` and `reason`. You can read and delete, but not create, edit, react, report or"
        " block."
    )

    def __init__(self, until: str | None, reason: str) -> None:
        super().__init__()
        self.until = until
        self.reason = reason


class InvalidCursorError(DwipperError):
    """The cursor belongs to another list or is malformed."""

    detail = "The cursor does not belong to this list. Start again without a cursor."


class TooManyRequestsError(DwipperError):
    """A rate limit refused the request."""

    detail = "Too many requests. Wait, then try again."


class RateLimitedError(DwipperError):
    """The member has used up a limit.

    Args:
        retry_after_seconds: the seconds until the last of the used-up windows ends.
        fields: the header fields that tell the client its limits.
    """

    detail = "Your limit for this kind of write is used up. Wait for the seconds in `Retry-After`, then try again."

    def __init__(self, retry_after_seconds: int, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds
        self.fields = fields


class UnavailableError(DwipperError):
    """A service that Dwipper depends on did not respond."""

    detail = "A service that this API depends on is not available. Try again."
