"""API Gateway: events in, responses out. It works with any ASGI app.

Mangum translates. This module corrects it in two places: the prefix of a stage or a custom domain, which only the event
knows, and events that Mangum fails on. The form of an event:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (REST)
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (HTTP)
"""

import asyncio
import json
import logging
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES, HANDLERS
from mangum.types import ASGI, LambdaHandler, Scope

from app.observability import request_context
from app.observability.access_log import log_request
from app.observability.json_logging import format_frames
from app.web import problems
from app.web.threadpool import run_inline

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.gateway")

Event = Mapping[str, Any]
Handler = Callable[[Any, Any], dict[str, Any]]

_PREFIX = re.compile(r"(/[^/]+)*")
_PARAMETER = re.compile(r"\{(\w+)\+?\}")
# Mangum derives the server's name and port from these headers, and fails on unexpected values. The app needs neither,
# because all of its links are relative to the host.
_DROPPED_HEADERS = frozenset({"host", "x-forwarded-port"})


def make_handler(app: ASGI) -> Handler:
    """Return a Lambda handler that serves this app.

    Every HTTP event gets an answer, even a malformed one. Other events, such as a warm-up schedule's, are ignored.
    """
    if not _is_loop_running():
        _use_own_event_loop()  # Mangum's constructor takes the thread's loop too.
    mangum = Mangum(
        app,
        lifespan="off",
        custom_handlers=[_add_root_path(handler) for handler in HANDLERS],
        text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, problems.MEDIA_TYPE],
    )

    def handle(event: Any, context: Any) -> dict[str, Any]:
        if not _is_http(event):
            return {"statusCode": 204}
        if _is_loop_running():
            # Mangum runs an event loop of its own, and a thread can run only one.
            with ThreadPoolExecutor(1) as executor:
                return executor.submit(handle, event, context).result()
        _use_own_event_loop()
        try:
            with run_inline():
                return mangum(_sanitized(event), context)
        except Exception as error:  # noqa: BLE001 -- Mangum fails in many ways, and each sender gets an answer
            return _malformed(event, error)

    return handle


def _add_root_path(handler: type[LambdaHandler]) -> type[LambdaHandler]:
    """Return Mangum's handler of one kind of event, with the prefix in `root_path`."""

    class Prefixed(handler):  # type: ignore[misc, valid-type]
        @cached_property
        def scope(self) -> Scope:
            return _with_root_path(super().scope)

    return Prefixed


def _with_root_path(scope: Scope) -> Scope:
    """Return the scope with the requested path and the prefix that the app is served below."""
    path = _requested_path(scope["aws.event"]) or scope["path"]
    prefix = _path_prefix(scope["aws.event"], path)
    if path == prefix:
        path = f"{prefix}/"  # Starlette finds no route for a path that equals its root path.
    return {**scope, "path": path, "root_path": prefix}


class _EventLoop:
    """An event loop that is closed with its owner."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()


_thread = threading.local()


def _use_own_event_loop() -> None:
    """Give the thread an event loop, which Mangum takes for each event.

    A new thread has none, and `asyncio.run` leaves none behind.
    """
    if not hasattr(_thread, "owner"):
        _thread.owner = _EventLoop()
    asyncio.set_event_loop(_thread.owner.loop)


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _is_http(event: Any) -> bool:
    if not isinstance(event, Mapping) or not isinstance(event.get("requestContext"), Mapping):
        return False
    return "httpMethod" in event or isinstance(event["requestContext"].get("http"), Mapping)


def _requested_path(event: Event) -> str:
    """Return the path that the client requested, including the prefix."""
    context = event["requestContext"]
    path = context["http"].get("path") if isinstance(context.get("http"), Mapping) else context.get("path")
    return unquote(path) if isinstance(path, str) else ""


def _path_prefix(event: Event, path: str) -> str:
    """Return the part of the path before the gateway's route, so that app and gateway agree on the rest."""
    route = _route_path(event)
    if route is not None and path.rstrip("/").endswith(route):
        prefix = path.rstrip("/").removesuffix(route)
        # Doubled slashes form no prefix of a stage or a base path, so the app finds no route and answers 404.
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


def _sanitized(event: Event) -> dict[str, Any]:
    """Return the event without the headers that Mangum 0.22 fails on."""
    headers = {name: value for name, value in _headers(event.get("headers")) if isinstance(value, str)}
    lists = {name: values for name, values in _headers(event.get("multiValueHeaders")) if _are_strings(values)}
    return {**event, "headers": headers, "multiValueHeaders": lists}


def _headers(headers: Any) -> list[tuple[str, Any]]:
    items = headers.items() if isinstance(headers, Mapping) else ()
    return [(name, value) for name, value in items if name.lower() not in _DROPPED_HEADERS]


def _are_strings(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _method(event: Event) -> str:
    http = event["requestContext"].get("http")
    return str(http.get("method") if isinstance(http, Mapping) else event.get("httpMethod"))


def _malformed(event: Event, error: Exception) -> dict[str, Any]:
    """Log and answer an event that never reached the app."""
    request_id = str(uuid.uuid4())
    problem_type = problems.MALFORMED_REQUEST
    with log_request(request_id, _method(event)) as entry:
        entry.status = problem_type.status
        request_context.current().problem = problem_type.slug
        logger.warning("request %s cannot be read: %s", request_id, format_frames(error))
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-store",
        "Content-Type": problems.MEDIA_TYPE,
        "X-Request-Id": request_id,
    }
    return {
        "statusCode": problem_type.status,
        "headers": headers,
        "body": json.dumps(problems.problem_document(problem_type, request_id, "The request cannot be read.")),
        "isBase64Encoded": False,
    }
