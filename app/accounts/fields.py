"""The fields of accounts in the API: emails, passwords, codes and tokens."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from app.accounts.password_rules import (
    MAX_PASSWORD_LENGTH,
    MIN_PASSWORD_LENGTH,
    is_email_or_local_part,
    is_weak,
    normalize_password,
)
from app.errors import WeakPasswordError
from app.openapi import examples
from app.openapi.formats import BLANKS, lower_ascii

MAX_EMAIL_LENGTH = 128  # RFC 5321 allows 254, but emails are usernames, and Cognito's usernames have 128 characters.
_MAX_CODE_LENGTH = 256  # A code has 6 characters and a registration 36. The others are blanks.
MAX_REFRESH_TOKEN_LENGTH = 5000  # Cognito's refresh tokens have about 1,800 characters.
_MAX_LOCAL_PART_LENGTH = 64  # RFC 5321, section 4.5.3.1.1

# A dot-atom, and a domain with at least one dot (RFC 5321, section 4.1.2). Quoted local parts and address literals are
# excluded. So is anything but ASCII, because Amazon SES delivers to no other local part.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")

# The blanks that keyboards and copied text add at the ends, invisible ones included. No line end is among them: a text
# with a second line is not one email.
_EMAIL_BLANKS = "\t \xa0\u1680" + "".join(map(chr, range(0x2000, 0x2010))) + "\u202f\u205f\u2060\u3000\ufeff"
_EMAIL_BLANK = r"[\t \xa0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]"  # the same, for ECMA-262


def _weak_password_error() -> PydanticCustomError:
    return PydanticCustomError("weak_password", "{detail}", {"detail": WeakPasswordError.detail})


def _opaque(description: str, example: str, max_length: int) -> Any:
    """Return the field of a secret. Its bound is documented but not checked: a longer value is an invalid one."""
    return Field(description=description, examples=[example], json_schema_extra={"maxLength": max_length})


def _validate_password(password: str) -> str:
    password = _refuse_lone_surrogates(normalize_password(password))
    if len(password) > MAX_PASSWORD_LENGTH:
        raise PydanticCustomError("password_length", "A password has at most 256 characters.")
    return password


def _refuse_lone_surrogates(password: str) -> str:
    """Refuse lone surrogates, which JSON can express and UTF-8 cannot."""
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise PydanticCustomError("lone_surrogate", "The text contains a lone surrogate.")
    return password


def _validate_new_password(password: str) -> str:
    password = normalize_password(password)
    if is_weak(password):
        raise _weak_password_error()
    return _refuse_lone_surrogates(password)


def _refuse_own_email(password: str, info: ValidationInfo) -> str:
    """Refuse a password that equals the email of the same request, or its local part."""
    if is_email_or_local_part(password, info.data.get("email", "")):
        raise _weak_password_error()
    return password


def _validate_email(email: str) -> str:
    """Return the email in lower case, without the blanks that keyboards add when they complete a word."""
    email = email.strip(_EMAIL_BLANKS)
    local_part = email.partition("@")[0]
    has_length = len(email) <= MAX_EMAIL_LENGTH and len(local_part) <= _MAX_LOCAL_PART_LENGTH
    if not has_length or not _EMAIL.fullmatch(email):
        raise PydanticCustomError("email", "This is not a deliverable email address.")
    return email.lower()


Email = Annotated[
    str,
    AfterValidator(_validate_email),
    Field(
        description="Case-insensitive. Blanks at the ends are removed.",
        examples=[examples.EMAIL],
        json_schema_extra={
            "maxLength": MAX_EMAIL_LENGTH,
            "pattern": f"^{_EMAIL_BLANK}*(?![^@]{{{_MAX_LOCAL_PART_LENGTH + 1}}}){_EMAIL.pattern}{_EMAIL_BLANK}*$",
        },
    ),
]
NewPassword = Annotated[
    str,
    AfterValidator(_validate_new_password),
    Field(
        description="10 to 256 characters on one line, without a blank at either end. The password is normalized to"
        " Unicode NFKC before it is checked. The most common passwords, your email and its local part are refused."
        " There are no other rules.",
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
    AfterValidator(_validate_password),
    Field(
        min_length=1,
        description="It is normalized to Unicode NFKC before it is checked.",
        examples=[examples.PASSWORD],
        json_schema_extra={"maxLength": MAX_PASSWORD_LENGTH, "format": "password"},
    ),
]
RegistrationId = Annotated[
    str,
    AfterValidator(str.strip),
    AfterValidator(lower_ascii),
    _opaque("From the response of `register`.", examples.REGISTRATION, _MAX_CODE_LENGTH),
]
Code = Annotated[
    str,
    AfterValidator(str.strip),
    _opaque("The code from the mail. Blanks at the ends are removed.", examples.CODE, _MAX_CODE_LENGTH),
]
RefreshToken = Annotated[
    str, _opaque("From the response of `login`.", examples.REFRESH_TOKEN, MAX_REFRESH_TOKEN_LENGTH)
]
# A new password in a request that also has the account's email. That email and its local part are refused.
NewAccountPassword = Annotated[NewPassword, AfterValidator(_refuse_own_email)]
