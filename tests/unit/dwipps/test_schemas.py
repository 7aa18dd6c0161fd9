"""The text of a Dwipp is normalized or refused, and the OpenAPI pattern agrees with the code."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from app.dwipps.schemas import MAX_TEXT_LENGTH, DwippDraft, DwippEdit, normalize_text
from testkit.hypothesis_settings import without_deadline

ANY_TEXT = st.text(st.characters(), max_size=MAX_TEXT_LENGTH + 20)
EDGE_TEXT = st.text(
    st.sampled_from("ab\n\r\t\x0b\x1b\x1c\x1f \x7f\x84\x85\xa0\u2000\u200b\u2028\u3000\ufeff🦆"), max_size=9
)
PATTERN = DwippDraft.model_json_schema()["properties"]["text"]["pattern"]


@without_deadline
@given(ANY_TEXT)
def test_text_is_normalized_or_refused(text: str) -> None:
    try:
        normalized = normalize_text(text)
    except PydanticCustomError:
        return
    assert 1 <= len(normalized) <= MAX_TEXT_LENGTH
    assert normalized == normalized.strip()
    assert unicodedata.is_normalized("NFC", normalized)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in normalized.replace("\n", ""))
    normalized.encode()


@without_deadline
@given(ANY_TEXT)
def test_normalization_is_idempotent(text: str) -> None:
    try:
        normalized = normalize_text(text)
    except PydanticCustomError:
        return
    assert normalize_text(normalized) == normalized


@without_deadline
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=90))
def test_printable_text_is_accepted(text: str) -> None:
    assert normalize_text(text) == unicodedata.normalize("NFC", text)


@without_deadline
@given(EDGE_TEXT)
def test_pattern_and_code_agree(text: str) -> None:
    try:
        normalize_text(text)
    except PydanticCustomError:
        assert not re.fullmatch(PATTERN, text)
    else:
        assert re.fullmatch(PATTERN, text)


@pytest.mark.parametrize(
    "text",
    ["a" * 280, f" {'a' * 280}\n", "a" + "\r\n" * 278 + "a", " " * 500 + "a"],
    ids=["280 characters", "blanks at the ends", "CRLF counts once", "blanks beyond the limit"],
)
def test_longest_text_is_accepted_by_pattern_and_code(text: str) -> None:
    assert normalize_text(text)
    assert re.fullmatch(PATTERN, text)


@pytest.mark.parametrize(
    "text", ["a" * 281, "a" + "\r\n" * 279 + "a"], ids=["281 characters", "281 characters with CRLF"]
)
def test_too_long_text_is_refused_by_pattern_and_code(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        normalize_text(text)
    assert not re.fullmatch(PATTERN, text)


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        pytest.param("Socks are foot envelopes.", "Socks are foot envelopes.", id="unchanged"),
        pytest.param("  a  b \n", "a  b", id="blanks at the ends"),
        pytest.param("a\r\nb\r\n\r\nc", "a\nb\n\nc", id="CRLF"),
        pytest.param("e\u0301", "é", id="NFC"),
        pytest.param("\u00a0\u3000a\u2003", "a", id="Unicode blanks at the ends"),
        pytest.param("\t\x0ba\x0c\x1f", "a", id="control characters at the ends"),
        pytest.param("👩🏽\u200d🚀", "👩🏽\u200d🚀", id="emoji sequence"),
        pytest.param("שלום\u200f!", "שלום\u200f!", id="right to left"),
        pytest.param("e\u0301" * 280, "é" * 280, id="280 characters after NFC"),
        pytest.param("a" * 280, "a" * 280, id="280 characters"),
        pytest.param("𝄞" * 280, "𝄞" * 280, id="280 supplementary characters"),
        pytest.param(" " * 500 + "a", "a", id="blanks beyond the limit"),
    ],
)
def test_text_is_normalized(text: str, normalized: str) -> None:
    assert normalize_text(text) == normalized


@pytest.mark.parametrize(
    ("text", "error_type"),
    [
        pytest.param("", "text_length", id="empty"),
        pytest.param(" \n\u3000", "text_length", id="only blanks"),
        pytest.param("a" * 281, "text_length", id="281 characters"),
        pytest.param("\u0958" * 141, "text_length", id="too long after NFC"),
        pytest.param("a\rb", "text_control", id="carriage return"),
        pytest.param("a\r\r\nb", "text_control", id="carriage return before CRLF"),
        pytest.param("a\tb", "text_control", id="tab"),
        pytest.param("a\x00b", "text_control", id="NUL"),
        pytest.param("a\x7fb", "text_control", id="DEL"),
        pytest.param("a\x85b", "text_control", id="NEL"),
        pytest.param("a\ud83e", "text_control", id="high surrogate"),
        pytest.param("\udd86a", "text_control", id="low surrogate"),
    ],
)
def test_invalid_text_is_refused(text: str, error_type: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        normalize_text(text)
    assert caught.value.type == error_type


def test_draft_forbids_other_fields() -> None:
    assert DwippDraft.model_validate({"text": " Hm. "}).text == "Hm."
    with pytest.raises(ValidationError):
        DwippDraft.model_validate({"text": "Hm.", "author": "kay"})


@pytest.mark.parametrize(("version", "expected"), [(2, 2), (2.0, 2), (2.0**53 - 1, 2**53 - 1), (None, None)])
def test_integral_version_is_accepted(version: float | None, expected: int | None) -> None:
    assert DwippEdit.model_validate({"text": "Hm.", "version": version}).version == expected


@pytest.mark.parametrize("version", [2.5, 0, 0.0, -1.0, 2**53, 2.0**53, float("inf"), float("nan"), True, "2", [2]])
def test_invalid_version_is_refused(version: object) -> None:
    with pytest.raises(ValidationError):
        DwippEdit.model_validate({"text": "Hm.", "version": version})
