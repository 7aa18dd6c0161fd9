"""Emails and passwords are validated, and the OpenAPI patterns agree with the code."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.accounts.schemas import Email, NewPassword, Password
from testkit.hypothesis_settings import without_deadline

EMAIL: TypeAdapter[str] = TypeAdapter(Email)
NEW_PASSWORD: TypeAdapter[str] = TypeAdapter(NewPassword)
PASSWORD: TypeAdapter[str] = TypeAdapter(Password)
EDGE_CHARACTERS = "aaaaa\n\t\x0b\x1b\x1c\x1f \x85\xa0\u2000\u200b\u2028\u3000\ufeff"


@pytest.mark.parametrize(
    "email",
    [
        "kay@example.org",
        "k@e.xy",
        "kay+dwipper@mail.example.org",
        "o'kay.{x}|~@example.org",
        "a" * 64 + "@example.org",
        "kay@xn--bcher-kva.example",
        "kay@1.2.example",
    ],
)
def test_valid_email_is_accepted(email: str) -> None:
    assert EMAIL.validate_python(email) == email


def test_email_is_lowercased() -> None:
    assert EMAIL.validate_python("Kay@EXAMPLE.org") == "kay@example.org"


@pytest.mark.parametrize(
    "email",
    [
        "",
        "kay",
        "@example.org",
        "kay@",
        "kay@localhost",
        "kay@example..org",
        "kay@-example.org",
        "kay@example-.org",
        "kay@example.org.",
        "kay@[127.0.0.1]",
        "kay@exa_mple.org",
        "kay lee@example.org",
        '"kay"@example.org',
        "kay@lee@example.org",
        "kay@example.org\n",
        "kay@example.org\nBcc: lee@example.org",
        "Kay <kay@example.org>",
        "käy@example.org",
        "kay@exämple.org",
        "\u212aay@example.org",
        "kay\x00@example.org",
        "\ud800@example.org",
        "a" * 65 + "@example.org",
        "kay@" + "a" * 64 + ".org",
        "kay@" + "a." * 130 + "org",
    ],
    ids=lambda email: ascii(email)[:24],
)
def test_invalid_email_is_refused(email: str) -> None:
    with pytest.raises(ValidationError):
        EMAIL.validate_python(email)


@pytest.mark.parametrize("local_part", ["a" * 64, "a" * 65, ".".join("a" * 32), ".".join("a" * 33)], ids=len)
def test_pattern_and_code_agree_on_local_parts(local_part: str) -> None:
    email = f"{local_part}@example.org"
    try:
        EMAIL.validate_python(email)
    except ValidationError:
        assert not re.fullmatch(EMAIL.json_schema()["pattern"], email)
    else:
        assert re.fullmatch(EMAIL.json_schema()["pattern"], email)


@pytest.mark.parametrize(
    "password",
    [
        "a rubber duck knows",
        "aaaaaaaaaa",
        "a" * 256,
        "1234567890",
        "пароль пароль",
        "🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆",
        "a \t b    c   d",
    ],
)
def test_valid_new_password_is_accepted(password: str) -> None:
    assert NEW_PASSWORD.validate_python(password) == password


@pytest.mark.parametrize(
    ("password", "error_type"),
    [
        ("", "weak_password"),
        ("a" * 9, "weak_password"),
        ("a" * 257, "weak_password"),
        (" a rubber duck knows", "weak_password"),
        ("a rubber duck knows\n", "weak_password"),
        ("\u3000a rubber duck knows", "weak_password"),
        ("a rubber duck \ud83e knows", "lone_surrogate"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_invalid_new_password_is_refused(password: str, error_type: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NEW_PASSWORD.validate_python(password)
    assert [error["type"] for error in caught.value.errors()] == [error_type]


@without_deadline
@given(st.text(st.characters(), max_size=300) | st.text(st.sampled_from(EDGE_CHARACTERS), min_size=10, max_size=12))
def test_pattern_and_code_agree_on_new_passwords(password: str) -> None:
    schema: dict[str, Any] = NEW_PASSWORD.json_schema()
    matches_schema = schema["minLength"] <= len(password) <= schema["maxLength"] and re.fullmatch(
        schema["pattern"], password
    )
    has_surrogates = any("\ud800" <= character <= "\udfff" for character in password)
    try:
        NEW_PASSWORD.validate_python(password)
    except ValidationError:
        assert not matches_schema or has_surrogates
    else:
        assert matches_schema


@pytest.mark.parametrize("password", ["a", " ", "a" * 256, " a rubber duck "])
def test_valid_current_password_is_accepted(password: str) -> None:
    assert PASSWORD.validate_python(password) == password


@pytest.mark.parametrize("password", ["", "a" * 257, "\udd86"], ids=ascii)
def test_invalid_current_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        PASSWORD.validate_python(password)
