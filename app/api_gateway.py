"""API Gateway: events in, responses out. It works with any ASGI app.

Mangum translates. This module corrects it in three places: the prefix of a stage or a custom domain, which only the
event has, events with invalid headers, and the media type that Mangum adds to a response without one. The form of
an event:
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
from mangum.types import ASGI, LambdaContext, LambdaEvent, LambdaHandler, Response, Scope

from app.observability import request_context
from app.observability.access_log import log_request
from app.observability.log_handlers import format_frames
from app.web import problems
from app.web.middleware import EXPOSED_HEADERS
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

    Every HTTP event gets a response, even a malformed one. Other events, such as a warm-up schedule's, are ignored.
    """
    if not _is_loop_running():
        _use_own_event_loop()  # Mangum's constructor takes the thread's loop too.
    mangum = _Adapter(
        app,
        lifespan="off",
        custom_handlers=[_correct_handler(handler) for handler in HANDLERS],
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
                return mangum(event, context)
        except _MalformedEventError as error:
            return _respond(event, problems.MALFORMED_REQUEST, "The request cannot be read.", error.__cause__ or error)
        except Exception as error:  # noqa: BLE001 -- each sender gets a response
            return _respond(event, problems.INTERNAL_ERROR, None, error)

    return handle


class _MalformedEventError(Exception):
    """The event is not a request that Mangum can read."""


class _Adapter(Mangum):
    """Mangum, with an exception of its own for an event that it cannot read."""

    def infer(self, event: LambdaEvent, context: LambdaContext) -> LambdaHandler:
        """Return the handler of the event, which has read the event's request.

        Raises:
            _MalformedEventError: if it cannot be read.
        """
        try:
            handler = super().infer(_sanitize_event(event), context)
            _ = handler.scope, handler.body
        except Exception as error:
            raise _MalformedEventError from error
        return handler


def _correct_handler(handler: type[LambdaHandler]) -> type[LambdaHandler]:
    """Return Mangum's handler of one kind of event. It sets `root_path`, and adds no media type to a response."""

    class CorrectedHandler(handler):  # type: ignore[misc, valid-type]
        @cached_property
        def scope(self) -> Scope:
            return _with_root_path(super().scope)

        @cached_property
        def body(self) -> bytes:
            body: bytes = super().body
            return body

        def __call__(self, response: Response) -> dict[str, Any]:
            has_media_type = any(name.lower() == b"content-type" for name, _ in response["headers"])
            result: dict[str, Any] = super().__call__(response)
            if not has_media_type:
                result.get("headers", {}).pop("content-type", None)
            return result

    return CorrectedHandler


def _with_root_path(scope: Scope) -> Scope:
    """Return the scope with the requested path and the prefix that the app is served below."""
    path = _requested_path(scope["aws.event"]) or scope["path"]
    prefix = _path_prefix(scope["aws.event"], path)
    requested_path = path
    if path == prefix:
        path = f"{prefix}/"  # Starlette finds no route for a path that equals its root path.
    return {**scope, "path": path, "root_path": prefix, "aws.path": requested_path}


class _EventLoop:
    """An event loop that is closed with its owner."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()


_thread = threading.local()


def _use_own_event_loop() -> None:
    """Give the thread an event loop, which Mangum takes for each event.

    A new thread has none, and `asyncio.run` leaves none behind. Other code in the thread may close the loop.
    """
    if not hasattr(_thread, "owner") or _thread.owner.loop.is_closed():
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
    if path == event.get("resource"):
        path = event.get("path")  # `sam local` puts the route there: https://github.com/aws/aws-sam-cli/issues/434
    return unquote(path) if isinstance(path, str) else ""


def _path_prefix(event: Event, path: str) -> str:
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


def _sanitize_event(event: Event) -> LambdaEvent:
    """Return the event without the headers that Mangum 0.22 fails on."""
    sanitized = dict(event)
    for name, is_valid in (("headers", _is_string), ("multiValueHeaders", _are_strings)):
        # For a load balancer's event, Mangum reads `multiValueHeaders` if the key exists, even if it is empty.
        headers = sanitized.pop(name, None)
        if isinstance(headers, Mapping):
            sanitized[name] = {header: value for header, value in _headers(headers) if is_valid(value)}
    return sanitized


def _headers(headers: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in _DROPPED_HEADERS]


def _is_multi_value(event: Event) -> bool:
    return "elb" in event["requestContext"] and isinstance(event.get("multiValueHeaders"), Mapping)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _are_strings(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _method(event: Event) -> str:
    http = event["requestContext"].get("http")
    return str(http.get("method") if isinstance(http, Mapping) else event.get("httpMethod"))


def _respond(
    event: Event, problem_type: problems.ProblemType, detail: str | None, error: BaseException
) -> dict[str, Any]:
    """Log an event that the app did not respond to, and return a response."""
    request_id = str(uuid.uuid4())
    with log_request(request_id, _method(event)) as entry:
        entry.status = problem_type.status
        request_context.current().problem = problem_type.slug
        level = logging.ERROR if problem_type.status >= 500 else logging.WARNING
        logger.log(level, "request %s was not served: %s", request_id, format_frames(error))
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS),
        "Cache-Control": "no-store",
        "Content-Type": problems.MEDIA_TYPE,
        "X-Request-Id": request_id,
    }
    return {
        "statusCode": problem_type.status,
        "headers": headers,
        # A load balancer that sends lists of values ignores `headers`.
        **({"multiValueHeaders": {name: [value] for name, value in headers.items()}} if _is_multi_value(event) else {}),
        "body": json.dumps(problems.problem_document(problem_type, request_id, detail)),
        "isBase64Encoded": False,
    }
