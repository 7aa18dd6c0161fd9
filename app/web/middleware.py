"""Middleware for every request: a request id, CORS, limits on body and time, and an answer to any exception."""

import re
import uuid

from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.aws.deadline import request_deadline
from app.web.exception_handlers import handle_unexpected
from app.web.problems import BODY_TOO_LARGE, problem_response

MAX_BODY_BYTES = 65_536
_EXPOSED_HEADERS = ["Idempotent-Replayed", "Link", "Location", "Retry-After", "X-Request-Id"]
_GATEWAY_REQUEST_ID = re.compile(r"[\w=-]{1,128}", re.ASCII)
_MAX_LENGTH_DIGITS = 19


class RequestIdMiddleware:
    """The outermost middleware: gives each request an id, and each response the header with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, with its id in the scope's state."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if scope["path"].removeprefix(scope.get("root_path", "")).startswith("/v1/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OpenCorsMiddleware(CORSMiddleware):
    """The CORS policy: pages of any origin can call the API and read its headers."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=_EXPOSED_HEADERS
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight with 204. The browser compares the allowed values itself, so none is an error."""
        response = super().preflight_response(request_headers)
        allowed = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(status_code=204, headers=allowed)


class RequestLimitsMiddleware:
    """The innermost middleware: limits the body and the time of a request, and answers unexpected exceptions."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if _content_length(request.headers) > MAX_BODY_BYTES:
            await problem_response(request, BODY_TOO_LARGE)(scope, receive, send)
            return
        started = False

        async def observe_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            with request_deadline():
                await self._app(scope, _limit_body(receive), observe_send)
        except ClientDisconnect:
            return
        except Exception as error:
            if started:
                raise
            await handle_unexpected(request, error)(scope, receive, send)


def _limit_body(receive: Receive) -> Receive:
    """Wrap `receive` so that it raises once the body exceeds the limit."""
    received = 0

    async def limited_receive() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise HTTPException(BODY_TOO_LARGE.status)
        return message

    return limited_receive


def _request_id(scope: Scope) -> str:
    """Return API Gateway's id of the request, which its access log uses too, or a new one. Never a client's id."""
    context = scope.get("aws.event", {}).get("requestContext") or {}
    given = context.get("requestId")
    return given if isinstance(given, str) and _GATEWAY_REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _content_length(headers: Headers) -> int:
    length = headers.get("content-length", "")
    is_number = length.isascii() and length.isdecimal() and len(length) <= _MAX_LENGTH_DIGITS
    return int(length) if is_number else 0
