"""The response headers in the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

from app.openapi import examples


def _limits_pattern(parameters: str) -> str:
    """Return the pattern of a header with one item for each window."""
    return f'^"(?:hour|day)";{parameters}(?:, "day";{parameters})?$'


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
    "RateLimit-Policy": {
        "description": "Your limits for writes of this kind: at most `q` writes in a window of `w` seconds. A window is"
        " an hour or a day of UTC (draft-ietf-httpapi-ratelimit-headers-11). Absent if this request did not count,"
        " unless a limit refused it.",
        "schema": {"type": "string", "pattern": _limits_pattern("q=[1-9][0-9]*;w=(?:3600|86400)")},
        "example": '"hour";q=30;w=3600, "day";q=200;w=86400',
    },
    "RateLimit": {
        "description": "The state of each limit: `r` writes remain, and the window ends in `t` seconds"
        " (draft-ietf-httpapi-ratelimit-headers-11). Absent if this request did not count, unless a limit refused it.",
        "schema": {"type": "string", "pattern": _limits_pattern("r=[0-9]+;t=[1-9][0-9]*")},
        "example": '"hour";r=29;t=1200, "day";r=199;t=44400',
    },
    "Link": {
        "description": "The next page, relative to the URL of the request (RFC 8288). Absent on the last page.",
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="next"$'},
        "example": f'<?limit=20&cursor={examples.CURSOR}>; rel="next"',
    },
}


# The error statuses of a counted request. A 404 counts if the request removed a reaction to a deleted Dwipp.
_COUNTED_ERRORS = (404, 429, 500, 503)


def common_headers(path: str) -> Iterator[str]:
    """Yield the names of the headers that each response of a path has."""
    yield "X-Request-Id"
    if path.startswith("/v1/"):
        yield "Cache-Control"


def response_headers(path: str, method: str, status: int, *, is_page: bool, is_limited: bool) -> Iterator[str]:
    """Yield the names of the headers that a response can have.

    Args:
        path: the path of the operation.
        method: its method, in lower case.
        status: the status of the response.
        is_page: whether the response is a page of a list.
        is_limited: whether the operation counts towards a limit of the member.
    """
    yield from common_headers(path)
    if status == 401:
        yield "WWW-Authenticate"
    if status in (429, 503) or (status == 202 and method == "delete"):
        yield "Retry-After"
    if status == 201:
        yield from ("Location", "Idempotent-Replayed")
    if is_limited and (status < 300 or status in _COUNTED_ERRORS):
        yield from ("RateLimit-Policy", "RateLimit")
    if is_page:
        yield "Link"
