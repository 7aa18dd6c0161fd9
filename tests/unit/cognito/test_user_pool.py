"""Each refusal that Cognito's API reference lists, for each call that we make, and what it means to a member."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from app import errors
from app.aws.clients import cognito_client
from app.aws.errors import to_domain_error
from app.cognito.user_pool import EmailInUseError, MailNotSentError, Tokens, User, UserPool
from testkit.doubles import SETTINGS

SUB = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
EMAIL = "kay@example.org"
OLD, NEW = "a rubber duck knows", "a rubber duck forgot"
CODE = "123456"
TOKEN = "eyJ.token.of_a_session"

# What a refusal comes to, beside an error of ours: nothing is said, or we have misconfigured something.
SILENCE, NOBODY, OUR_MISTAKE = "silence", "nobody", "our mistake"
Meaning = type[Exception] | str

EVERYWHERE: Mapping[str, Meaning] = {
    "TooManyRequestsException": errors.TooManyRequestsError,
    "ForbiddenException": errors.TooManyRequestsError,  # By a rule of a web firewall.
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
        OUR_MISTAKE,
    ),
}
CODE_REFUSED: Mapping[str, Meaning] = dict.fromkeys(
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
SAME_FOR_EVERYBODY: Mapping[str, Meaning] = dict.fromkeys(
    (
        "CodeDeliveryFailureException",
        "InvalidParameterException",
        "LimitExceededException",
        "NotAuthorizedException",
        "UserNotFoundException",
    ),
    SILENCE,
)
WEAK: Mapping[str, Meaning] = {
    "InvalidPasswordException": errors.WeakPasswordError,
    "PasswordHistoryPolicyViolationException": errors.WeakPasswordError,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A call of ours, and what it makes of Cognito's refusals."""

    call: Callable[[UserPool], Any]
    operation: str
    refusals: Mapping[str, Meaning]


def _is_live(pool: UserPool) -> None:
    if pool.is_session_revoked(TOKEN):
        raise errors.LoginAgainError


def _is_password(pool: UserPool) -> None:
    if not pool.password_matches(SUB, OLD):
        raise errors.WrongPasswordError


