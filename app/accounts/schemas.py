"""The requests and responses of accounts in the API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.fields import (
    MAX_REFRESH_TOKEN_LENGTH,
    Code,
    Email,
    NewAccountPassword,
    NewPassword,
    Password,
    RefreshToken,
    RegistrationId,
)
from app.auth.tokens import MAX_TOKEN_LENGTH
from app.members.handles import Handle
from app.openapi import examples
from app.openapi.formats import Omittable, bounded


def _config(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class RegisterRequest(BaseModel):
    """A request for an account. The first request after the first login claims the handle, if it is still free."""

    model_config = _config(
        email=examples.NEW_MEMBER_EMAIL, handle=examples.NEW_MEMBER_HANDLE, password=examples.PASSWORD
    )

    email: Email
    password: NewAccountPassword
    handle: Omittable[Handle] = None


class RegistrationView(BaseModel):
    """The same response for a new email and for one with an account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"registration": examples.REGISTRATION}]})

    registration: Annotated[str, bounded(36)] = Field(description="Send it with the code from the mail.")


class ConfirmRequest(BaseModel):
    """Proof that the registrant reads the mailbox."""

    model_config = _config(registration=examples.REGISTRATION, code=examples.CODE)

    registration: RegistrationId
    code: Code


class ResendRequest(BaseModel):
    """The registration that needs a new code."""

    model_config = _config(registration=examples.REGISTRATION)

    registration: RegistrationId


class LoginRequest(BaseModel):
    """The credentials of an account."""

    model_config = _config(email=examples.EMAIL, password=examples.PASSWORD)

    email: Email
    password: Password


class RefreshRequest(BaseModel):
    """The session to renew or to end."""

    model_config = _config(refresh_token=examples.REFRESH_TOKEN)

    refresh_token: RefreshToken


class ForgotRequest(BaseModel):
    """The address for a reset code."""

    model_config = _config(email=examples.EMAIL)

    email: Email


class ResetRequest(BaseModel):
    """A new password, with the code from the mail."""

    model_config = _config(email=examples.EMAIL, code=examples.RESET_CODE, new_password=examples.PASSWORD)

    email: Email
    code: Code
    new_password: NewAccountPassword


class ChangePasswordRequest(BaseModel):
    """A new password, with the current one."""

    model_config = _config(current_password=examples.PASSWORD, new_password=examples.PASSWORD)

    current_password: Password
    new_password: NewPassword


class SessionView(BaseModel):
    """The tokens of a session (RFC 6749, section 5.1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": examples.ACCESS_TOKEN,
                    "expires_in": 900,
                    "token_type": "Bearer",
                    "refresh_token": examples.REFRESH_TOKEN,
                }
            ]
        }
    )

    access_token: Annotated[str, bounded(MAX_TOKEN_LENGTH)] = Field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: Annotated[str, bounded(MAX_REFRESH_TOKEN_LENGTH)] = Field(
        description="Requests new access tokens until a sign-out revokes it."
    )
    expires_in: int = Field(description="The lifetime of the access token in seconds.", examples=[900])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- the name of a scheme
