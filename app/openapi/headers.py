"""Which headers answers have, for the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

from app.openapi.examples import CURSOR, DWIPP_ID

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The id of this request; a problem has it in its body too.",
        "required": True,
        "schema": {"type": "string", "pattern": r"^[\w=-]{1,128}$"},
    },
    "Cache-Control": {"required": True, "schema": {"type": "string", "const": "no-store"}},
    "WWW-Authenticate": {
        "description": "API Gateway renames it to `x-amzn-Remapped-WWW-Authenticate`.",
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    "Location": {
        "description": "The path of the new Dwipp.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
        "example": f"/v1/dwipps/{DWIPP_ID}",
    },
    "Idempotent-Replayed": {
        "description": "There if an earlier request under this key wrote the Dwipp, and this one wrote nothing.",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {
        "description": "The path of the next page (RFC 8288); there unless this one is the last.",
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="next"$'},
        "example": f'</v1/dwipps?limit=20&cursor={CURSOR}>; rel="next"',
    },
}


def headers_of(path: str, method: str, status: int, *, is_page: bool) -> Iterator[str]:
    """The names of the headers that an answer can have."""
    yield "X-Request-Id"
    if path.startswith("/v1/"):
        yield "Cache-Control"
    if status == 401:
        yield "WWW-Authenticate"
    if status in (429, 503) or (status == 202 and method == "delete"):
        yield "Retry-After"
    if status == 201:
        yield from ("Location", "Idempotent-Replayed")
    if is_page:
        yield "Link"
