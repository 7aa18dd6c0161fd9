"""The requests and responses of accounts in the API."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.errors import WeakPasswordError
from app.members.handles import Handle
from app.openapi import examples
from app.openapi.patterns import BLANKS

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 256
_LINE_ENDS = frozenset("\n\r\u0085\u2028\u2029")
MAX_EMAIL_LENGTH = 128  # RFC 5321 allows 254, but emails are usernames, and Cognito's usernames have 128 characters.
_MAX_LOCAL_PART_LENGTH = 64  # RFC 5321, section 4.5.3.1.1

# A dot-atom, and a domain with at least one dot (RFC 5321, section 4.1.2). Quoted local parts and address literals are
# excluded. So is anything but ASCII, because Amazon SES delivers to no other local part.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def _validate_new_password(password: str) -> str:
    """Apply NIST SP 800-63B, section 5.1.1.2: a length and no composition rules.

    Cognito refuses blanks at the ends and line ends.
    """
    has_length = MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH
    if not has_length or password != password.strip() or not _LINE_ENDS.isdisjoint(password):
        raise PydanticCustomError("weak_password", "{detail}", {"detail": WeakPasswordError.detail})
    return _refuse_lone_surrogates(password)


def _refuse_lone_surrogates(password: str) -> str:
    """Refuse lone surrogates. JSON can express them, UTF-8 cannot."""
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise PydanticCustomError("lone_surrogate", "The text contains a lone surrogate.")
    return password


def _validate_email(email: str) -> str:
    local_part = email.partition("@")[0]
    has_length = len(email) <= MAX_EMAIL_LENGTH and len(local_part) <= _MAX_LOCAL_PART_LENGTH
    if not has_length or not _EMAIL.fullmatch(email):
        raise PydanticCustomError("email", "This is not a deliverable email address.")
    return email.lower()


Email = Annotated[
    str,
    AfterValidator(_validate_email),
    Field(
        description="Case-insensitive.",
        examples=[examples.EMAIL],
        json_schema_extra={
            "maxLength": MAX_EMAIL_LENGTH,
            "pattern": f"^(?![^@]{{{_MAX_LOCAL_PART_LENGTH + 1}}}){_EMAIL.pattern}$",
        },
    ),
]
NewPassword = Annotated[
    str,
    AfterValidator(_validate_new_password),
    Field(
        description="10 to 256 characters on one line, without a blank at either end. There are no other rules.",
        examples=[examples.PASSWORD],
        json_schema_extra={
            "minLength": MIN_PASSWORD_LENGTH,
            "maxLength": MAX_PASSWORD_LENGTH,
            "pattern": rf"^[^{BLANKS}][^\n\r\x85\u2028\u2029]*[^{BLANKS}]$",
            "format": "password",
        },
    ),
]
Password = Annotated[
    str,
    AfterValidator(_refuse_lone_surrogates),
    Field(
        min_length=1,
        max_length=MAX_PASSWORD_LENGTH,
        examples=[examples.PASSWORD],
        json_schema_extra={"format": "password"},
    ),
]
Registration = Annotated[str, Field(description="From the response of `register`.", examples=[examples.REGISTRATION])]
Code = Annotated[str, Field(description="The code from the mail.", examples=[examples.CODE])]
RefreshToken = Annotated[str, Field(description="From the response of `login`.", examples=[examples.REFRESH_TOKEN])]


def _config(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class RegisterRequest(BaseModel):
    """A request for an account. The handle is a wish, which the first request after the first login claims."""

    model_config = _config(
        email=examples.NEW_MEMBER_EMAIL, handle=examples.NEW_MEMBER_HANDLE, password=examples.PASSWORD
    )

    email: Email
    password: NewPassword
    handle: Handle | None = None


class RegisterResponse(BaseModel):
    """The same response for a new email and for one with an account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"registration": examples.REGISTRATION}]})

    registration: Registration


class ConfirmRequest(BaseModel):
    """Proof that the registrant reads the mailbox."""

    model_config = _config(registration=examples.REGISTRATION, code=examples.CODE)

    registration: Registration
    code: Code


class ResendRequest(BaseModel):
    """The registration that needs a new code."""

    model_config = _config(registration=examples.REGISTRATION)

    registration: Registration


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
    new_password: NewPassword


class ChangePasswordRequest(BaseModel):
    """A new password, with the current one."""

    model_config = _config(current_password=examples.PASSWORD, new_password=examples.PASSWORD)

    current_password: Password
    new_password: NewPassword


class TokenResponse(BaseModel):
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

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: str = Field(description="Requests new access tokens until a sign-out revokes it.")
    expires_in: int = Field(description="The lifetime of the access token in seconds.", examples=[900])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- the name of a scheme
