"""The response headers in the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

from app.openapi import examples

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The id of the request. A problem repeats it in its body.",
        "required": True,
        "schema": {"type": "string", "pattern": r"^[\w=-]{1,128}$"},
    },
    "Cache-Control": {"required": True, "schema": {"type": "string", "const": "no-store"}},
    "WWW-Authenticate": {
        "description": "API Gateway renames it to `x-amzn-Remapped-WWW-Authenticate`.",
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next request.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    "Location": {
        "description": "The new Dwipp, relative to the URL of the request (RFC 9110, section 10.2.2).",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
        "example": f"dwipps/{examples.DWIPP_ID}",
    },
    "Idempotent-Replayed": {
        "description": "Present if an earlier request with this key created the Dwipp, and this request created none.",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {
        "description": "The next page, relative to the URL of the request (RFC 8288). Absent on the last page.",
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="next"$'},
        "example": f'<?limit=20&cursor={examples.CURSOR}>; rel="next"',
    },
}


def response_headers(path: str, method: str, status: int, *, is_page: bool) -> Iterator[str]:
    """Yield the names of the headers that a response can have."""
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
