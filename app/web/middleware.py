"""What holds for every request, whatever its path: an id, bounds on body and time, an answer even to the unexpected."""

import re
import uuid

from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.aws.deadline import request_time
from app.web import problems

LARGEST_BODY = 65_536
_EXPOSED = ["Idempotent-Replayed", "Link", "Location", "Retry-After", "X-Request-Id"]
_GATEWAY_ID = re.compile(r"[\w=-]{1,128}", re.ASCII)


class RequestId:
    """Gives every request an id, and every answer its header (ASGI middleware, the outermost)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if scope["path"].removeprefix(scope.get("root_path", "")).startswith("/v1/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_id)


class Cors(CORSMiddleware):
    """Lets pages of any origin call, and read the headers that matter."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=_EXPOSED)

    def preflight_response(self, request_headers: Headers) -> Response:
        """What is allowed. What is not, the browser finds out by itself, so there is no error to answer with."""
        answer = super().preflight_response(request_headers)
        allowed = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        return Response(status_code=204, headers=allowed)


class Guard:
    """Bounds a request's body and its time, and answers what no handler does (ASGI middleware, the innermost)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if _announced(request.headers) > LARGEST_BODY:
            await problems.problem(request, problems.TOO_LARGE)(scope, receive, send)
            return
        answered = False

        async def noted_send(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            with request_time():
                await self._app(scope, _bounded(receive), noted_send)
        except ClientDisconnect:
            return
        except Exception as error:
            if answered:
                raise
            await problems.unexpected(request, error)(scope, receive, send)


def _bounded(receive: Receive) -> Receive:
    """The same body, as far as it may go."""
    received = 0

    async def bounded_receive() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise HTTPException(problems.TOO_LARGE.status)
        return message

    return bounded_receive


def _request_id(scope: Scope) -> str:
    """API Gateway's id of the request, which its access log has too, or one of our own; never a client's."""
    context = scope.get("aws.event", {}).get("requestContext") or {}
    given = context.get("requestId")
    return given if isinstance(given, str) and _GATEWAY_ID.fullmatch(given) else str(uuid.uuid4())


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 20 else 0
