"""A stand-in for API Gateway. It converts HTTP requests to events in AWS's formats, and results to responses."""

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

import httpx

from app.api_gateway import Handler
from testkit.gateway_authorizer import (
    Authorizer,
    make_http_1_authorizer,
    make_http_2_authorizer,
    make_rest_authorizer,
)

GatewayKind = Literal["rest", "http-1.0", "http-2.0"]
GATEWAY_KINDS: tuple[GatewayKind, ...] = ("rest", "http-1.0", "http-2.0")


def make_event(
    request: httpx.Request,
    kind: GatewayKind,
    claims: Mapping[str, Any] | None = None,
    *,
    prefix: str = "",
    stage: str = "prod",
) -> dict[str, Any]:
    """Return the event that a gateway makes from a request.

    Args:
        request: the request of the client. Its path begins with the prefix.
        kind: the gateway and its payload format.
        claims: the claims that the authorizer passes on, None if there are none.
        prefix: the path of the stage or the base path of a custom domain, empty for neither.
        stage: the name of the stage.
    """
    body = request.content
    is_text = _is_text(body)
    path = unquote(request.url.raw_path.decode().partition("?")[0])
    common = {
        "headers": _take_last_values(request.headers),
        "body": (body.decode() if is_text else base64.b64encode(body).decode()) or None,
        "isBase64Encoded": not is_text,
        **_make_route_fields(path.removeprefix(prefix), kind),
    }
    if kind == "http-2.0":
        return common | {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": request.url.query.decode(),
            "requestContext": {
                "http": {"method": request.method, "path": path, "sourceIp": "203.0.113.7", "protocol": "HTTP/1.1"},
                "stage": stage,
                "requestId": base64.urlsafe_b64encode(uuid.uuid4().bytes[:11]).decode(),
                **({"authorizer": make_http_2_authorizer(claims)} if claims else {}),
            },
        }
    authorizer = make_rest_authorizer if kind == "rest" else make_http_1_authorizer
    query = parse_qs(request.url.query.decode(), keep_blank_values=True)
    return common | {
        **({"version": "1.0"} if kind == "http-1.0" else {}),
        "httpMethod": request.method,
        # A REST API removes the stage, but not the base path of a custom domain. An HTTP API removes neither.
        "path": path.removeprefix(prefix) if kind == "rest" and prefix == f"/{stage}" else path,
        "multiValueHeaders": _group_by_name(request.headers),
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": {
            "path": path,
            "httpMethod": request.method,
            "stage": stage,
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": "203.0.113.7"},
            **({"authorizer": authorizer(claims)} if claims else {}),
        },
    }


class GatewayTransport(httpx.AsyncBaseTransport):
    """A transport of httpx to a Lambda handler.

    API Gateway itself refuses an invalid token. This stand-in passes the request on without claims, so the app must
    refuse it.

    Args:
        handler: the Lambda handler.
        authorizer: verifies the tokens.
        kind: the gateway and its payload format.
        prefix: the path of the stage or the base path of a custom domain.
        instances: the number of requests that the handler serves concurrently, each in its thread.
    """

    def __init__(
        self,
        handler: Handler,
        authorizer: Authorizer,
        *,
        kind: GatewayKind = "rest",
        prefix: str = "",
        instances: int = 8,
    ) -> None:
        self._handler = handler
        self._authorizer = authorizer
        self._kind: GatewayKind = kind
        self._prefix = prefix
        self._threads = ThreadPoolExecutor(instances)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        claims = None
        path = request.url.path.removeprefix(self._prefix)
        if path.startswith("/v1/") and not path.startswith("/v1/auth/"):
            claims = self._authorizer.claims(request.headers.get("authorization"))
        event = make_event(request, self._kind, claims, prefix=self._prefix)
        result = await asyncio.get_running_loop().run_in_executor(self._threads, self._invoke, event)
        return to_response(result)

    async def aclose(self) -> None:
        self._threads.shutdown()

    def _invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        # The Runtime API of Lambda carries event and result as JSON.
        result: dict[str, Any] = json.loads(json.dumps(self._handler(json.loads(json.dumps(event)), None)))
        return result


def to_response(result: Mapping[str, Any]) -> httpx.Response:
    """Return the HTTP response that a gateway makes from the result of a function."""
    headers = list((result.get("headers") or {}).items())
    headers += [(name, value) for name, values in (result.get("multiValueHeaders") or {}).items() for value in values]
    body = result.get("body") or ""
    content = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    return httpx.Response(result["statusCode"], headers=headers, content=content)


def _make_route_fields(path: str, kind: GatewayKind) -> dict[str, Any]:
    """Return the fields of an event that name the route of serverless.yml for a path."""
    for start in ("/v1/auth/", "/v1/", "/"):
        if path.startswith(start) and path != start:
            template, parameters = f"{start}{{proxy+}}", {"proxy": path.removeprefix(start).rstrip("/")}
            break
    else:
        template, parameters = "/", {}
    if kind == "http-2.0":
        return {"routeKey": f"ANY {template}", "pathParameters": parameters}
    return {"resource": template, "pathParameters": parameters or None}


def _take_last_values(headers: httpx.Headers) -> dict[str, str]:
    """Return the last value of each header, as a REST API does. The names are spelled as the client spelled them."""
    return {name.decode(): value.decode("latin-1") for name, value in headers.raw}


def _group_by_name(headers: httpx.Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers.raw:
        values.setdefault(name.decode(), []).append(value.decode("latin-1"))
    return values


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
