"""What Cognito's refusals mean, in Dwipper's words; calls nothing.

Which call may be refused by which name: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
"""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import ClientError

from app.aws.clients import error_code
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

Meanings = Mapping[str, type[DwipperError]]

# Limits per user are answered like a wrong code, or a limit would tell that the user is there.
CODE: Meanings = dict.fromkeys(
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
LOGIN: Meanings = {
    "InvalidParameterException": InvalidCredentialsError,
    "NotAuthorizedException": InvalidCredentialsError,
    "PasswordResetRequiredException": PasswordResetRequiredError,
    "UserNotConfirmedException": InvalidCredentialsError,  # Which it says whatever the password: see waiting.py.
    "UserNotFoundException": InvalidCredentialsError,
}
REFRESH: Meanings = dict.fromkeys(
    (
        "InvalidParameterException",
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "UserNotFoundException",
    ),
    InvalidRefreshTokenError,
)
CHANGE: Meanings = {
    "InvalidParameterException": WeakPasswordError,
    "PasswordResetRequiredException": PasswordResetRequiredError,
    "UserNotConfirmedException": UnauthenticatedError,
    "UserNotFoundException": UnauthenticatedError,
}
WEAK: Meanings = {
    "InvalidPasswordException": WeakPasswordError,
    "PasswordHistoryPolicyViolationException": WeakPasswordError,
}

# Where the answer is the same for everybody, what Cognito has to say of a user or a session is not heard.
NOT_TOLD = frozenset(
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

# Cognito fails to mail, or has mailed its day's share. Nobody who has an account is mailed, so it is not passed on.
NO_MAIL = frozenset({"CodeDeliveryFailureException", "LimitExceededException"})

NOBODY = frozenset({"UserNotFoundException"})

# A session that was signed out, whose user has to have another password, or whose token is none.
ENDED = frozenset(
    {
        "InvalidParameterException",
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
    }
)


@contextmanager
def translated(meanings: Meanings) -> Iterator[None]:
    """Raise in Dwipper's words what Cognito refuses by one of these names."""
    try:
        yield
    except ClientError as error:
        if error_code(error) in meanings:
            raise meanings[error_code(error)] from error
        raise


@contextmanager
def unheard(codes: Container[str]) -> Iterator[None]:
    """Do not hear what Cognito refuses by one of these names."""
    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise


def why_not_changed(error: ClientError) -> DwipperError:
    """Cognito has one name for a wrong password and for an ended session."""
    return UnauthenticatedError() if names(error, "token") else WrongPasswordError()


def names(error: ClientError, word: str) -> bool:
    """Whether Cognito's message has this word in it; some of its refusals differ in nothing else."""
    return word in str(error.response.get("Error", {}).get("Message", "")).lower()
