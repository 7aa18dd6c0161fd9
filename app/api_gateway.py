"""API Gateway's events, through Mangum, into an ASGI app; knows nothing of that app but that it answers.

Mangum does the translation. What is here makes it right: the prefix of a stage or of a custom domain, which only the
event knows, and events that Mangum would fail on. What an event holds:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (REST)
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (HTTP)
"""

import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from starlette.types import ASGIApp, Receive, Scope, Send

from app.observability import request_context
from app.observability.access_log import written
from app.observability.json_logging import frames
from app.web import problems
from app.web.threadpool import alone

logger = logging.getLogger("app.gateway")

Event = Mapping[str, Any]
Handler = Callable[[Any, Any], dict[str, Any]]

_PREFIX = re.compile(r"(/[^/]+)*")
_PARAMETER = re.compile(r"\{(\w+)\+?\}")
# Mangum makes the server's name and port of these, and fails where they are not what it expects. Nothing here needs
# them: all links are relative to the host.
_NOT_FOR_MANGUM = frozenset({"host", "x-forwarded-port"})


def handler_for(application: ASGIApp) -> Handler:
    """A Lambda handler that serves this app.

    Any HTTP event gets an answer; of any other, such as a schedule's that keeps the function warm, nothing is done.
    """
    mangum = Mangum(
        _Mounted(application),
        lifespan="off",
        text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, problems.MEDIA_TYPE],
    )

    def handle(event: Any, context: Any) -> dict[str, Any]:
        if not _is_http(event):
            return {"statusCode": 204}
        try:
            return mangum(_tidy(event), context)
        except Exception as error:  # noqa: BLE001 -- whatever makes an event unreadable, its sender gets an answer
            return _unreadable(event, error)

    return handle


class _Mounted:
    """Tells the app below which prefix it was called: `root_path`, which its own links begin with (ASGI middleware).

    And that nothing else is going on in the process.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._app = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        path = _asked_path(scope["aws.event"]) or scope["path"]
        prefix = _prefix(scope["aws.event"], path)
        if path == prefix:
            path = f"{prefix}/"  # Without its slash a stage's own path would be no path below it.
        with alone():
            await self._app({**scope, "path": path, "root_path": prefix}, receive, send)


def _is_http(event: Any) -> bool:
    if not isinstance(event, Mapping) or not isinstance(event.get("requestContext"), Mapping):
        return False
    return "httpMethod" in event or isinstance(event["requestContext"].get("http"), Mapping)


def _asked_path(event: Event) -> str:
    """The path that the client asked for, with the prefix of the stage or of the custom domain."""
    context = event["requestContext"]
    path = context["http"].get("path") if isinstance(context.get("http"), Mapping) else context.get("path")
    return unquote(path) if isinstance(path, str) else ""


def _prefix(event: Event, path: str) -> str:
    """What stands in front of the path of the route that the gateway chose, so that both agree on the rest."""
    route = _route_path(event)
    if route is not None and path.rstrip("/").endswith(route):
        prefix = path.rstrip("/").removesuffix(route)
        # What doubled slashes leave is no prefix of a stage or a base path, and so the path is none of the app's.
        return prefix if _PREFIX.fullmatch(prefix) else ""
    stage = event["requestContext"].get("stage")
    return f"/{stage}" if isinstance(stage, str) and f"{path}/".startswith(f"/{stage}/") else ""


def _route_path(event: Event) -> str | None:
    """The template of the chosen route (`/v1/{proxy+}`), filled in; none for HTTP API's `$default`."""
    _, _, template = str(event.get("resource") or event.get("routeKey") or "").rpartition(" ")
    values = event.get("pathParameters")
    values = values if isinstance(values, Mapping) else {}
    if not template.startswith("/") or not all(name in values for name in _PARAMETER.findall(template)):
        return None
    return unquote(_PARAMETER.sub(lambda parameter: str(values[parameter[1]]), template)).rstrip("/")


def _tidy(event: Event) -> dict[str, Any]:
    """The event without what Mangum 0.22 fails on."""
    headers = {name: value for name, value in _entries(event.get("headers")) if isinstance(value, str)}
    several = {name: values for name, values in _entries(event.get("multiValueHeaders")) if _are_texts(values)}
    return {**event, "headers": headers, "multiValueHeaders": several}


def _entries(headers: Any) -> list[tuple[str, Any]]:
    entries = headers.items() if isinstance(headers, Mapping) else ()
    return [(name, value) for name, value in entries if name.lower() not in _NOT_FOR_MANGUM]


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _method(event: Event) -> str:
    http = event["requestContext"].get("http")
    return str(http.get("method") if isinstance(http, Mapping) else event.get("httpMethod"))


def _unreadable(event: Event, error: Exception) -> dict[str, Any]:
    request_id = str(uuid.uuid4())
    # The app has not seen it, so its line is written here.
    with written(request_id, _method(event)) as exchange:
        exchange.status = problems.MALFORMED.status
        request_context.current().problem = problems.MALFORMED.slug
        logger.warning("request %s cannot be read: %s", request_id, frames(error))
    body = problems.body(problems.MALFORMED, request_id, "The request cannot be read.")
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-store",
        "Content-Type": problems.MEDIA_TYPE,
        "X-Request-Id": request_id,
    }
    return {
        "statusCode": body["status"],
        "headers": headers,
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
