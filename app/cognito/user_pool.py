"""The Cognito user pool: accounts and sessions.

Members log in with their email, and the username of each user is their `sub`.
The errors of each call: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
"""

import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from app.aws.clients import cognito_client
from app.aws.errors import TRANSPORT_ERRORS, error_code, log_suppressed, to_domain_error
from app.cognito import error_mapping
from app.cognito.models import Tokens, User
from app.errors import (
    DwipperError,
    InvalidCodeError,
    InvalidCredentialsError,
    InvalidEmailError,
    InvalidRefreshTokenError,
    PasswordResetRequiredError,
    TooManyRequestsError,
    UnavailableError,
    WeakPasswordError,
)
from app.observability import request_context
from app.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

_MAX_SIGN_OUT_RETRIES = 4
_MAX_SIGN_OUT_PAUSE_SECONDS = 1.0

# The form of codes and refresh tokens. Cognito refuses other forms with a message about its own parameters.
_SECRET_FORM = re.compile(r"[!-~]{1,4096}")


class EmailInUseError(Exception):
    """The pool has a user with this email, confirmed or not."""


class MailNotSentError(Exception):
    """The mail with the code could not be sent."""


class UserPool:
    """The client of the user pool. It translates Cognito's errors into those of the domain."""

    def __init__(self, settings: Settings) -> None:
        self._region = settings.region
        self._pool_id = settings.user_pool_id
        self._client_id = settings.user_pool_client_id
        self._lock = RLock()

    # The clients are created on first use: most requests need none, and creating one prolongs a cold start.

    @cached_property
    def _client(self) -> "CognitoIdentityProviderClient":
        with self._lock:
            return cognito_client(self._region)

    @cached_property
    def _single_attempt_client(self) -> "CognitoIdentityProviderClient":
        with self._lock:
            return cognito_client(self._region, single_attempt=True)

    @property
    def keys_url(self) -> str:
        """Return the URL of the pool's public keys, at the endpoint to which botocore sends the calls."""
        return f"{self._client.meta.endpoint_url.rstrip('/')}/{self._pool_id}/.well-known/jwks.json"

    def sign_up(self, email: str, password: str, requested_handle: str | None) -> str:
        """Create an unconfirmed user, mail a code, and return the user's `sub`.

        Raises:
            EmailInUseError: if the pool has a user with this email.
            MailNotSentError: if the mail was not sent. The user may exist nevertheless.
            WeakPasswordError: if the pool's policy refuses the password.
            InvalidEmailError: if Cognito refuses the address.
        """
        # The email is missing here: the app client may not write it, and Cognito takes it from the username.
        attributes: list[AttributeTypeTypeDef] = []
        if requested_handle:
            attributes.append({"Name": "preferred_username", "Value": requested_handle})
        try:
            with error_mapping.map_errors(error_mapping.PASSWORD_POLICY_ERRORS), _record_unsent_mail():
                response = self._single_attempt_client.sign_up(
                    ClientId=self._client_id,
                    Username=email,
                    Password=password,
                    UserAttributes=attributes,
                )
        except ClientError as error:
            if error_code(error) == "UsernameExistsException":
                raise EmailInUseError from error
            if error_code(error) == "InvalidParameterException":
                is_password = error_mapping.message_contains(error, "password")
                raise (WeakPasswordError if is_password else InvalidEmailError) from error
            if error_code(error) in error_mapping.MAIL_ERRORS:
                raise MailNotSentError from error
            raise
        return response["UserSub"]

    def confirm(self, user_id: str, code: str) -> None:
        """Confirm a user by the mailed code.

        Raises:
            InvalidCodeError: if the code is wrong, or if there is nothing to confirm.
        """
        _check_form(code, InvalidCodeError)
        with error_mapping.map_errors(error_mapping.CODE_ERRORS):
            self._single_attempt_client.confirm_sign_up(
                ClientId=self._client_id, Username=user_id, ConfirmationCode=code
            )

    def resend(self, user_id: str) -> None:
        """Mail a new code to an unconfirmed user. Do nothing for any other user."""
        with error_mapping.suppress_errors(error_mapping.UNDISCLOSED), _record_unsent_mail():
            self._client.resend_confirmation_code(ClientId=self._client_id, Username=user_id)

    def get_user(self, name: str) -> User | None:
        """Return the user with this `sub` or email. None if there is none."""
        try:
            return User.from_response(self._client.admin_get_user(UserPoolId=self._pool_id, Username=name))
        except ClientError as error:
            if error_code(error) not in error_mapping.USER_NOT_FOUND:
                raise
            return None

    def is_in_group(self, user_id: str, group: str) -> bool:
        """Return True if a user is in a group at this moment. Return False if there is no such user."""
        parameters: dict[str, Any] = {"UserPoolId": self._pool_id, "Username": user_id}
        while True:
            try:
                page = self._client.admin_list_groups_for_user(**parameters)
            except ClientError as error:
                if error_code(error) not in error_mapping.USER_NOT_FOUND:
                    raise
                return False
            if any(each.get("GroupName") == group for each in page["Groups"]):
                return True
            if "NextToken" not in page:
                return False
            parameters["NextToken"] = page["NextToken"]

    def lock_out(self, user_id: str) -> None:
        """Revoke all sessions of a user, and disable the user. Do nothing if there is none.

        A disabled user can neither log in nor refresh.
        """
        # In this order, because Cognito does not document whether the sessions of a disabled user can be revoked.
        with error_mapping.suppress_errors(error_mapping.DISABLED_USER):
            self.log_out_everywhere(user_id)
        with error_mapping.suppress_errors(error_mapping.USER_NOT_FOUND):
            self._client.admin_disable_user(UserPoolId=self._pool_id, Username=user_id)

    def delete(self, user_id: str) -> None:
        """Delete a user. Do nothing if there is none."""
        with error_mapping.suppress_errors(error_mapping.USER_NOT_FOUND):
            self._client.admin_delete_user(UserPoolId=self._pool_id, Username=user_id)

    def log_in(self, email: str, password: str) -> Tokens:
        """Start a session.

        Raises:
            InvalidCredentialsError: if the email or the password is wrong, or if the user is not confirmed or has a
                temporary password. The cause stays undisclosed.
            PasswordResetRequiredError: if an administrator demands a new password.
        """
        with error_mapping.map_errors(error_mapping.LOGIN_ERRORS):
            response = self._client.admin_initiate_auth(
                UserPoolId=self._pool_id,
                ClientId=self._client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        # The only challenge of this pool is NEW_PASSWORD_REQUIRED, for users with a temporary password.
        if "AuthenticationResult" not in response:
            raise InvalidCredentialsError
        return _tokens(response["AuthenticationResult"])

    def refresh(self, refresh_token: str) -> Tokens:
        """Return a new access token for a session, with the same refresh token.

        Raises:
            InvalidRefreshTokenError: if the token is invalid, expired or revoked.
        """
        _check_form(refresh_token, InvalidRefreshTokenError)
        with error_mapping.map_errors(error_mapping.REFRESH_ERRORS):
            response = self._client.admin_initiate_auth(
                UserPoolId=self._pool_id,
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        return _tokens({"RefreshToken": refresh_token} | response["AuthenticationResult"])

    def log_out(self, refresh_token: str) -> None:
        """Revoke a refresh token. Ignore unknown ones."""
        if _SECRET_FORM.fullmatch(refresh_token):
            with error_mapping.suppress_errors(error_mapping.UNDISCLOSED):
                self._client.revoke_token(ClientId=self._client_id, Token=refresh_token)

    def is_session_revoked(self, access_token: str) -> bool:
        """Return True if the session was revoked. False if the user no longer exists."""
        try:
            self._client.get_user(AccessToken=access_token)
        except ClientError as error:
            if error_code(error) not in error_mapping.REVOKED_SESSION | error_mapping.USER_NOT_FOUND:
                raise
            return error_code(error) in error_mapping.REVOKED_SESSION
        return False

    def password_matches(self, name: str, password: str) -> bool:
        """Return True if this password logs in the user with this `sub` or email."""
        try:
            self.log_in(name, password)
        except (InvalidCredentialsError, PasswordResetRequiredError):
            return False
        return True

    def log_out_everywhere(self, name: str) -> None:
        """Revoke all sessions of the user with this `sub` or email. Do nothing if there is none.

        No old session may remain after a reset or a change of the password. So this retries longer than the SDK.
        """
        for _ in range(_MAX_SIGN_OUT_RETRIES):
            try:
                return self._log_out_everywhere(name)
            except (ClientError, *TRANSPORT_ERRORS) as error:
                if not isinstance(to_domain_error(error), UnavailableError | TooManyRequestsError):
                    raise
                time.sleep(random.uniform(0, _MAX_SIGN_OUT_PAUSE_SECONDS))  # noqa: S311 -- jitter, not a secret
        return self._log_out_everywhere(name)

    def _log_out_everywhere(self, name: str) -> None:
        with error_mapping.suppress_errors(error_mapping.USER_NOT_FOUND):
            self._client.admin_user_global_sign_out(UserPoolId=self._pool_id, Username=name)

    def forgot_password(self, email: str) -> None:
        """Mail a reset code. Do nothing for an email without an account."""
        with error_mapping.suppress_errors(error_mapping.UNDISCLOSED), _record_unsent_mail():
            self._client.forgot_password(ClientId=self._client_id, Username=email)

    def reset_password(self, email: str, code: str, password: str) -> None:
        """Set a new password by the mailed code.

        Raises:
            InvalidCodeError: if the code is wrong, or if none was requested.
            WeakPasswordError: if the pool's policy refuses the password.
        """
        _check_form(code, InvalidCodeError)
        with error_mapping.map_errors({**error_mapping.CODE_ERRORS, **error_mapping.PASSWORD_POLICY_ERRORS}):
            self._single_attempt_client.confirm_forgot_password(
                ClientId=self._client_id, Username=email, ConfirmationCode=code, Password=password
            )

    def change_password(self, access_token: str, current: str, new: str) -> None:
        """Set a new password by the current one.

        Raises:
            WrongPasswordError: if the current password is wrong, or after too many attempts.
            UnauthenticatedError: if the session was revoked, or if the user no longer exists.
            PasswordResetRequiredError: if an administrator demands a new password.
            WeakPasswordError: if the pool's policy refuses the new password.
        """
        with error_mapping.map_errors({**error_mapping.PASSWORD_POLICY_ERRORS, **error_mapping.CHANGE_PASSWORD_ERRORS}):
            try:
                self._single_attempt_client.change_password(
                    AccessToken=access_token, PreviousPassword=current, ProposedPassword=new
                )
            except self._single_attempt_client.exceptions.NotAuthorizedException as error:
                raise error_mapping.change_password_error(error) from error


@contextmanager
def _record_unsent_mail() -> Iterator[None]:
    """Count a mail that was not sent, and log an error that the response does not show. Raise the error again."""
    try:
        yield
    except ClientError as error:
        if error_mapping.is_unsent_mail(error):
            request_context.current().unsent_mails.append(error_code(error))
            if error_code(error) in error_mapping.MAIL_ERRORS:
                log_suppressed(error)
        raise


def _check_form(secret: str, error_type: type[DwipperError]) -> None:
    if not _SECRET_FORM.fullmatch(secret):
        raise error_type


def _tokens(result: Mapping[str, Any]) -> Tokens:
    return Tokens(result["AccessToken"], result["RefreshToken"], result["ExpiresIn"])
