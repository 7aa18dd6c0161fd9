"""The Cognito user pool: who has an account, and who is logged in; knows no table and no HTTP.

In this pool emails are the names to log in by, and the username of a user is their `sub`.
What each call may raise: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
"""

import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from app.aws.clients import NO_ANSWER, cognito_client, error_code, meaning
from app.cognito import error_mapping
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
from app.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

_SIGN_OUT_TRIES = 4
_SIGN_OUT_PAUSE_SECONDS = 1.0

# Codes and refresh tokens as Cognito's API takes them; it would refuse others with a message about its own parameters.
_OPAQUE = re.compile(r"[!-~]{1,4096}")


class EmailInUseError(Exception):
    """A user of this email is in the pool, confirmed or not."""


class MailNotSentError(Exception):
    """The mail with a code could not be sent."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session: what to call with, and what to ask for the next one with."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class User:
    """What Cognito keeps of a user, and nothing else does."""

    id: str
    email: str
    wished_handle: str | None
    created_at: datetime
    confirmed: bool

    @classmethod
    def of(cls, answer: Any) -> "User":
        """The user in an answer of AdminGetUser."""
        attributes = {attribute["Name"]: attribute["Value"] for attribute in answer["UserAttributes"]}
        return cls(
            id=attributes["sub"],
            email=attributes["email"],
            wished_handle=attributes.get("preferred_username"),
            created_at=answer["UserCreateDate"].astimezone(UTC),
            confirmed=answer["UserStatus"] != "UNCONFIRMED",
        )


class UserPool:
    """Calls Cognito, and says in Dwipper's words what it refused."""

    def __init__(self, settings: Settings) -> None:
        self._region = settings.region
        self._pool_id = settings.user_pool_id
        self._client_id = settings.user_pool_client_id
        self._lock = RLock()

    @cached_property
    def _client(self) -> "CognitoIdentityProviderClient":
        # Made when first needed: most requests never talk to Cognito, and the client costs a cold start.
        with self._lock:
            return cognito_client(self._region)

    @cached_property
    def _client_once(self) -> "CognitoIdentityProviderClient":
        with self._lock:
            return cognito_client(self._region, once=True)

    def sign_up(self, email: str, password: str, wished_handle: str | None) -> str:
        """Make an unconfirmed user, mail a code, and return the user's `sub`.

        Raises:
            EmailInUseError: if there is a user of that email.
            MailNotSentError: if the code did not leave, whether the user was made or not.
            WeakPasswordError: if the pool's policy refuses the password.
            InvalidEmailError: if Cognito takes the address for none.
        """
        # No email among them: the app client may write none, and Cognito takes it from the username.
        attributes: list[AttributeTypeTypeDef] = []
        if wished_handle:
            attributes.append({"Name": "preferred_username", "Value": wished_handle})
        try:
            with error_mapping.translated(error_mapping.WEAK):
                answer = self._client_once.sign_up(
                    ClientId=self._client_id,
                    Username=email,
                    Password=password,
                    UserAttributes=attributes,
                )
        except ClientError as error:
            if error_code(error) == "UsernameExistsException":
                raise EmailInUseError from error
            if error_code(error) == "InvalidParameterException":
                raise (WeakPasswordError if error_mapping.names(error, "password") else InvalidEmailError) from error
            if error_code(error) in error_mapping.NO_MAIL:
                # There may be a user now, but whoever the address has next is not to be confirmed by this registration.
                raise MailNotSentError from error
            raise
        return answer["UserSub"]

    def confirm(self, user_id: str, code: str) -> None:
        """Confirm a user by the code that was mailed.

        Raises:
            InvalidCodeError: if it is not the code, or there is nothing to confirm.
        """
        _check(code, InvalidCodeError)
        with error_mapping.translated(error_mapping.CODE):
            self._client_once.confirm_sign_up(ClientId=self._client_id, Username=user_id, ConfirmationCode=code)

    def resend(self, user_id: str) -> None:
        """Mail another code to an unconfirmed user; silent about anybody else."""
        with error_mapping.unheard(error_mapping.NOT_TOLD):
            self._client.resend_confirmation_code(ClientId=self._client_id, Username=user_id)

    def find(self, name: str) -> User | None:
        """The user of this `sub` or email, if there is one."""
        try:
            return User.of(self._client.admin_get_user(UserPoolId=self._pool_id, Username=name))
        except ClientError as error:
            if error_code(error) != "UserNotFoundException":
                raise
            return None

    def delete(self, user_id: str) -> None:
        """Remove a user, if there is one."""
        with error_mapping.unheard(error_mapping.NOBODY):
            self._client.admin_delete_user(UserPoolId=self._pool_id, Username=user_id)

    def log_in(self, email: str, password: str) -> Tokens:
        """Begin a session.

        Raises:
            InvalidCredentialsError: if the email or the password is wrong, or the user never sent the code; nothing
                tells which.
            PasswordResetRequiredError: if an administrator wants another password.
        """
        with error_mapping.translated(error_mapping.LOGIN):
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._pool_id,
                ClientId=self._client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        if "AuthenticationResult" not in answer:  # A challenge: this pool has none but for a password to be set anew.
            raise PasswordResetRequiredError
        return _tokens(answer["AuthenticationResult"])

    def refresh(self, refresh_token: str) -> Tokens:
        """Go on with a session: another access token, and the same refresh token.

        Raises:
            InvalidRefreshTokenError: if the session is over, or never was.
        """
        _check(refresh_token, InvalidRefreshTokenError)
        with error_mapping.translated(error_mapping.REFRESH):
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._pool_id,
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        return _tokens({"RefreshToken": refresh_token} | answer["AuthenticationResult"])

    def log_out(self, refresh_token: str) -> None:
        """End one session; silent about a token that is none."""
        if _OPAQUE.fullmatch(refresh_token):
            with error_mapping.unheard(error_mapping.NOT_TOLD):
                self._client.revoke_token(ClientId=self._client_id, Token=refresh_token)

    def has_ended(self, access_token: str) -> bool:
        """Whether the session of an access token is over before its time; it is not for who is no user any more."""
        try:
            self._client.get_user(AccessToken=access_token)
        except ClientError as error:
            if error_code(error) not in error_mapping.ENDED | error_mapping.NOBODY:
                raise
            return error_code(error) in error_mapping.ENDED
        return False

    def is_password(self, name: str, password: str) -> bool:
        """Whether the user of this `sub` or email logs in with this password."""
        try:
            self.log_in(name, password)
        except (InvalidCredentialsError, PasswordResetRequiredError):
            return False
        return True

    def log_out_everywhere(self, name: str) -> None:
        """End all sessions of the user of this `sub` or email, if there is one.

        What has gone before cannot be asked for again where this fails, a code being used up, so it is tried longer.
        """
        for _ in range(_SIGN_OUT_TRIES):
            try:
                return self._log_out_everywhere(name)
            except (ClientError, *NO_ANSWER) as error:
                if not isinstance(meaning(error), UnavailableError | TooManyRequestsError):
                    raise
                time.sleep(random.uniform(0, _SIGN_OUT_PAUSE_SECONDS))  # noqa: S311 -- spreads calls, guards nothing
        return self._log_out_everywhere(name)

    def _log_out_everywhere(self, name: str) -> None:
        with error_mapping.unheard(error_mapping.NOBODY):
            self._client.admin_user_global_sign_out(UserPoolId=self._pool_id, Username=name)

    def forgot_password(self, email: str) -> None:
        """Mail a code to set another password by; silent about who has an account."""
        with error_mapping.unheard(error_mapping.NOT_TOLD):
            self._client.forgot_password(ClientId=self._client_id, Username=email)

    def reset_password(self, email: str, code: str, password: str) -> None:
        """Set another password by the code that was mailed.

        Raises:
            InvalidCodeError: if it is not the code, or nobody asked for one.
            WeakPasswordError: if the pool's policy refuses the password.
        """
        _check(code, InvalidCodeError)
        with error_mapping.translated({**error_mapping.CODE, **error_mapping.WEAK}):
            self._client_once.confirm_forgot_password(
                ClientId=self._client_id, Username=email, ConfirmationCode=code, Password=password
            )

    def change_password(self, access_token: str, current: str, new: str) -> None:
        """Set another password by the current one.

        Raises:
            WrongPasswordError: if it is not the current password, or there were too many attempts.
            UnauthenticatedError: if the session was ended.
            WeakPasswordError: if the pool's policy refuses the new password.
        """
        with error_mapping.translated({**error_mapping.WEAK, **error_mapping.CHANGE}):
            try:
                self._client_once.change_password(
                    AccessToken=access_token, PreviousPassword=current, ProposedPassword=new
                )
            except self._client_once.exceptions.NotAuthorizedException as error:
                raise error_mapping.why_not_changed(error) from error


def _check(secret: str, refusal: type[DwipperError]) -> None:
    if not _OPAQUE.fullmatch(secret):
        raise refusal


def _tokens(result: Mapping[str, Any]) -> Tokens:
    return Tokens(result["AccessToken"], result["RefreshToken"], result["ExpiresIn"])
