"""Pages of lists and the cursors between them; knows no list in particular, and no HTTP."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from app.errors import InvalidCursorError

T = TypeVar("T")

_TAG_BYTES = 8
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How many items are asked for, and after which place."""

    limit: int
    cursor: str | None = None


class Page(BaseModel, Generic[T]):
    """A part of a list. `next_cursor` asks for the next one; null alone ends the list, a short page does not."""

    items: list[T]
    next_cursor: str | None = Field(description="Send it as `cursor` to go on; null at the list's end.")


def encode_cursor(list_name: str, *place: str) -> str:
    """A cursor that only the list of that name takes back."""
    content = _tag(list_name) + _SEPARATOR.join(place).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode_cursor(list_name: str, cursor: str, *checks: Callable[[str], bool]) -> tuple[str, ...]:
    """The place that a cursor names, of as many parts as there are checks for them.

    Raises:
        InvalidCursorError: for whatever `encode_cursor` did not make for this list.
    """
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place = tuple(content[_TAG_BYTES:].decode().split(_SEPARATOR))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursorError from error
    if len(place) != len(checks) or not all(check(part) for check, part in zip(checks, place, strict=True)):
        raise InvalidCursorError
    if encode_cursor(list_name, *place) != cursor:
        raise InvalidCursorError
    return place


def _tag(list_name: str) -> bytes:
    return hashlib.blake2b(list_name.encode(), digest_size=_TAG_BYTES).digest()