CASES = {
    "sign up": Case(
        lambda pool: pool.sign_up(EMAIL, NEW, "kay"),
        "SignUp",
        {
            "InvalidPasswordException": errors.WeakPasswordError,
            "InvalidParameterException": errors.InvalidEmailError,
            "UsernameExistsException": EmailInUseError,
            "LimitExceededException": MailNotSentError,
            "NotAuthorizedException": OUR_MISTAKE,
        },
    ),
    "confirm": Case(
        lambda pool: pool.confirm(SUB, CODE),
        "ConfirmSignUp",
        {**CODE_REFUSED, "AliasExistsException": errors.InvalidCodeError},
    ),
    "resend": Case(lambda pool: pool.resend(SUB), "ResendConfirmationCode", SAME_FOR_EVERYBODY),
    "find": Case(
        lambda pool: pool.get_user(SUB),
        "AdminGetUser",
        {
            "UserNotFoundException": NOBODY,
            "InvalidParameterException": OUR_MISTAKE,
            "NotAuthorizedException": OUR_MISTAKE,
        },
    ),
    "delete": Case(
        lambda pool: pool.delete(SUB),
        "AdminDeleteUser",
        {
            "UserNotFoundException": SILENCE,
            "InvalidParameterException": OUR_MISTAKE,
            "NotAuthorizedException": OUR_MISTAKE,
        },
    ),
    "log in": Case(
        lambda pool: pool.log_in(EMAIL, OLD),
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
    "has ended": Case(
        _is_live,
        "GetUser",
        {
            "InvalidParameterException": errors.LoginAgainError,
            "NotAuthorizedException": errors.LoginAgainError,
            "PasswordResetRequiredException": errors.LoginAgainError,
            "UserNotConfirmedException": errors.LoginAgainError,
            "UserNotFoundException": SILENCE,
        },
    ),
    "is password": Case(
        _is_password,
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
        dict.fromkeys(("InvalidParameterException", "UnauthorizedException", "UnsupportedTokenTypeException"), SILENCE),
    ),
    "log out everywhere": Case(
        lambda pool: pool.log_out_everywhere(SUB),
        "AdminUserGlobalSignOut",
        {
            "UserNotFoundException": SILENCE,
            "InvalidParameterException": OUR_MISTAKE,
            "NotAuthorizedException": OUR_MISTAKE,
        },
    ),
    "forgot password": Case(lambda pool: pool.forgot_password(EMAIL), "ForgotPassword", SAME_FOR_EVERYBODY),
    "reset password": Case(
        lambda pool: pool.reset_password(EMAIL, CODE, NEW),
        "ConfirmForgotPassword",
        {**CODE_REFUSED, **WEAK, "UserNotConfirmedException": errors.InvalidCodeError},
    ),
    "change password": Case(
        lambda pool: pool.change_password(TOKEN, OLD, NEW),
        "ChangePassword",
        {
            **WEAK,
            "InvalidParameterException": errors.WeakPasswordError,
            "LimitExceededException": errors.TooManyRequestsError,
            "NotAuthorizedException": errors.WrongPasswordError,
            "PasswordResetRequiredException": errors.PasswordResetRequiredError,
            "UserNotConfirmedException": errors.UnauthenticatedError,
            "UserNotFoundException": errors.UnauthenticatedError,
        },
    ),
}


def _listed(operation: str) -> list[str]:
    """The errors of an operation, as botocore carries them from the API reference."""
    model: Any = cognito_client("us-east-1").meta.service_model.operation_model(operation)
    return [shape.error_code for shape in model.error_shapes]


# Delivery failing after SignUp is a case of its own.
LISTED = [
    (name, code)
    for name, case in CASES.items()
    for code in _listed(case.operation)
    if (name, code) != ("sign up", "CodeDeliveryFailureException")
]


def _raised(call: Callable[[UserPool], Any], pool: UserPool) -> Exception:
    try:
        call(pool)
    except Exception as error:  # noqa: BLE001 -- which one, is the question
        return error
    pytest.fail("nothing was raised")


Stubbed = tuple[UserPool, Stubber]


@pytest.fixture(scope="module")
def client() -> Any:
    return cognito_client("us-east-1")


@pytest.fixture
def stubbed(client: Any) -> Iterator[Stubbed]:
    pool = UserPool(SETTINGS)
    vars(pool).update(_client=client, _single_attempt_client=client)
    with Stubber(client) as stubber:
        yield pool, stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(("name", "code"), LISTED)
def test_a_refusal_means(name: str, code: str, stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cognito.user_pool._MAX_SIGN_OUT_RETRIES", 0)
    case = CASES[name]
    pool, stubber = stubbed
    operation = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in case.operation)[1:]
    stubber.add_client_error(operation, code, "Value at 'x' failed to satisfy constraint.")
    expected = {**EVERYWHERE, **case.refusals}[code]

    if expected in (SILENCE, NOBODY):
        assert case.call(pool) is None
        return
    refusal = _raised(case.call, pool)
    if isinstance(refusal, ClientError):
        known = to_domain_error(refusal)
        assert (OUR_MISTAKE if known is None else type(known)) == expected
    else:
        assert type(refusal) is expected
        assert "constraint" not in str(refusal)


@pytest.mark.parametrize("name", CASES)
def test_each_case_names_no_error_that_there_is_not(name: str) -> None:
    assert set(CASES[name].refusals) <= set(_listed(CASES[name].operation))


def _user(**changes: Any) -> dict[str, Any]:
    attributes = {"sub": SUB, "email": EMAIL, "email_verified": "true"} | changes.pop("attributes", {})
    return {
        "Username": SUB,
        "UserAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "UserCreateDate": datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        "UserStatus": "CONFIRMED",
        **changes,
    }


class TestSignUp:
    def test_the_sub_of_the_new_user_comes_back_who_is_sent_no_attribute_but_the_wish(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        for wish, attributes in ((None, []), ("kay", [{"Name": "preferred_username", "Value": "kay"}])):
            asked = {
                "ClientId": SETTINGS.user_pool_client_id,
                "Username": EMAIL,
                "Password": NEW,
                "UserAttributes": attributes,
            }
            stubber.add_response("sign_up", {"UserConfirmed": False, "UserSub": SUB}, asked)
            assert pool.sign_up(EMAIL, NEW, wish) == SUB

    def test_a_mail_that_cannot_be_sent_is_told_and_nobody_is_looked_up(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("sign_up", "CodeDeliveryFailureException")
        with pytest.raises(MailNotSentError):
            pool.sign_up(EMAIL, NEW, None)

    def test_a_password_that_cognito_cannot_take_is_a_weak_one(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("sign_up", "InvalidParameterException", "Value at 'password' failed to satisfy …")
        with pytest.raises(errors.WeakPasswordError):
            pool.sign_up(EMAIL, NEW, None)


class TestLogOutEverywhere:
    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.cognito.user_pool._MAX_SIGN_OUT_PAUSE_SECONDS", 0)

    def test_it_is_tried_again(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        for code in ("TooManyRequestsException", "InternalErrorException", "TooManyRequestsException"):
            stubber.add_client_error("admin_user_global_sign_out", code)
        stubber.add_response("admin_user_global_sign_out", {})
        pool.log_out_everywhere(SUB)

    def test_but_not_for_ever(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        for _ in range(5):
            stubber.add_client_error("admin_user_global_sign_out", "TooManyRequestsException")
        with pytest.raises(ClientError):
            pool.log_out_everywhere(SUB)


class TestFind:
    def test_a_user_is_what_cognito_keeps(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        asked = {"UserPoolId": SETTINGS.user_pool_id, "Username": EMAIL}
        stubber.add_response("admin_get_user", _user(attributes={"preferred_username": "kay"}), asked)
        assert pool.get_user(EMAIL) == User(SUB, EMAIL, "kay", datetime(2026, 7, 1, 10, tzinfo=UTC), confirmed=True)

    @pytest.mark.parametrize(
        ("status", "confirmed"), [("UNCONFIRMED", False), ("CONFIRMED", True), ("RESET_REQUIRED", True)]
    )
    def test_a_user_is_confirmed_or_not(self, status: str, confirmed: bool, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_get_user", _user(UserStatus=status))
        user = pool.get_user(SUB)
        assert user is not None
        assert user.confirmed is confirmed
        assert user.wished_handle is None


class TestSessions:
    def test_a_session_is_two_tokens_and_a_time(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        result = {"AccessToken": "a", "RefreshToken": "r", "IdToken": "i", "ExpiresIn": 900, "TokenType": "Bearer"}
        stubber.add_response("admin_initiate_auth", {"AuthenticationResult": result})
        assert pool.log_in(EMAIL, OLD) == Tokens("a", "r", 900)

    @pytest.mark.parametrize("challenge", ["NEW_PASSWORD_REQUIRED", "SMS_MFA", "DEVICE_SRP_AUTH"])
    def test_a_challenge_is_none(self, challenge: str, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_initiate_auth", {"ChallengeName": challenge, "Session": "s" * 20})
        with pytest.raises(errors.PasswordResetRequiredError):
            pool.log_in(EMAIL, OLD)
        stubber.add_response("admin_initiate_auth", {"ChallengeName": challenge, "Session": "s" * 20})
        assert not pool.password_matches(SUB, OLD)

    def test_a_refresh_token_stays_the_same(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_initiate_auth", {"AuthenticationResult": {"AccessToken": "a", "ExpiresIn": 900}})
        assert pool.refresh(TOKEN) == Tokens("a", TOKEN, 900)

    @pytest.mark.parametrize(
        "secret", ["", " ", "a b", "a\n", "é", "\ud800", "\x00", "a" * 4097], ids=lambda s: ascii(s)[:8]
    )
    def test_what_can_be_no_secret_is_not_sent(self, secret: str, stubbed: Stubbed) -> None:
        pool, _ = stubbed
        with pytest.raises(errors.InvalidRefreshTokenError):
            pool.refresh(secret)
        with pytest.raises(errors.InvalidCodeError):
            pool.confirm(SUB, secret)
        with pytest.raises(errors.InvalidCodeError):
            pool.reset_password(EMAIL, secret, NEW)
        pool.log_out(secret)


class TestChangeOfPassword:
    @pytest.mark.parametrize(
        ("message", "error"),
        [
            ("Incorrect username or password.", errors.WrongPasswordError),
            ("Password attempts exceeded", errors.WrongPasswordError),
            ("Access Token has been revoked", errors.UnauthenticatedError),
            ("Access Token has expired", errors.UnauthenticatedError),
            ("Invalid Access Token", errors.UnauthenticatedError),
        ],
    )
    def test_a_wrong_password_is_not_an_ended_session(
        self, message: str, error: type[Exception], stubbed: Stubbed
    ) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("change_password", "NotAuthorizedException", message)
        with pytest.raises(error) as raised:
            pool.change_password(TOKEN, OLD, NEW)
        assert message not in str(raised.value)


class TestClients:
    @pytest.mark.parametrize("name", ["confirm", "reset password", "change password"])
    def test_what_cannot_be_repeated_is_sent_by_the_client_that_does_not(self, name: str) -> None:
        pool = UserPool(SETTINGS)
        once: Any = cognito_client("us-east-1", single_attempt=True)
        vars(pool).update(_client=None, _single_attempt_client=once)
        sent: list[str] = []

        def fail(model: Any, **_: Any) -> None:
            sent.append(model.name)
            raise EndpointConnectionError(endpoint_url="cognito")

        once.meta.events.register("before-call.cognito-identity-provider", fail)
        with pytest.raises(EndpointConnectionError):
            CASES[name].call(pool)
        assert sent == [CASES[name].operation]

    def test_they_are_made_when_first_needed(self) -> None:
        pool = UserPool(SETTINGS)
        assert not {"_client", "_single_attempt_client"} & vars(pool).keys()
        assert pool._client is pool._client


def test_no_secret_is_in_what_an_error_says(stubbed: Stubbed) -> None:
    pool, stubber = stubbed
    secret = secrets.token_urlsafe()
    stubber.add_client_error("admin_initiate_auth", "NotAuthorizedException", f"Not {secret}")
    with pytest.raises(errors.InvalidCredentialsError) as refusal:
        pool.log_in(EMAIL, secret)
    assert secret not in str(refusal.value)
