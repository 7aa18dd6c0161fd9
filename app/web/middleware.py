"""Middleware for every request: an id, CORS, HEAD, limits on body and time, and a response to any exception."""

import re
import time
import uuid

from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.aws.deadline import extend_deadline, request_deadline
from app.observability import request_context
from app.observability.log_handlers import is_protocol_error
from app.web.exception_handlers import handle_unexpected
from app.web.problems import BODY_TOO_LARGE, NOT_FOUND, problem_response

MAX_BODY_BYTES = 65_536
EXPOSED_HEADERS = [
    *("Idempotent-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"),
]
_GATEWAY_REQUEST_ID = re.compile(r"[\w=-]{1,128}", re.ASCII)
_MAX_LENGTH_DIGITS = 19
_ORIGIN = re.compile("^https?://[^/]*", re.IGNORECASE)


class RequestIdMiddleware:
    """The outermost middleware. It sets the id of a request, the form of its path, and headers of the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on. The scope's state has its id, and a dict for further headers of its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = _remove_origin(scope["path"], scope.get("root_path", ""))
        request_id = _request_id(scope)
        # Routes add headers to this dict. The response has them even if it is a problem.
        response_headers: dict[str, str] = {}
        scope.setdefault("state", {}).update(request_id=request_id, response_headers=response_headers)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.update(response_headers)
                if scope["path"].removeprefix(scope.get("root_path", "")).startswith("/v1/"):
                    headers["Cache-Control"] = "no-store"
                if message["status"] == 204:
                    del headers["Content-Type"]  # FastAPI names JSON, although there is no content.
            try:
                await send(message)
            except Exception as error:
                # h11 sends nothing after malformed input, so the client cannot receive the response.
                if not is_protocol_error(error):
                    raise

        await self._app(scope, receive, send_with_headers)


class OpenCorsMiddleware(CORSMiddleware):
    """The CORS policy: pages of any origin can call the API and read its headers."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
            max_age=7200,  # Chromium's maximum.
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight with 204. The browser compares the allowed values itself, so none is an error."""
        response = super().preflight_response(request_headers)
        allowed = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(status_code=204, headers=allowed)


class HeadMiddleware:
    """ASGI middleware that serves HEAD like GET, without the body (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        get = {**scope, "method": "GET"}
        try:
            await self._app(get, receive, send_without_body)
        finally:
            scope.update(get | {"method": "HEAD"})  # The access log reads the route.


class RequestLimitsMiddleware:
    """The innermost middleware: limits the body and the time of a request, and responds to unexpected exceptions."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if scope["path"].endswith("\n"):  # Starlette's patterns match a path with a line feed at its end.
            await problem_response(request, NOT_FOUND)(scope, receive, send)
            return
        if _content_length(request.headers) > MAX_BODY_BYTES:
            await problem_response(request, BODY_TOO_LARGE)(scope, receive, send)
            return
        body = _Body(receive)
        started = False

        async def observe_send(message: Message) -> None:
            nonlocal started
            if body.is_aborted:
                request_context.current().problem = None  # No client receives it.
                return
            started = True
            await send(message)

        try:
            with request_deadline():
                await self._app(scope, body.receive, observe_send)
        except ClientDisconnect:
            return
        except Exception as error:
            if started:
                raise
            await handle_unexpected(request, error)(scope, receive, send)


class _Body:
    """The body of a request, with a limit.

    Attributes:
        is_aborted: True if the client disconnected before the end of the body. It receives no response then.
    """

    def __init__(self, receive: Receive) -> None:
        self.is_aborted = False
        self._receive = receive
        self._size = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """Receive a part of the body. The deadline moves by the time that the client takes to send it.

        Raises:
            HTTPException: with the status 413, if the body exceeds the limit.
        """
        started = time.monotonic()
        message = await self._receive()
        extend_deadline(time.monotonic() - started)
        if message["type"] == "http.disconnect":
            self.is_aborted = not self._is_complete
            return message
        self._is_complete = not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > MAX_BODY_BYTES:
            raise HTTPException(BODY_TOO_LARGE.status)
        return message


def _remove_origin(path: str, root_path: str) -> str:
    """Return the path of a target in absolute form, which has a scheme and a host (RFC 9112, section 3.2.2).

    uvicorn puts the root path before the whole target.
    """
    target = path.removeprefix(root_path)
    return root_path + (_ORIGIN.sub("", target) or "/") if _ORIGIN.match(target) else path


def _request_id(scope: Scope) -> str:
    """Return API Gateway's id of the request, which its access log uses too, or a new one. Never a client's id."""
    context = scope.get("aws.event", {}).get("requestContext") or {}
    given = context.get("requestId")
    return given if isinstance(given, str) and _GATEWAY_REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _content_length(headers: Headers) -> int:
    length = headers.get("content-length", "")
    is_number = length.isascii() and length.isdecimal() and len(length) <= _MAX_LENGTH_DIGITS
    return int(length) if is_number else 0
