"""Visible text: a text needs at least one character that a reader can see. Imports no other module of Dwipper."""

# Unicode's property Default_Ignorable_Code_Point, of which a renderer shows nothing. The standard library lacks it. A
# test compares these ranges with the package `regex`, which follows Unicode:
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
DEFAULT_IGNORABLE_RANGES = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_BLANK_BRAILLE = "\u2800"  # A visible character by its property, but its glyph is empty.
# The same characters for a character class of ECMA-262. Characters beyond U+FFFF are left out: without the flag `u`,
# which many generated clients lack, a range of them is a syntax error.
INVISIBLE_CLASS = _BLANK_BRAILLE.encode("unicode_escape").decode() + "".join(
    f"\\u{first:04x}-\\u{last:04x}" for first, last in DEFAULT_IGNORABLE_RANGES if last <= 0xFFFF
)


def is_visible(text: str) -> bool:
    """Return True if the text has a character that is no blank, not default-ignorable and no blank Braille pattern."""
    return any(not _is_invisible(character) for character in text)


def _is_invisible(character: str) -> bool:
    if character.isspace() or character == _BLANK_BRAILLE:
        return True
    code_point = ord(character)
    return any(first <= code_point <= last for first, last in DEFAULT_IGNORABLE_RANGES)
