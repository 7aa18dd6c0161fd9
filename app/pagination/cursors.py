"""Pages, their size, and cursors."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.errors import InvalidCursorError

T = TypeVar("T")

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
LIMIT_DESCRIPTION = "The maximum number of items."
CURSOR_DESCRIPTION = "The `next_cursor` of the previous page."

_TAG_BYTES = 8
_SEPARATOR = "\n"


def _refuse_other_digits(number: Any) -> Any:
    """Refuse texts that pydantic reads as whole numbers although they are not digits only, such as `1_0`."""
    if isinstance(number, str) and not re.fullmatch("[0-9]+", number):
        raise PydanticCustomError("digits", "Write a whole number with the digits 0 to 9 only.")
    return number


# The longest cursors are those of the export, with fewer than 200 characters. A longer one is invalid.
CursorText = Annotated[str, WithJsonSchema({"type": "string", "maxLength": 512})]
# The constraints come first: after a validator, pydantic would not write them into the JSON Schema.
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_refuse_other_digits)]


class PageRequest(NamedTuple):
    """The size of a page, and the cursor that it starts after."""

    limit: int
    cursor: str | None = None


class Page(BaseModel, Generic[T]):
    """A page of a list. Only a null `next_cursor` ends the list, a short page does not."""

    items: list[T] = Field(json_schema_extra={"maxItems": MAX_LIMIT})
    next_cursor: CursorText | None = Field(description="The `cursor` of the next page. Null on the last page.")


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
