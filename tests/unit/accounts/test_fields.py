"""Emails and passwords are validated, and the OpenAPI patterns agree with the code."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.accounts.fields import Code, Email, NewPassword, Password, RegistrationId
from app.accounts.password_rules import _common_passwords, normalize_password
from app.accounts.schemas import RegisterRequest, ResetRequest
from testkit.hypothesis_settings import without_deadline

EMAIL: TypeAdapter[str] = TypeAdapter(Email)
NEW_PASSWORD: TypeAdapter[str] = TypeAdapter(NewPassword)
PASSWORD: TypeAdapter[str] = TypeAdapter(Password)
BLANKS = "\t \xa0\u1680\u2000\u2009\u200b\u200c\u200d\u200e\u200f\u202f\u205f\u2060\u3000\ufeff"
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


@pytest.mark.parametrize("blank", [*BLANKS, " \u200b\t"], ids=ascii)
def test_blanks_around_an_email_are_removed(blank: str) -> None:
    for email in (f"kay@example.org{blank}", f"{blank}kay@example.org", f"{blank * 9}kay@example.org{blank * 9}"):
        assert EMAIL.validate_python(email) == "kay@example.org"
        assert re.fullmatch(EMAIL.json_schema()["pattern"], email)


@pytest.mark.parametrize("character", [*"\n\r\x0b\x0c\x1c\x85\u2028\u2029\x00"], ids=ascii)
def test_line_end_or_control_around_an_email_is_refused(character: str) -> None:
    for email in (f"kay@example.org{character}", f"{character}kay@example.org"):
        with pytest.raises(ValidationError):
            EMAIL.validate_python(email)
        assert not re.fullmatch(EMAIL.json_schema()["pattern"], email)


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_blank_inside_an_email_is_refused(blank: str) -> None:
    for email in (f"kay{blank}@example.org", f"kay@{blank}example.org", f"k{blank}ay@example.org"):
        with pytest.raises(ValidationError):
            EMAIL.validate_python(email)
        assert not re.fullmatch(EMAIL.json_schema()["pattern"], email)


def test_blanks_around_codes_and_registrations_are_removed() -> None:
    assert TypeAdapter(Code).validate_python(" 123456\t\n") == "123456"
    registration = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"
    assert TypeAdapter(RegistrationId).validate_python(f" {registration.upper()}\n") == registration


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
        "aaaaaaaaab",
        "a" * 256,
        "7253904186",
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
        ("\ufdfa" * 15, "weak_password"),
        (" a rubber duck knows", "weak_password"),
        ("a rubber duck knows\n", "weak_password"),
        ("a rubber\nduck knows", "weak_password"),
        ("\u3000a rubber duck knows", "weak_password"),
        ("1234567890", "weak_password"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10", "weak_password"),
        ("QwertyUIOP", "weak_password"),
        ("a rubber duck \ud83e knows", "lone_surrogate"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_invalid_new_password_is_refused(password: str, error_type: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NEW_PASSWORD.validate_python(password)
    assert [error["type"] for error in caught.value.errors()] == [error_type]


@pytest.mark.parametrize("adapter", [NEW_PASSWORD, PASSWORD], ids=["new", "current"])
def test_password_is_normalized_before_its_length_is_checked(adapter: TypeAdapter[str]) -> None:
    assert adapter.validate_python("u\u0308ber den Wolken") == "\xfcber den Wolken"
    assert adapter.validate_python("\uff52ubber duck") == "rubber duck"
    # 18 characters in NFKC.
    assert len(adapter.validate_python("\ufdfa" * 14)) == 252
    assert adapter.validate_python("e\u0301" * 256) == "\xe9" * 256


@without_deadline
@given(st.text(st.characters(), max_size=300) | st.text(st.sampled_from(EDGE_CHARACTERS), min_size=10, max_size=12))
def test_pattern_and_code_agree_on_new_passwords(text: str) -> None:
    # The schema describes the normalized password. It cannot list the common ones.
    password = normalize_password(text)
    schema: dict[str, Any] = NEW_PASSWORD.json_schema()
    matches_schema = schema["minLength"] <= len(password) <= schema["maxLength"] and re.fullmatch(
        schema["pattern"], password
    )
    has_surrogates = any("\ud800" <= character <= "\udfff" for character in password)
    is_common = password.casefold() in _common_passwords()
    try:
        NEW_PASSWORD.validate_python(password)
    except ValidationError:
        assert not matches_schema or has_surrogates or is_common
    else:
        assert matches_schema


@pytest.mark.parametrize(
    "password", ["kay.lee_01@example.org", "KAY.LEE_01@Example.ORG", "kay.lee_01", "\uff4bay.lee_01"]
)
@pytest.mark.parametrize(
    ("model", "field", "other"),
    [(RegisterRequest, "password", {}), (ResetRequest, "new_password", {"code": "123456"})],
    ids=["register", "reset"],
)
def test_password_that_is_the_email_is_weak(
    password: str, model: type[BaseModel], field: str, other: dict[str, str]
) -> None:
    body = {"email": " Kay.Lee_01@example.org", **other}
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body | {field: password})
    assert [(error["type"], error["loc"]) for error in caught.value.errors()] == [("weak_password", (field,))]
    assert getattr(model.model_validate(body | {field: f"{password} knows"}), field).endswith(" knows")


def test_invalid_email_leaves_only_its_own_error() -> None:
    with pytest.raises(ValidationError) as caught:
        RegisterRequest.model_validate({"email": "", "password": "a rubber duck knows"})
    assert [error["loc"] for error in caught.value.errors()] == [("email",)]


@pytest.mark.parametrize("password", ["a", " ", "a" * 256, " a rubber duck "])
def test_valid_current_password_is_accepted(password: str) -> None:
    assert PASSWORD.validate_python(password) == password


@pytest.mark.parametrize("password", ["", "a" * 257, "\udd86"], ids=ascii)
def test_invalid_current_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        PASSWORD.validate_python(password)
