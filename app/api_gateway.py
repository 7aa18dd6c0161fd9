"""API Gateway: events in, responses out. It works with any ASGI app.

Mangum translates. This module corrects three of its results: the prefix of a stage or a custom domain, which only the
event has; events with invalid headers; and the media type that Mangum adds to a response without one.
"""

import asyncio
import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES, HANDLERS
from mangum.types import ASGI, LambdaContext, LambdaEvent, LambdaHandler, Response, Scope

from app import gateway_events as events
from app.observability import request_context
from app.observability.access_log import log_request
from app.observability.log_handlers import format_frames
from app.web import problems
from app.web.middleware import EXPOSED_HEADERS
from app.web.threadpool import run_inline

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.gateway")

Handler = Callable[[Any, Any], dict[str, Any]]


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
        if not events.is_http(event):
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
            handler = super().infer(events.sanitize(event), context)
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
    path = events.requested_path(scope["aws.event"]) or scope["path"]
    prefix = events.path_prefix(scope["aws.event"], path)
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


def _respond(
    event: events.Event, problem_type: problems.ProblemType, detail: str | None, error: BaseException
) -> dict[str, Any]:
    """Log an event that the app did not respond to, and return a response."""
    request_id = str(uuid.uuid4())
    with log_request(request_id, events.method(event)) as entry:
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
        **_value_lists(event, headers),
        "body": json.dumps(problems.problem_document(problem_type, request_id, detail)),
        "isBase64Encoded": False,
    }


def _value_lists(event: events.Event, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the headers as lists of values for a load balancer that requires lists. Empty for other events."""
    return {"multiValueHeaders": {name: [headers[name]] for name in headers}} if events.has_value_lists(event) else {}
