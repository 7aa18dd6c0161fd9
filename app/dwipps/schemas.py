"""What the API says and takes of Dwipps."""

import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.openapi.patterns import BLANKS
from app.pagination.cursors import Page

LONGEST_TEXT = 280
_REFUSED = ("Cc", "Cs")  # Control characters; halves of characters, which JSON can write and UTF-8 cannot.

# `clean_text` for the OpenAPI document, but for what normal form C makes longer or shorter.
_VISIBLE = rf"[^\x00-\x1f\x7f-\x9f{BLANKS}]"
_INNER = r"(?:\r\n|[^\x00-\x09\x0b-\x1f\x7f-\x9f])"
_PATTERN = rf"^[{BLANKS}]*{_VISIBLE}(?:{_INNER}{{0,{LONGEST_TEXT - 2}}}{_VISIBLE})?[{BLANKS}]*$"


class Author(BaseModel):
    """Who wrote a Dwipp: a handle, and nothing else of them."""

    handle: str


class DwippView(BaseModel):
    """A Dwipp as one member sees it."""

    id: str = Field(description="A UUIDv7: ids sort by time.", json_schema_extra={"format": "uuid"})
    text: str
    author: Author
    created_at: datetime = Field(description="The time in the id.")
    edited_at: datetime | None = Field(description="Null before the first edit.")
    version: int = Field(description="1 at first, raised by every edit.", json_schema_extra={"minimum": 1})
    upvotes: int = Field(json_schema_extra={"minimum": 0})
    upvoted: bool = Field(description="Whether you upvoted it.")
    favorited: bool = Field(description="Whether it is among your favorites.")


class DwippPage(Page[DwippView]):
    """A part of a list of Dwipps."""


def clean_text(text: str) -> str:
    """The text as it is stored: CRLF as LF, in Unicode's normal form C, without blanks at its ends.

    Raises:
        PydanticCustomError: if nothing is left, or too much, or half a character, or a control character other than
            line feed.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise PydanticCustomError("text_length", "A Dwipp has 1 to 280 characters, blanks at its ends not counted.")
    if any(unicodedata.category(character) in _REFUSED and character != "\n" for character in text):
        raise PydanticCustomError(
            "text_control", "A Dwipp has no control characters but line feeds, and no lone surrogates."
        )
    return text


Text = Annotated[
    str,
    AfterValidator(clean_text),
    Field(
        description="1 to 280 code points, with no control characters but line feeds; CRLF becomes LF, blanks at its"
        " ends are cut off, and it is stored in Unicode's normal form C.",
        examples=["Your future self is watching you right now through memories."],
        json_schema_extra={"minLength": 1, "pattern": _PATTERN},
    ),
]


def _whole(number: Any) -> Any:
    """JSON has one kind of number, and JSON Schema takes 2.0 for the integer that it is."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class DwippDraft(BaseModel):
    """A Dwipp to be written."""

    model_config = ConfigDict(extra="forbid")

    text: Text


class DwippEdit(DwippDraft):
    """A Dwipp's new text."""

    version: Annotated[int | None, BeforeValidator(_whole)] = Field(
        None,
        ge=1,
        lt=2**53,
        strict=True,
        description="The version that you read. If the Dwipp has another by now, nothing is changed.",
    )
