"""A text is stored clean, in one form, or refused with a reason."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from app.dwipps.schemas import MAX_TEXT_LENGTH, DwippDraft, DwippEdit, normalize_text
from testkit.hypothesis_settings import unhurried

ANY = st.text(st.characters(), max_size=MAX_TEXT_LENGTH + 20)
EDGES = st.text(
    st.sampled_from("ab\n\r\t\x0b\x1b\x1c\x1f \x7f\x84\x85\xa0\u2000\u200b\u2028\u3000\ufeff🦆"), max_size=9
)
PATTERN = DwippDraft.model_json_schema()["properties"]["text"]["pattern"]


@unhurried
@given(ANY)
def test_a_text_is_clean_or_refused(text: str) -> None:
    try:
        clean = normalize_text(text)
    except PydanticCustomError:
        return
    assert 1 <= len(clean) <= MAX_TEXT_LENGTH
    assert clean == clean.strip()
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in clean.replace("\n", ""))
    clean.encode()


@unhurried
@given(ANY)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    try:
        clean = normalize_text(text)
    except PydanticCustomError:
        return
    assert normalize_text(clean) == clean


@unhurried
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=90))
def test_whatever_can_be_read_is_taken(text: str) -> None:
    assert normalize_text(text) == unicodedata.normalize("NFC", text)


@unhurried
@given(EDGES)
def test_the_spec_and_the_code_agree_on_texts(text: str) -> None:
    try:
        normalize_text(text)
    except PydanticCustomError:
        assert not re.fullmatch(PATTERN, text)
    else:
        assert re.fullmatch(PATTERN, text)


@pytest.mark.parametrize("text", ["a" * 280, f" {'a' * 280}\n", "a" + "\r\n" * 278 + "a", " " * 500 + "a"])
def test_the_spec_takes_what_is_long_enough(text: str) -> None:
    assert normalize_text(text)
    assert re.fullmatch(PATTERN, text)


@pytest.mark.parametrize("text", ["a" * 281, "a" + "\r\n" * 279 + "a"])
def test_the_spec_refuses_what_is_too_long(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        normalize_text(text)
    assert not re.fullmatch(PATTERN, text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("Socks are foot envelopes.", "Socks are foot envelopes.", id="as it is"),
        pytest.param("  a  b \n", "a  b", id="blanks at its ends"),
        pytest.param("a\r\nb\r\n\r\nc", "a\nb\n\nc", id="CRLF"),
        pytest.param("e\u0301", "é", id="NFC"),
        pytest.param("\u00a0\u3000a\u2003", "a", id="other blanks at its ends"),
        pytest.param("\t\x0ba\x0c\x1f", "a", id="control characters that are blanks, at its ends"),
        pytest.param("👩🏽\u200d🚀", "👩🏽\u200d🚀", id="an astronaut of several code points"),
        pytest.param("שלום\u200f!", "שלום\u200f!", id="from right to left"),
        pytest.param("e\u0301" * 280, "é" * 280, id="280 after NFC"),
        pytest.param("a" * 280, "a" * 280, id="280"),
        pytest.param("𝄞" * 280, "𝄞" * 280, id="280 beyond the first plane"),
        pytest.param(" " * 500 + "a", "a", id="blanks do not count"),
    ],
)
def test_a_text_becomes(text: str, clean: str) -> None:
    assert normalize_text(text) == clean


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("", "text_length", id="nothing"),
        pytest.param(" \n\u3000", "text_length", id="blanks"),
        pytest.param("a" * 281, "text_length", id="281"),
        pytest.param("\u0958" * 141, "text_length", id="281 after NFC"),
        pytest.param("a\rb", "text_control", id="a carriage return"),
        pytest.param("a\r\r\nb", "text_control", id="a carriage return before CRLF"),
        pytest.param("a\tb", "text_control", id="a tab"),
        pytest.param("a\x00b", "text_control", id="NUL"),
        pytest.param("a\x7fb", "text_control", id="DEL"),
        pytest.param("a\x85b", "text_control", id="NEL"),
        pytest.param("a\ud83e", "text_control", id="half a character"),
        pytest.param("\udd86a", "text_control", id="the other half"),
    ],
)
def test_a_text_is_refused(text: str, kind: str) -> None:
    with pytest.raises(PydanticCustomError) as refusal:
        normalize_text(text)
    assert refusal.value.type == kind


def test_a_draft_has_a_text_and_nothing_else() -> None:
    assert DwippDraft.model_validate({"text": " Hm. "}).text == "Hm."
    with pytest.raises(ValidationError):
        DwippDraft.model_validate({"text": "Hm.", "author": "kay"})


@pytest.mark.parametrize(("version", "taken"), [(2, 2), (2.0, 2), (2.0**53 - 1, 2**53 - 1), (None, None)])
def test_a_version_is_an_integer_as_json_schema_knows_it(version: float | None, taken: int | None) -> None:
    assert DwippEdit.model_validate({"text": "Hm.", "version": version}).version == taken


@pytest.mark.parametrize("version", [2.5, 0, 0.0, -1.0, 2**53, 2.0**53, float("inf"), float("nan"), True, "2", [2]])
def test_nothing_else_is_a_version(version: object) -> None:
    with pytest.raises(ValidationError):
        DwippEdit.model_validate({"text": "Hm.", "version": version})
