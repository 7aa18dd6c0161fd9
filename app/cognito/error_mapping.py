"""The meaning of Cognito's errors. Makes no call.

The errors of each call: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
"""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import ClientError

from app.aws.errors import error_code
from app.errors import (
    DwipperError,
    InvalidCodeError,
    InvalidCredentialsError,
    InvalidRefreshTokenError,
    PasswordResetRequiredError,
    UnauthenticatedError,
    WeakPasswordError,
    WrongPasswordError,
)

ErrorMap = Mapping[str, type[DwipperError]]

# A limit per user counts as a wrong code. Otherwise the limit would disclose that the user exists.
CODE_ERRORS: ErrorMap = dict.fromkeys(
    (
        "AliasExistsException",
        "CodeMismatchException",
        "ExpiredCodeException",
        "InvalidParameterException",
        "LimitExceededException",
        "NotAuthorizedException",
        "TooManyFailedAttemptsException",
        "UserNotConfirmedException",
        "UserNotFoundException",
    ),
    InvalidCodeError,
)
LOGIN_ERRORS: ErrorMap = {
    "InvalidParameterException": InvalidCredentialsError,
    "NotAuthorizedException": InvalidCredentialsError,
    "PasswordResetRequiredException": PasswordResetRequiredError,
    # Cognito raises this for any password. See app/accounts/pending_confirmations.py.
    "UserNotConfirmedException": InvalidCredentialsError,
    "UserNotFoundException": InvalidCredentialsError,
}
REFRESH_ERRORS: ErrorMap = dict.fromkeys(
    (
        "InvalidParameterException",
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "UserNotFoundException",
    ),
    InvalidRefreshTokenError,
)
CHANGE_PASSWORD_ERRORS: ErrorMap = {
    "InvalidParameterException": WeakPasswordError,
    "PasswordResetRequiredException": PasswordResetRequiredError,
    "UserNotConfirmedException": UnauthenticatedError,
    "UserNotFoundException": UnauthenticatedError,
}
PASSWORD_POLICY_ERRORS: ErrorMap = {
    "InvalidPasswordException": WeakPasswordError,
    "PasswordHistoryPolicyViolationException": WeakPasswordError,
}

# Errors about one user or one session, for calls whose response is the same for everybody.
UNDISCLOSED = frozenset(
    {
        "CodeDeliveryFailureException",
        "InvalidParameterException",
        "LimitExceededException",
        "NotAuthorizedException",
        "UnauthorizedException",
        "UnsupportedTokenTypeException",
        "UserNotFoundException",
    }
)

# Cognito could not send a mail, or the daily quota is used up. The API does not return this, because Cognito mails only
# if the email has no account.
MAIL_ERRORS = frozenset({"CodeDeliveryFailureException", "LimitExceededException"})
# Cognito may not send through the SES identity of the pool. The response is 500, because an operator must fix it.
_MAIL_ACCESS_DENIED = "InvalidEmailRoleAccessPolicyException"
# The message of a limit per user, which an impatient member exceeds. The message of the quota names the "email limit".
_USER_LIMIT = "attempt limit"

USER_NOT_FOUND = frozenset({"UserNotFoundException"})

# The error for a disabled user, in calls other than a login. For a login, it also means a wrong password.
DISABLED_USER = frozenset({"NotAuthorizedException"})

# The session was signed out, the user must set a new password, or the token is invalid.
REVOKED_SESSION = frozenset(
    {
        "InvalidParameterException",
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
    }
)


@contextmanager
def map_errors(error_map: ErrorMap) -> Iterator[None]:
    """Raise the mapped error of the domain in place of an error of Cognito with one of these codes."""
    try:
        yield
    except ClientError as error:
        if error_code(error) in error_map:
            raise error_map[error_code(error)] from error
        raise


@contextmanager
def suppress_errors(codes: Container[str]) -> Iterator[None]:
    """Suppress errors of Cognito with one of these codes."""
    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise


def is_unsent_mail(error: ClientError) -> bool:
    """Return True if a call that mails a code failed because Cognito or SES did not send the mail."""
    if error_code(error) == "LimitExceededException":
        return not message_contains(error, _USER_LIMIT)
    return error_code(error) in {*MAIL_ERRORS, _MAIL_ACCESS_DENIED}


def change_password_error(error: ClientError) -> DwipperError:
    """Translate NotAuthorizedException, which Cognito raises for a wrong password and for a revoked session alike."""
    return UnauthenticatedError() if message_contains(error, "token") else WrongPasswordError()


def message_contains(error: ClientError, word: str) -> bool:
    """Return True if Cognito's message contains the word. Some errors differ only in their messages."""
    return word in str(error.response.get("Error", {}).get("Message", "")).lower()
