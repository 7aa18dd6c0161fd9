"""Each documented error of Cognito has one outcome for each call of the user pool."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from app import errors
from app.aws.clients import cognito_client
from app.aws.errors import to_domain_error
from app.cognito.user_pool import EmailInUseError, MailNotSentError, UserPool

SUB = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
EMAIL = "kay@example.org"
OLD_PASSWORD, NEW_PASSWORD = "a rubber duck knows", "a rubber duck forgot"
CODE = "123456"
TOKEN = "eyJ.token.of_a_session"

# Outcomes without an error of the domain: the call suppresses the error, returns no user, or raises an unmapped error.
SUPPRESSED, NO_USER, UNMAPPED = "suppressed", "no user", "unmapped"
Outcome = type[Exception] | str

COMMON_OUTCOMES: Mapping[str, Outcome] = {
    "TooManyRequestsException": errors.TooManyRequestsError,
    "ForbiddenException": errors.TooManyRequestsError,  # Raised by a rule of AWS WAF.
    "InternalErrorException": errors.UnavailableError,
    **dict.fromkeys(
        (
            "InvalidEmailRoleAccessPolicyException",
            "InvalidLambdaResponseException",
            "InvalidSmsRoleAccessPolicyException",
            "InvalidSmsRoleTrustRelationshipException",
            "InvalidUserPoolConfigurationException",
            "MFAMethodNotFoundException",
            "OperationNotEnabledException",
            "ResourceNotFoundException",
            "UnexpectedLambdaException",
            "UnsupportedOperationException",
            "UserLambdaValidationException",
        ),
        UNMAPPED,
    ),
}
CODE_OUTCOMES: Mapping[str, Outcome] = dict.fromkeys(
    (
        "CodeMismatchException",
        "ExpiredCodeException",
        "InvalidParameterException",
        "LimitExceededException",
        "NotAuthorizedException",
        "TooManyFailedAttemptsException",
        "UserNotFoundException",
    ),
    errors.InvalidCodeError,
)
UNDISCLOSED_OUTCOMES: Mapping[str, Outcome] = dict.fromkeys(
    (
        "CodeDeliveryFailureException",
        "InvalidParameterException",
        "LimitExceededException",
        "NotAuthorizedException",
        "UserNotFoundException",
    ),
    SUPPRESSED,
)
PASSWORD_POLICY_OUTCOMES: Mapping[str, Outcome] = {
    "InvalidPasswordException": errors.WeakPasswordError,
    "PasswordHistoryPolicyViolationException": errors.WeakPasswordError,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A call of the user pool, its operation, and the outcomes of that operation's errors by code."""

    call: Callable[[UserPool], Any]
    operation: str
    outcomes: Mapping[str, Outcome]


def _require_live_session(pool: UserPool) -> None:
    if pool.is_session_revoked(TOKEN):
        raise errors.LoginAgainError


def _require_password_match(pool: UserPool) -> None:
    if not pool.password_matches(SUB, OLD_PASSWORD):
        raise errors.WrongPasswordError


