"""Emails and passwords: what is taken, and that the same is said as is done."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.accounts.schemas import Email, NewPassword, Password
from testkit.hypothesis_settings import unhurried

EMAIL: TypeAdapter[str] = TypeAdapter(Email)
NEW_PASSWORD: TypeAdapter[str] = TypeAdapter(NewPassword)
PASSWORD: TypeAdapter[str] = TypeAdapter(Password)
EDGES = "aaaaa\n\t\x0b\x1b\x1c\x1f \x85\xa0\u2000\u200b\u2028\u3000\ufeff"


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
def test_it_is_an_email(email: str) -> None:
    assert EMAIL.validate_python(email) == email


def test_an_email_is_kept_without_its_case() -> None:
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
def test_it_is_none(email: str) -> None:
    with pytest.raises(ValidationError):
        EMAIL.validate_python(email)


@pytest.mark.parametrize("local_part", ["a" * 64, "a" * 65, ".".join("a" * 32), ".".join("a" * 33)], ids=len)
def test_the_spec_and_the_code_agree_on_what_is_before_the_at_sign(local_part: str) -> None:
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
def test_it_is_a_password(password: str) -> None:
    assert NEW_PASSWORD.validate_python(password) == password


@pytest.mark.parametrize(
    ("password", "kind"),
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
def test_it_is_no_new_password(password: str, kind: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        NEW_PASSWORD.validate_python(password)
    assert [flaw["type"] for flaw in refusal.value.errors()] == [kind]


@unhurried
@given(st.text(st.characters(), max_size=300) | st.text(st.sampled_from(EDGES), min_size=10, max_size=12))
def test_the_spec_and_the_code_agree_on_new_passwords(password: str) -> None:
    schema: dict[str, Any] = NEW_PASSWORD.json_schema()
    fits = schema["minLength"] <= len(password) <= schema["maxLength"] and re.fullmatch(schema["pattern"], password)
    halves = any("\ud800" <= character <= "\udfff" for character in password)
    try:
        NEW_PASSWORD.validate_python(password)
    except ValidationError:
        assert not fits or halves
    else:
        assert fits


@pytest.mark.parametrize("password", ["a", " ", "a" * 256, " a rubber duck "])
def test_an_old_password_may_have_any_form(password: str) -> None:
    assert PASSWORD.validate_python(password) == password


@pytest.mark.parametrize("password", ["", "a" * 257, "\udd86"], ids=ascii)
def test_but_not_none_at_all(password: str) -> None:
    with pytest.raises(ValidationError):
        PASSWORD.validate_python(password)
