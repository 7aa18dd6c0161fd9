"""The user pool sends the expected parameters, and interprets the responses."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from app import errors
from app.aws.clients import cognito_client
from app.cognito.models import Tokens, User
from app.cognito.user_pool import MailNotSentError, UserPool
from testkit.doubles import SETTINGS

SUB = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
EMAIL = "kay@example.org"
OLD_PASSWORD, NEW_PASSWORD = "a rubber duck knows", "a rubber duck forgot"
CODE = "123456"
TOKEN = "eyJ.token.of_a_session"

Stubbed = tuple[UserPool, Stubber]


def _make_user_response(**changes: Any) -> dict[str, Any]:
    attributes = {"sub": SUB, "email": EMAIL, "email_verified": "true"} | changes.pop("attributes", {})
    return {
        "Username": SUB,
        "UserAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "UserCreateDate": datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        "UserStatus": "CONFIRMED",
        **changes,
    }


class TestSignUp:
    def test_sign_up_sends_the_requested_handle_and_returns_the_sub(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        for requested_handle, attributes in ((None, []), ("kay", [{"Name": "preferred_username", "Value": "kay"}])):
            parameters = {
                "ClientId": SETTINGS.user_pool_client_id,
                "Username": EMAIL,
                "Password": NEW_PASSWORD,
                "UserAttributes": attributes,
            }
            stubber.add_response("sign_up", {"UserConfirmed": False, "UserSub": SUB}, parameters)
            assert pool.sign_up(EMAIL, NEW_PASSWORD, requested_handle) == SUB

    def test_failed_mail_raises_without_another_call(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("sign_up", "CodeDeliveryFailureException")
        with pytest.raises(MailNotSentError):
            pool.sign_up(EMAIL, NEW_PASSWORD, None)

    def test_malformed_password_is_weak(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("sign_up", "InvalidParameterException", "Value at 'password' failed to satisfy …")
        with pytest.raises(errors.WeakPasswordError):
            pool.sign_up(EMAIL, NEW_PASSWORD, None)


class TestLogOutEverywhere:
    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.cognito.user_pool._MAX_SIGN_OUT_PAUSE_SECONDS", 0)

    def test_throttled_sign_out_is_retried(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        for code in ("TooManyRequestsException", "InternalErrorException", "TooManyRequestsException"):
            stubber.add_client_error("admin_user_global_sign_out", code)
        stubber.add_response("admin_user_global_sign_out", {})
        pool.log_out_everywhere(SUB)

    def test_retries_are_limited(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        for _ in range(5):
            stubber.add_client_error("admin_user_global_sign_out", "TooManyRequestsException")
        with pytest.raises(ClientError):
            pool.log_out_everywhere(SUB)


class TestLockOut:
    PARAMETERS = {"UserPoolId": SETTINGS.user_pool_id, "Username": SUB}  # noqa: RUF012 -- a constant

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.cognito.user_pool._MAX_SIGN_OUT_PAUSE_SECONDS", 0)

    def test_sessions_end_before_the_user_is_disabled(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_user_global_sign_out", {}, self.PARAMETERS)
        stubber.add_response("admin_disable_user", {}, self.PARAMETERS)
        pool.lock_out(SUB)

    @pytest.mark.parametrize("code", ["NotAuthorizedException", "UserNotFoundException"])
    def test_user_is_disabled_even_if_there_is_no_session_to_end(self, code: str, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("admin_user_global_sign_out", code)
        stubber.add_response("admin_disable_user", {}, self.PARAMETERS)
        pool.lock_out(SUB)

    def test_missing_user_is_ignored(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        for operation in ("admin_user_global_sign_out", "admin_disable_user"):
            stubber.add_client_error(operation, "UserNotFoundException")
        pool.lock_out(SUB)

    def test_user_with_sessions_is_not_disabled(self, stubbed: Stubbed) -> None:
        """Cognito does not document whether the sessions of a disabled user can be revoked."""
        pool, stubber = stubbed
        for _ in range(5):
            stubber.add_client_error("admin_user_global_sign_out", "InternalErrorException")
        with pytest.raises(ClientError):
            pool.lock_out(SUB)

    @pytest.mark.parametrize("code", ["NotAuthorizedException", "InternalErrorException", "AccessDeniedException"])
    def test_failed_disabling_is_raised(self, code: str, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_user_global_sign_out", {})
        stubber.add_client_error("admin_disable_user", code)
        with pytest.raises(ClientError):
            pool.lock_out(SUB)


class TestGetUser:
    def test_user_has_the_attributes_in_the_response(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        parameters = {"UserPoolId": SETTINGS.user_pool_id, "Username": EMAIL}
        stubber.add_response(
            "admin_get_user", _make_user_response(attributes={"preferred_username": "kay"}), parameters
        )
        assert pool.get_user(EMAIL) == User(SUB, EMAIL, "kay", datetime(2026, 7, 1, 10, tzinfo=UTC), is_confirmed=True)

    @pytest.mark.parametrize(
        ("status", "confirmed"),
        [("UNCONFIRMED", False), ("FORCE_CHANGE_PASSWORD", False), ("CONFIRMED", True), ("RESET_REQUIRED", True)],
    )
    def test_user_status_decides_confirmation(self, status: str, confirmed: bool, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_get_user", _make_user_response(UserStatus=status))
        user = pool.get_user(SUB)
        assert user is not None
        assert user.is_confirmed is confirmed
        assert user.requested_handle is None


class TestSessions:
    def test_login_returns_the_tokens(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        result = {"AccessToken": "a", "RefreshToken": "r", "IdToken": "i", "ExpiresIn": 900, "TokenType": "Bearer"}
        stubber.add_response("admin_initiate_auth", {"AuthenticationResult": result})
        assert pool.log_in(EMAIL, OLD_PASSWORD) == Tokens("a", "r", 900)

    @pytest.mark.parametrize("challenge", ["NEW_PASSWORD_REQUIRED", "SMS_MFA", "DEVICE_SRP_AUTH"])
    def test_challenge_is_not_a_session(self, challenge: str, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_initiate_auth", {"ChallengeName": challenge, "Session": "s" * 20})
        # A user from Cognito's console never logged in, so the answer is the one for an unknown email.
        with pytest.raises(errors.InvalidCredentialsError):
            pool.log_in(EMAIL, OLD_PASSWORD)
        stubber.add_response("admin_initiate_auth", {"ChallengeName": challenge, "Session": "s" * 20})
        assert not pool.password_matches(SUB, OLD_PASSWORD)

    def test_required_reset_is_not_a_wrong_password(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("admin_initiate_auth", "PasswordResetRequiredException")
        with pytest.raises(errors.PasswordResetRequiredError):
            pool.log_in(EMAIL, OLD_PASSWORD)

    def test_refresh_returns_the_same_refresh_token(self, stubbed: Stubbed) -> None:
        pool, stubber = stubbed
        stubber.add_response("admin_initiate_auth", {"AuthenticationResult": {"AccessToken": "a", "ExpiresIn": 900}})
        assert pool.refresh(TOKEN) == Tokens("a", TOKEN, 900)

    @pytest.mark.parametrize(
        "secret", ["", " ", "a b", "a\n", "é", "\ud800", "\x00", "a" * 4097], ids=lambda text: ascii(text)[:8]
    )
    def test_malformed_token_or_code_is_not_sent(self, secret: str, stubbed: Stubbed) -> None:
        pool, _ = stubbed
        with pytest.raises(errors.InvalidRefreshTokenError):
            pool.refresh(secret)
        with pytest.raises(errors.InvalidCodeError):
            pool.confirm(SUB, secret)
        with pytest.raises(errors.InvalidCodeError):
            pool.reset_password(EMAIL, secret, NEW_PASSWORD)
        pool.log_out(secret)


class TestChangePassword:
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
    def test_message_separates_wrong_password_from_revoked_session(
        self, message: str, error: type[Exception], stubbed: Stubbed
    ) -> None:
        pool, stubber = stubbed
        stubber.add_client_error("change_password", "NotAuthorizedException", message)
        with pytest.raises(error) as caught:
            pool.change_password(TOKEN, OLD_PASSWORD, NEW_PASSWORD)
        assert message not in str(caught.value)


class TestClients:
    @pytest.mark.parametrize(
        ("call", "operation"),
        [
            pytest.param(lambda pool: pool.confirm(SUB, CODE), "ConfirmSignUp", id="confirm"),
            pytest.param(
                lambda pool: pool.reset_password(EMAIL, CODE, NEW_PASSWORD),
                "ConfirmForgotPassword",
                id="reset password",
            ),
            pytest.param(
                lambda pool: pool.change_password(TOKEN, OLD_PASSWORD, NEW_PASSWORD),
                "ChangePassword",
                id="change password",
            ),
        ],
    )
    def test_non_repeatable_calls_have_a_single_attempt(self, call: Callable[[UserPool], Any], operation: str) -> None:
        pool = UserPool(SETTINGS)
        single_attempt_client: Any = cognito_client("us-east-1", single_attempt=True)
        vars(pool).update(_client=None, _single_attempt_client=single_attempt_client)
        sent: list[str] = []

        def fail(model: Any, **_: Any) -> None:
            sent.append(model.name)
            raise EndpointConnectionError(endpoint_url="cognito")

        single_attempt_client.meta.events.register("before-call.cognito-identity-provider", fail)
        with pytest.raises(EndpointConnectionError):
            call(pool)
        assert sent == [operation]

    def test_clients_are_created_on_first_use(self) -> None:
        pool = UserPool(SETTINGS)
        assert not {"_client", "_single_attempt_client"} & vars(pool).keys()
        assert pool._client is pool._client


def test_error_does_not_contain_the_password(stubbed: Stubbed) -> None:
    pool, stubber = stubbed
    secret = secrets.token_urlsafe()
    stubber.add_client_error("admin_initiate_auth", "NotAuthorizedException", f"Not {secret}")
    with pytest.raises(errors.InvalidCredentialsError) as caught:
        pool.log_in(EMAIL, secret)
    assert secret not in str(caught.value)