CASES = {
    "sign up": Case(
        lambda pool: pool.sign_up(EMAIL, NEW_PASSWORD, "kay"),
        "SignUp",
        {
            "InvalidPasswordException": errors.WeakPasswordError,
            "InvalidParameterException": errors.InvalidEmailError,
            "UsernameExistsException": EmailInUseError,
            "LimitExceededException": MailNotSentError,
            "NotAuthorizedException": UNMAPPED,
        },
    ),
    "confirm": Case(
        lambda pool: pool.confirm(SUB, CODE),
        "ConfirmSignUp",
        {**CODE_OUTCOMES, "AliasExistsException": errors.InvalidCodeError},
    ),
    "resend": Case(lambda pool: pool.resend(SUB), "ResendConfirmationCode", UNDISCLOSED_OUTCOMES),
    "get user": Case(
        lambda pool: pool.get_user(SUB),
        "AdminGetUser",
        {
            "UserNotFoundException": NO_USER,
            "InvalidParameterException": UNMAPPED,
            "NotAuthorizedException": UNMAPPED,
        },
    ),
    "delete": Case(
        lambda pool: pool.delete(SUB),
        "AdminDeleteUser",
        {
            "UserNotFoundException": SUPPRESSED,
            "InvalidParameterException": UNMAPPED,
            "NotAuthorizedException": UNMAPPED,
        },
    ),
    "log in": Case(
        lambda pool: pool.log_in(EMAIL, OLD_PASSWORD),
        "AdminInitiateAuth",
        {
            "InvalidParameterException": errors.InvalidCredentialsError,
            "NotAuthorizedException": errors.InvalidCredentialsError,
            "UserNotFoundException": errors.InvalidCredentialsError,
            "PasswordResetRequiredException": errors.PasswordResetRequiredError,
            "UserNotConfirmedException": errors.InvalidCredentialsError,
        },
    ),
    "refresh": Case(
        lambda pool: pool.refresh(TOKEN),
        "AdminInitiateAuth",
        {
            "InvalidParameterException": errors.InvalidRefreshTokenError,
            "NotAuthorizedException": errors.InvalidRefreshTokenError,
            "UserNotFoundException": errors.InvalidRefreshTokenError,
            "PasswordResetRequiredException": errors.InvalidRefreshTokenError,
            "UserNotConfirmedException": errors.InvalidRefreshTokenError,
        },
    ),
    "is session revoked": Case(
        _require_live_session,
        "GetUser",
        {
            "InvalidParameterException": errors.LoginAgainError,
            "NotAuthorizedException": errors.LoginAgainError,
            "PasswordResetRequiredException": errors.LoginAgainError,
            "UserNotConfirmedException": errors.LoginAgainError,
            "UserNotFoundException": SUPPRESSED,
        },
    ),
    "password matches": Case(
        _require_password_match,
        "AdminInitiateAuth",
        {
            "InvalidParameterException": errors.WrongPasswordError,
            "NotAuthorizedException": errors.WrongPasswordError,
            "UserNotFoundException": errors.WrongPasswordError,
            "PasswordResetRequiredException": errors.WrongPasswordError,
            "UserNotConfirmedException": errors.WrongPasswordError,
        },
    ),
    "log out": Case(
        lambda pool: pool.log_out(TOKEN),
        "RevokeToken",
        dict.fromkeys(
            ("InvalidParameterException", "UnauthorizedException", "UnsupportedTokenTypeException"), SUPPRESSED
        ),
    ),
    "log out everywhere": Case(
        lambda pool: pool.log_out_everywhere(SUB),
        "AdminUserGlobalSignOut",
        {
            "UserNotFoundException": SUPPRESSED,
            "InvalidParameterException": UNMAPPED,
            "NotAuthorizedException": UNMAPPED,
        },
    ),
    "forgot password": Case(lambda pool: pool.forgot_password(EMAIL), "ForgotPassword", UNDISCLOSED_OUTCOMES),
    "reset password": Case(
        lambda pool: pool.reset_password(EMAIL, CODE, NEW_PASSWORD),
        "ConfirmForgotPassword",
        {**CODE_OUTCOMES, **PASSWORD_POLICY_OUTCOMES, "UserNotConfirmedException": errors.InvalidCodeError},
    ),
    "change password": Case(
        lambda pool: pool.change_password(TOKEN, OLD_PASSWORD, NEW_PASSWORD),
        "ChangePassword",
        {
            **PASSWORD_POLICY_OUTCOMES,
            "InvalidParameterException": errors.WeakPasswordError,
            "LimitExceededException": errors.TooManyRequestsError,
            "NotAuthorizedException": errors.WrongPasswordError,
            "PasswordResetRequiredException": errors.PasswordResetRequiredError,
            "UserNotConfirmedException": errors.UnauthenticatedError,
            "UserNotFoundException": errors.UnauthenticatedError,
        },
    ),
}


def _list_documented_errors(operation: str) -> list[str]:
    """Return the error codes of an operation in botocore's model, which follows the API reference."""
    model: Any = cognito_client("us-east-1").meta.service_model.operation_model(operation)
    return [shape.error_code for shape in model.error_shapes]


# test_user_pool.py covers the excluded case: the mail fails after SignUp.
DOCUMENTED_CASES = [
    (name, code)
    for name, case in CASES.items()
    for code in _list_documented_errors(case.operation)
    if (name, code) != ("sign up", "CodeDeliveryFailureException")
]


def _catch_error(call: Callable[[UserPool], Any], pool: UserPool) -> Exception:
    try:
        call(pool)
    except Exception as error:  # noqa: BLE001 -- the tests check its type
        return error
    pytest.fail("the call raised no exception")


Stubbed = tuple[UserPool, Stubber]


@pytest.mark.parametrize(("name", "code"), DOCUMENTED_CASES)
def test_documented_error_has_its_outcome(
    name: str, code: str, stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cognito.user_pool._MAX_SIGN_OUT_RETRIES", 0)
    case = CASES[name]
    pool, stubber = stubbed
    operation = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in case.operation)[1:]
    stubber.add_client_error(operation, code, "Value at 'x' failed to satisfy constraint.")
    expected = {**COMMON_OUTCOMES, **case.outcomes}[code]

    if expected in (SUPPRESSED, NO_USER):
        assert case.call(pool) is None
        return
    caught = _catch_error(case.call, pool)
    if isinstance(caught, ClientError):
        domain_error = to_domain_error(caught)
        assert (UNMAPPED if domain_error is None else type(domain_error)) == expected
    else:
        assert type(caught) is expected
        assert "constraint" not in str(caught)


@pytest.mark.parametrize("name", CASES)
def test_mapped_errors_are_documented(name: str) -> None:
    assert set(CASES[name].outcomes) <= set(_list_documented_errors(CASES[name].operation))
