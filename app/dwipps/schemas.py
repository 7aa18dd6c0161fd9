"""Dwipps in the API: their text, and the requests and responses."""

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.dwipps.visibility import INVISIBLE_CLASS, is_visible
from app.openapi import examples
from app.openapi.formats import BLANKS, HandleText, IdText, ModerationReason, Omittable, Timestamp, bounded
from app.pagination.cursors import Page

MAX_TEXT_LENGTH = 280
DwippText = Annotated[str, bounded(MAX_TEXT_LENGTH)]
_MAX_COMPOSED = 4  # A character composes from at most four (https://www.unicode.org/faq/normalization.html#12).
_REFUSED_CATEGORIES = ("Cc", "Cs")  # Control characters, and lone surrogates, which JSON can express and UTF-8 cannot.

# The rules of `normalize_text` for the OpenAPI document. They cannot express that NFC changes the length.
_HAS_VISIBLE = rf"(?=[\s\S]*[^\x00-\x1f\x7f-\x9f{BLANKS}{INVISIBLE_CLASS}])"
_OUTER = rf"[^\x00-\x1f\x7f-\x9f{BLANKS}]"
# A lone CR excludes CRLF, or a matcher that backtracks would try each CRLF in two ways.
_INNER = r"(?:\r\n|\r(?!\n)|[^\x00-\x08\x0b-\x1f\x7f-\x9f])"
# Line ends and tabs of other systems. CRLF comes before CR.
_REPLACEMENTS = (("\r\n", "\n"), ("\r", "\n"), ("\u2028", "\n"), ("\u2029", "\n"), ("\t", " "))


def dwipp_example(**changes: Any) -> dict[str, Any]:
    """Return an example of a new Dwipp with these changes."""
    return {
        "id": examples.DWIPP_ID,
        "text": examples.TEXT,
        "author": {"handle": examples.HANDLE},
        "created_at": examples.CREATED_AT,
        "edited_at": None,
        "version": 1,
        "upvotes": 0,
        "upvoted": False,
        "favorited": False,
        "removed": None,
        **changes,
    }


_EXAMPLE = dwipp_example(upvotes=3, upvoted=True, favorited=True)


class Author(BaseModel):
    """The author of a Dwipp, by handle only."""

    handle: HandleText


class RemovalView(BaseModel):
    """The removal of a Dwipp by moderators."""

    at: Timestamp
    reason: ModerationReason


class DwippView(BaseModel):
    """A Dwipp as one member sees it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str = Field(description="A UUIDv7. Ids sort by time.", json_schema_extra={"format": "uuid"})
    text: DwippText
    author: Author
    created_at: Timestamp = Field(description="The time in the id.")
    edited_at: Timestamp | None = Field(description="Null until the first edit.")
    version: int = Field(description="1 at first. Each edit raises it.", json_schema_extra={"minimum": 1})
    upvotes: int = Field(json_schema_extra={"minimum": 0})
    upvoted: bool = Field(description="Whether you upvoted the Dwipp.")
    favorited: bool = Field(description="Whether the Dwipp is one of your favorites.")
    removed: RemovalView | None = Field(description="Null unless moderators removed your Dwipp.")


class DwippPage(Page[DwippView]):
    """A page of a list of Dwipps."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE], "next_cursor": examples.CURSOR}]})


class FeedPage(DwippPage):
    """A page of the list of everybody's Dwipps, in any order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_EXAMPLE], "next_cursor": examples.CURSOR, "as_of": examples.EDITED_AT}]
        }
    )

    as_of: Timestamp | None = Field(
        None,
        description="The time of the snapshot. Only with `sort=top` and `sort=hot`. Null if there is no snapshot yet.",
    )


class Mark(BaseModel):
    """An upvote or a favorite, with its time."""

    dwipp_id: IdText
    at: Timestamp


def text_pattern(max_length: int) -> str:
    """Return the regular expression (ECMA-262) of the texts that `normalize_text` accepts."""
    return rf"^{_HAS_VISIBLE}[{BLANKS}]*{_OUTER}(?:{_INNER}{{0,{max_length - 2}}}{_OUTER})?[{BLANKS}]*$"


def normalize_text(text: str, max_length: int = MAX_TEXT_LENGTH, name: str = "A Dwipp") -> str:
    """Return the text as it is stored: with LF as line end and blanks for tabs, in NFC, without blanks at its ends.

    Args:
        text: the text of a client.
        max_length: the maximum number of code points of the result.
        name: what the text is, for the messages.

    Raises:
        PydanticCustomError: if the text is too long, if nothing in it is visible, or if it has a lone surrogate or
            another control character than line feed.
    """
    for sequence, replacement in _REPLACEMENTS:
        text = text.replace(sequence, replacement)
    text = text.strip()
    # NFC takes a time that grows with the square of the length. A longer text is too long in NFC as well.
    if len(text) <= _MAX_COMPOSED * max_length:
        text = unicodedata.normalize("NFC", text)
    context = {"name": name, "max_length": max_length}
    if not 1 <= len(text) <= max_length:
        message = "{name} has 1 to {max_length} characters. Blanks at its ends do not count."
        raise PydanticCustomError("text_length", message, context)
    if any(unicodedata.category(character) in _REFUSED_CATEGORIES and character != "\n" for character in text):
        message = "{name} has no control characters except line feeds, and no lone surrogates."
        raise PydanticCustomError("text_control", message, context)
    if not is_visible(text):
        raise PydanticCustomError("text_invisible", "{name} has at least one visible character.", context)
    return text


Text = Annotated[
    str,
    AfterValidator(normalize_text),
    Field(
        description="1 to 280 code points, at least one of them visible, without control characters except line feeds."
        " CRLF, CR, U+2028 and U+2029 become LF, and tabs become blanks. Blanks at the ends are removed, and the text"
        " is stored in Unicode's normalization form C.",
        examples=["Your future self is watching you right now through memories."],
        json_schema_extra={"minLength": 1, "pattern": text_pattern(MAX_TEXT_LENGTH)},
    ),
]


def _integral_float_to_int(number: Any) -> Any:
    """Accept 2.0 as 2, since JSON Schema counts it as an integer."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


# The constraints come first: after a validator, pydantic would not write them into the JSON Schema.
_Version = Annotated[int, Field(ge=1, le=2**53 - 1, strict=True), BeforeValidator(_integral_float_to_int)]


class DwippDraft(BaseModel):
    """A new Dwipp."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": examples.TEXT}]})

    text: Text


class DwippEdit(DwippDraft):
    """A new text for a Dwipp."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": examples.NEW_TEXT, "version": 1}]})

    version: Omittable[_Version] = Field(
        None, description="The version that you read. If the Dwipp has another version, nothing changes."
    )
