"""What the API says and takes of accounts."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.errors import WeakPasswordError
from app.members.handles import Handle

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets, less its angle brackets.

# The form that browsers accept (https://html.spec.whatwg.org/#valid-e-mail-address), with a dot in the domain.
# ASCII alone: Amazon SES, which sends Cognito's mail, delivers to no other local part.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+$"


def _acceptable_password(password: str) -> str:
    """NIST SP 800-63B, 5.1.1.2: a length and no composition; no blank at either end, which Cognito refuses."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or password != password.strip():
        raise PydanticCustomError("weak_password", "{summary}", {"summary": WeakPasswordError.summary()})
    return _whole_characters(password)


def _whole_characters(password: str) -> str:
    """JSON can write half a character (a lone surrogate), which nothing behind this can take."""
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise PydanticCustomError("lone_surrogate", "There is half a character in it, a lone surrogate.")
    return password


Email = Annotated[
    str,
    Field(
        max_length=LONGEST_EMAIL,
        pattern=_EMAIL,
        description="Compared without case.",
        examples=["kay@example.org"],
    ),
    AfterValidator(str.lower),
]
NewPassword = Annotated[
    str,
    AfterValidator(_acceptable_password),
    Field(
        description="10 to 256 characters, no blank at either end; there are no other rules.",
        examples=["correct horse battery staple"],
        json_schema_extra={
            "minLength": SHORTEST_PASSWORD,
            "maxLength": LONGEST_PASSWORD,
            "pattern": r"^\S[\s\S]*\S$",
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
        examples=["correct horse battery staple"],
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
