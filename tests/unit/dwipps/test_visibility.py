"""A text is visible if a character of it is neither a blank nor default-ignorable. The package `regex` knows both."""

import re
import sys

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from app.dwipps.visibility import DEFAULT_IGNORABLE_RANGES, INVISIBLE_CLASS, is_visible
from testkit.hypothesis_settings import without_deadline

ALL_CHARACTERS = "".join(map(chr, range(sys.maxunicode + 1)))
DEFAULT_IGNORABLE = frozenset(regex.findall(r"\p{Default_Ignorable_Code_Point}", ALL_CHARACTERS))
# Python's `str.strip` removes U+001C to U+001F too, which Unicode does not call white space.
BLANKS = frozenset(regex.findall(r"[\p{White_Space}\x1c-\x1f]", ALL_CHARACTERS))
INVISIBLE = DEFAULT_IGNORABLE | BLANKS | {"\u2800"}
INVISIBLE_TEXT = st.text(st.sampled_from(sorted(INVISIBLE)), max_size=20)
VISIBLE_CHARACTER = st.characters().filter(lambda character: character not in INVISIBLE)


def test_ranges_are_the_default_ignorable_code_points() -> None:
    ranges = [chr(point) for first, last in DEFAULT_IGNORABLE_RANGES for point in range(first, last + 1)]
    assert sorted(ranges) == ranges
    assert len(set(ranges)) == len(ranges)
    assert set(ranges) == DEFAULT_IGNORABLE


@pytest.mark.slow
def test_every_code_point_is_visible_or_invisible_as_in_unicode() -> None:
    assert {character for character in ALL_CHARACTERS if not is_visible(character)} == INVISIBLE


def test_class_for_ecma_262_has_the_invisible_code_points_up_to_ffff() -> None:
    matched = set(re.findall(f"[{INVISIBLE_CLASS}]", ALL_CHARACTERS))
    assert matched == {character for character in DEFAULT_IGNORABLE | {"\u2800"} if character <= "\uffff"}
    assert INVISIBLE_CLASS.isascii()


@without_deadline
@given(INVISIBLE_TEXT)
def test_text_without_a_visible_character_is_invisible(text: str) -> None:
    assert not is_visible(text)


@without_deadline
@given(INVISIBLE_TEXT, VISIBLE_CHARACTER, INVISIBLE_TEXT)
def test_one_visible_character_makes_a_text_visible(before: str, character: str, after: str) -> None:
    assert is_visible(before + character + after)


@without_deadline
@given(st.text(st.characters()))
def test_text_is_visible_if_unicode_has_a_visible_character_in_it(text: str) -> None:
    assert is_visible(text) is (regex.fullmatch(r"[\p{Default_Ignorable_Code_Point}\s\u2800\x1c-\x1f]*", text) is None)


@pytest.mark.parametrize(
    "character",
    [
        *("\u0301", "\u20dd", "\u0e31", "\ufffc", "\ufffd", "\ue000", "\U0010fffd", "\u0378", "\U000fffff"),
        *("\uffff", "\ufff9", "\u0600", "\U0001f1e6", "\U0001f3fd", "\u2588", "."),
    ],
    ids=ascii,
)
def test_marks_placeholders_and_unassigned_code_points_are_visible(character: str) -> None:
    assert is_visible(character)
