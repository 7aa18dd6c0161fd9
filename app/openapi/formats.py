"""Formats of values in the API, and the regular expressions that describe them in the OpenAPI document."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

T = TypeVar("T")

MAX_HANDLE_LENGTH = 20

# The characters that `str.strip` removes, for a character class of ECMA-262. Its `\s` is another set.
BLANKS = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

# The reason of a report, of a decision and of a suspension.
ModerationReason = Literal["spam", "harassment", "hate", "sexual", "violence", "self-harm", "illegal", "other"]


def format_timestamp(moment: datetime) -> str:
    """Format a time as RFC 3339 in UTC with exactly three digits of fraction, which many parsers require."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def lower_ascii(text: str) -> str:
    """Return an ASCII text in lower case, and other texts unchanged. The lower case of U+212A would be the letter k."""
    return text.lower() if text.isascii() else text


def _refuse_other_words(value: Any) -> Any:
    """Refuse texts that pydantic reads as a truth value although JSON does not, such as `on`."""
    if isinstance(value, str) and value not in ("true", "false"):
        raise PydanticCustomError("boolean", "Write true or false.")
    return value


# A truth value of a query.
QueryBool = Annotated[bool, BeforeValidator(_refuse_other_words)]


class WithoutNull:
    """Annotates a parameter that is None if it is absent: leaves null out of its JSON schema.

    `SkipJsonSchema[None]` does so too, but then an invalid value has two flaws: it is also not null.
    """

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        documented = handler(schema)
        (value,) = (each for each in documented.pop("anyOf") if each != {"type": "null"})
        return {**value, **documented}


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("null", "Leave this field out, or give it a value.")
    return value


# An optional field of a body: it is absent or has a value. Null is invalid.
Omittable = Annotated[T | None, WithoutNull(), BeforeValidator(_refuse_null)]


def bounded(max_length: int) -> WithJsonSchema:
    """Return the annotation of a text in a response: its maximum length, which is documented but not checked."""
    return WithJsonSchema({"type": "string", "maxLength": max_length})


HandleText = Annotated[str, bounded(MAX_HANDLE_LENGTH)]
IdText = Annotated[str, bounded(36)]
Timestamp = Annotated[
    datetime,
    PlainSerializer(format_timestamp, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
