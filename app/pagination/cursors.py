"""Pages and cursors."""

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
    """The size of a page, and the cursor that it starts after."""

    limit: int
    cursor: str | None = None


class Page(BaseModel, Generic[T]):
    """A page of a list. Only a null `next_cursor` ends the list, a short page does not."""

    items: list[T]
    next_cursor: str | None = Field(description="The `cursor` of the next page. Null on the last page.")


def encode_cursor(list_name: str, *position: str) -> str:
    """Return the cursor of a position, bound to the list with this name."""
    content = _tag(list_name) + _SEPARATOR.join(position).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode_cursor(list_name: str, cursor: str, *checks: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the position in a cursor.

    Args:
        list_name: the list that the cursor must be bound to.
        cursor: as the client sent it.
        checks: one for each part of the position.

    Raises:
        InvalidCursorError: if `encode_cursor` did not make this cursor for this list.
    """
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = tuple(content[_TAG_BYTES:].decode().split(_SEPARATOR))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursorError from error
    if len(position) != len(checks) or not all(check(part) for check, part in zip(checks, position, strict=True)):
        raise InvalidCursorError
    if encode_cursor(list_name, *position) != cursor:
        raise InvalidCursorError
    return position


def _tag(list_name: str) -> bytes:
    return hashlib.blake2b(list_name.encode(), digest_size=_TAG_BYTES).digest()
