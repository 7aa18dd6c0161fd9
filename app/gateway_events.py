"""The HTTP request in an event of API Gateway, of a load balancer or of `sam local`.

The form of an event:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (REST)
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (HTTP)
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html (load balancer)
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

Event = Mapping[str, Any]

_PREFIX = re.compile(r"(/[^/]+)*")
_PARAMETER = re.compile(r"\{(\w+)\+?\}")
# Mangum derives the server's name and port from these headers, and fails on unexpected values. The app needs neither,
# because all of its links are relative to the host.
_DROPPED_HEADERS = frozenset({"host", "x-forwarded-port"})


def is_http(event: Any) -> bool:
    """Return True for an HTTP request, False for events such as a schedule's."""
    if not isinstance(event, Mapping) or not isinstance(event.get("requestContext"), Mapping):
        return False
    return "httpMethod" in event or isinstance(event["requestContext"].get("http"), Mapping)


def method(event: Event) -> str:
    """Return the method of the request. The text `None` if the event has no method."""
    http = event["requestContext"].get("http")
    return str(http.get("method") if isinstance(http, Mapping) else event.get("httpMethod"))


def has_value_lists(event: Event) -> bool:
    """Return True for the event of a load balancer that sends and expects a list of values for each header."""
    return "elb" in event["requestContext"] and isinstance(event.get("multiValueHeaders"), Mapping)


def requested_path(event: Event) -> str:
    """Return the path that the client requested, including the prefix."""
    context = event["requestContext"]
    path = context["http"].get("path") if isinstance(context.get("http"), Mapping) else context.get("path")
    if path == event.get("resource"):
        path = event.get("path")  # `sam local` puts the route there: https://github.com/aws/aws-sam-cli/issues/434
    return unquote(path) if isinstance(path, str) else ""


def path_prefix(event: Event, path: str) -> str:
    """Return the part of the path before the gateway's route, so that app and gateway agree on the rest."""
    route = _route_path(event)
    if route is not None and path.rstrip("/").endswith(route):
        prefix = path.rstrip("/").removesuffix(route)
        # Doubled slashes form no prefix of a stage or a base path, so the app finds no route and responds with 404.
        return prefix if _PREFIX.fullmatch(prefix) else ""
    stage = event["requestContext"].get("stage")
    return f"/{stage}" if isinstance(stage, str) and f"{path}/".startswith(f"/{stage}/") else ""


def _route_path(event: Event) -> str | None:
    """Return the gateway's route, such as `/v1/{proxy+}`, with its parameters filled in. None for `$default`."""
    _, _, template = str(event.get("resource") or event.get("routeKey") or "").rpartition(" ")
    values = event.get("pathParameters")
    values = values if isinstance(values, Mapping) else {}
    if not template.startswith("/") or not all(name in values for name in _PARAMETER.findall(template)):
        return None
    return unquote(_PARAMETER.sub(lambda parameter: str(values[parameter[1]]), template)).rstrip("/")


def sanitize(event: Event) -> dict[str, Any]:
    """Return a copy of the event without the headers that Mangum 0.22 fails on."""
    sanitized = dict(event)
    for name, is_valid in (("headers", _is_string), ("multiValueHeaders", _are_strings)):
        # For a load balancer's event, Mangum reads `multiValueHeaders` if the key exists, even if the value is null.
        headers = sanitized.pop(name, None)
        if isinstance(headers, Mapping):
            sanitized[name] = {header: value for header, value in _headers(headers) if is_valid(value)}
    return sanitized


def _headers(headers: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in _DROPPED_HEADERS]


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _are_strings(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
