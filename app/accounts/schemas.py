"""What the API says and takes of accounts."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.errors import WeakPasswordError
from app.members.handles import Handle
from app.openapi.patterns import BLANKS

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
_LINE_ENDS = frozenset("\n\r\u0085\u2028\u2029")
LONGEST_EMAIL = 128  # Of the 254 that RFC 5321 allows: emails are usernames, and Cognito's have 128 characters.
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1

# A dot-atom and a domain with a dot in it (RFC 5321, 4.1.2), without quoted local parts and address literals. ASCII
# alone: Amazon SES, which sends Cognito's mail, delivers to no other local part.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def _acceptable_password(password: str) -> str:
    """NIST SP 800-63B, 5.1.1.2: a length and no composition; no blank at either end or line's end, as Cognito wants."""
    fits = SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD
    if not fits or password != password.strip() or not _LINE_ENDS.isdisjoint(password):
        raise PydanticCustomError("weak_password", "{summary}", {"summary": WeakPasswordError.summary()})
    return _whole_characters(password)


def _whole_characters(password: str) -> str:
    """JSON can write half a character (a lone surrogate), which nothing behind this can take."""
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise PydanticCustomError("lone_surrogate", "There is half a character in it, a lone surrogate.")
    return password


def _address(email: str) -> str:
    local_part = email.partition("@")[0]
    if len(email) > LONGEST_EMAIL or len(local_part) > _LONGEST_LOCAL_PART or not _EMAIL.fullmatch(email):
        raise PydanticCustomError("email", "This is no email address that mail can be sent to.")
    return email.lower()


Email = Annotated[
    str,
    AfterValidator(_address),
    Field(
        description="Compared without case.",
        examples=["demo@example.org"],
        json_schema_extra={
            "maxLength": LONGEST_EMAIL,
            "pattern": f"^(?![^@]{{{_LONGEST_LOCAL_PART + 1}}}){_EMAIL.pattern}$",
        },
    ),
]
NewPassword = Annotated[
    str,
    AfterValidator(_acceptable_password),
    Field(
        description="10 to 256 characters in one line, no blank at either end; there are no other rules.",
        examples=["shower-thoughts"],
        json_schema_extra={
            "minLength": SHORTEST_PASSWORD,
            "maxLength": LONGEST_PASSWORD,
            "pattern": rf"^[^{BLANKS}][^\n\r\x85\u2028\u2029]*[^{BLANKS}]$",
            "format": "password",
        },
    ),
]
Password = Annotated[
    str,
    AfterValidator(_whole_characters),
    Field(
        min_length=1,
        max_length=LONGEST_PASSWORD,
        examples=["shower-thoughts"],
        json_schema_extra={"format": "password"},
    ),
]
Registration = Annotated[
    str,
    Field(description="What `register` answered with.", examples=["0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"]),
]
Code = Annotated[str, Field(description="The code that was mailed.", examples=["123456"])]
RefreshToken = Annotated[str, Field(description="From the answer to `login`.", examples=["eyJjdHkiOiJKV1QiLCJl…"])]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RegisterRequest(_Request):
    """Who wants an account; the handle is a wish, kept until the first call that needs it."""

    email: Email
    password: NewPassword
    handle: Handle | None = None


class RegisterResponse(BaseModel):
    """The same for a new email and for one that has an account."""

    registration: Registration


class ConfirmRequest(_Request):
    """Proof that the address is read by the one who registered it."""

    registration: Registration
    code: Code


class ResendRequest(_Request):
    """Whose code should be mailed again."""

    registration: Registration


class LoginRequest(_Request):
    """Who logs in."""

    email: Email
    password: Password


class RefreshRequest(_Request):
    """The session to go on with, or to end."""

    refresh_token: RefreshToken


class ForgotRequest(_Request):
    """Where to mail a code for another password."""

    email: Email


class ResetRequest(_Request):
    """Another password, by the code that was mailed."""

    email: Email
    code: Code
    new_password: NewPassword


class ChangePasswordRequest(_Request):
    """Another password, by the current one."""

    current_password: Password
    new_password: NewPassword


class TokenResponse(BaseModel):
    """A session (RFC 6749, 5.1)."""

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: str = Field(description="Asks for the next access token; ends with a sign-out.")
    expires_in: int = Field(description="Seconds that the access token lives.", examples=[900])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- the name of a scheme
