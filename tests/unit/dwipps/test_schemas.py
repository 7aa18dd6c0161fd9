"""The text of a Dwipp is normalized or refused."""

import unicodedata
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from app.dwipps.schemas import MAX_TEXT_LENGTH, DwippDraft, DwippEdit, normalize_text
from app.dwipps.visibility import is_visible
from testkit.hypothesis_settings import without_deadline
from tests.unit.dwipps.text_samples import INVISIBLE_TEXTS, VISIBLE_TEXTS

ANY_TEXT = st.text(st.characters(), max_size=MAX_TEXT_LENGTH + 20)


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
    assert not set(normalized) & set("\r\t\u2028\u2029")
    assert is_visible(normalized)
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
def test_printable_text_is_accepted_if_a_character_is_visible(text: str) -> None:
    if is_visible(text):
        assert normalize_text(text) == unicodedata.normalize("NFC", text)
    else:
        with pytest.raises(PydanticCustomError):
            normalize_text(text)


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        pytest.param("Socks are foot envelopes.", "Socks are foot envelopes.", id="unchanged"),
        pytest.param("  a  b \n", "a  b", id="blanks at the ends"),
        pytest.param("a\r\nb\r\n\r\nc", "a\nb\n\nc", id="CRLF"),
        pytest.param("a\rb\r\rc", "a\nb\n\nc", id="CR"),
        pytest.param("a\r\r\nb", "a\n\nb", id="CR before CRLF"),
        pytest.param("a\n\rb", "a\n\nb", id="LF before CR"),
        pytest.param("a\u2028b\u2029c", "a\nb\nc", id="line and paragraph separators"),
        pytest.param("a\r\u2028\nb", "a\n\n\nb", id="mixed line ends"),
        pytest.param("a\tb\t\tc", "a b  c", id="tabs"),
        pytest.param("a \t\r\n\tb", "a  \n b", id="tabs at line ends"),
        pytest.param("\t\r\u2028a\u2029\t\r", "a", id="tabs and line ends at the ends"),
        pytest.param("\x85\x0b\x0ca\x85\x0b\x0c", "a", id="NEL, VT and FF at the ends"),
        pytest.param("e\u0301", "é", id="NFC"),
        pytest.param("\u00a0\u3000a\u2003", "a", id="Unicode blanks at the ends"),
        pytest.param("\t\x0ba\x0c\x1f", "a", id="control characters at the ends"),
        *(pytest.param(text, text, id=name) for name, text in VISIBLE_TEXTS.items()),
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
        pytest.param("\t\r\n\u2028\u2029\x85", "text_length", id="only tabs and line ends"),
        pytest.param("\u200b" * 281, "text_length", id="281 invisible characters"),
        *(pytest.param(text, "text_invisible", id=name) for name, text in INVISIBLE_TEXTS.items()),
        pytest.param("a\x0bb", "text_control", id="vertical tab"),
        pytest.param("a\x0cb", "text_control", id="form feed"),
        pytest.param("\u200b\x1b\u200b", "text_control", id="control between invisible characters"),
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


@pytest.mark.parametrize("model", [DwippDraft, DwippEdit])
@pytest.mark.parametrize("text", INVISIBLE_TEXTS.values(), ids=INVISIBLE_TEXTS)
def test_invisible_text_is_refused_in_draft_and_edit(text: str, model: type[DwippDraft]) -> None:
    with pytest.raises(ValidationError, match="visible character"):
        model.model_validate({"text": text})


@pytest.mark.parametrize("model", [DwippDraft, DwippEdit])
def test_line_ends_and_tabs_are_replaced_in_draft_and_edit(model: type[DwippDraft]) -> None:
    assert model.model_validate({"text": "a\u2028b\r\nc\rd\te"}).text == "a\nb\nc\nd e"


def test_draft_forbids_other_fields() -> None:
    assert DwippDraft.model_validate({"text": " Hm. "}).text == "Hm."
    with pytest.raises(ValidationError):
        DwippDraft.model_validate({"text": "Hm.", "author": "kay"})


@pytest.mark.parametrize(("version", "expected"), [(2, 2), (2.0, 2), (2.0**53 - 1, 2**53 - 1)])
def test_integral_version_is_accepted(version: float, expected: int) -> None:
    assert DwippEdit.model_validate({"text": "Hm.", "version": version}).version == expected


@pytest.mark.parametrize(
    "version", [2.5, 0, 0.0, -1.0, 2**53, 2.0**53, float("inf"), float("nan"), True, "2", [2], None]
)
def test_invalid_version_is_refused(version: object) -> None:
    with pytest.raises(ValidationError):
        DwippEdit.model_validate({"text": "Hm.", "version": version})


def test_long_text_is_refused_without_normalization() -> None:
    """NFC takes a time that grows with the square of the length."""
    with pytest.raises(PydanticCustomError), mock.patch("unicodedata.normalize") as normalize:
        normalize_text("\u0315" * 20_000 + "\u0316" * 20_000)
    normalize.assert_not_called()


def test_text_of_280_characters_from_four_code_points_each_is_accepted() -> None:
    assert normalize_text("\u03b1\u0313\u0300\u0345" * 280) == "\u1f82" * 280
