"""The OpenAPI pattern of the text of a Dwipp agrees with the code, in Python and in ECMA-262."""

import re

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from app.dwipps.schemas import DwippDraft, normalize_text
from testkit.hypothesis_settings import without_deadline
from tests.unit.dwipps.text_samples import INVISIBLE_TEXTS, VISIBLE_TEXTS

# Blanks, control characters, line ends, invisible characters, and few visible ones.
EDGE_CHARACTERS = (
    "a🦆 \xa0\u1680\u2000\u202f\u3000\n\r\t\x0b\x0c\u2028\u2029\x00\x1b\x1c\x1f\x7f\x84\x85"
    "\xad\u034f\u061c\u115f\u17b4\u180e\u200b\u200d\u202e\u2065\u2800\u3164\ufe0f\ufeff\uffa0\ufff0"
)
EDGE_TEXT = st.text(st.sampled_from(EDGE_CHARACTERS), max_size=9)
# Without the flag `u`, ECMA-262 cannot express ranges beyond U+FFFF. So the pattern accepts texts that only consist of
# these invisible characters.
SUPPLEMENTARY_INVISIBLE = re.compile("[\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
PATTERN = DwippDraft.model_json_schema()["properties"]["text"]["pattern"]
# Another engine, which follows ECMA-262.
ECMA_SCHEMA = jsonschema_rs.Draft202012Validator({"pattern": PATTERN})


def _accepts(text: str) -> bool:
    try:
        normalize_text(text)
    except PydanticCustomError:
        return False
    return True


@without_deadline
@given(EDGE_TEXT)
def test_pattern_and_code_agree(text: str) -> None:
    accepted = _accepts(text)
    assert (re.fullmatch(PATTERN, text) is not None) is accepted
    assert ECMA_SCHEMA.is_valid(text) is accepted


@without_deadline
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_pattern_and_code_agree_on_any_characters(text: str) -> None:
    pattern_accepts = re.fullmatch(PATTERN, text) is not None
    assert ECMA_SCHEMA.is_valid(text) is pattern_accepts
    if SUPPLEMENTARY_INVISIBLE.search(text):
        assert pattern_accepts or not _accepts(text)
    else:
        assert pattern_accepts is _accepts(text)


@pytest.mark.parametrize("template", ["{}", "a{}b", "{}a", "\u200b{}"], ids=ascii)
def test_pattern_and_code_agree_on_each_code_point_up_to_ffff(template: str) -> None:
    pattern = re.compile(PATTERN)
    points = (point for point in range(0x10000) if not 0xD800 <= point <= 0xDFFF)
    texts = [template.format(chr(point)) for point in points]
    assert [text for text in texts if (pattern.fullmatch(text) is not None) is not _accepts(text)] == []


@pytest.mark.timeout(20)
def test_pattern_has_no_exponential_backtracking() -> None:
    for ending in ("\x00", "\u200b\x00", " " * 50_000 + "\x00"):
        for line_end in ("\r\n", "\r", "\n\r"):
            assert not re.fullmatch(PATTERN, "a" + line_end * 130 + ending)
        assert not re.fullmatch(PATTERN, "\u200b" * 260 + ending)


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 280, f" {'a' * 280}\n", "a" + "\r\n" * 278 + "a", "a" + "\r" * 278 + "a", "a" + "\u2029" * 278 + "a"),
        *("a" + "\t" * 278 + "a", " " * 500 + "a", "\t\r\n\u2028" * 100 + "a", "\u200b" * 279 + "a"),
    ],
    ids=[
        *("280 characters", "blanks at the ends", "CRLF counts once", "CR counts once", "U+2029 counts once"),
        *("tabs count", "blanks beyond the limit", "line ends beyond the limit", "one visible character"),
    ],
)
def test_longest_text_is_accepted_by_pattern_and_code(text: str) -> None:
    assert normalize_text(text)
    assert re.fullmatch(PATTERN, text)


@pytest.mark.parametrize(
    "text",
    ["a" * 281, "a" + "\r\n" * 279 + "a", "a" + "\r" * 279 + "a", "\u200b" * 280 + "a"],
    ids=["281 characters", "281 characters with CRLF", "281 characters with CR", "280 invisible and a letter"],
)
def test_too_long_text_is_refused_by_pattern_and_code(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        normalize_text(text)
    assert not re.fullmatch(PATTERN, text)


@pytest.mark.parametrize("text", VISIBLE_TEXTS.values(), ids=VISIBLE_TEXTS)
def test_pattern_accepts_visible_texts(text: str) -> None:
    assert re.fullmatch(PATTERN, text)
    assert ECMA_SCHEMA.is_valid(text)


@pytest.mark.parametrize("text", INVISIBLE_TEXTS.values(), ids=INVISIBLE_TEXTS)
def test_pattern_refuses_invisible_texts_up_to_ffff(text: str) -> None:
    accepts = SUPPLEMENTARY_INVISIBLE.search(text) is not None
    assert (re.fullmatch(PATTERN, text) is not None) is accepts
    assert ECMA_SCHEMA.is_valid(text) is accepts
