"""A stand-in for API Gateway: converts HTTP requests to events in Amazon's formats, and results to HTTP responses."""

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

import httpx
from jose import JWTError, jwt

from app.api_gateway import Handler
from app.settings import Settings

GatewayKind = Literal["rest", "http-1.0", "http-2.0"]
GATEWAY_KINDS: tuple[GatewayKind, ...] = ("rest", "http-1.0", "http-2.0")

_REST_DATE_FORMAT = "%a %b %d %H:%M:%S UTC %Y"


@cache
def _fetch_keys(url: str) -> Any:
    return httpx.get(url, trust_env=False).raise_for_status().json()


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A stand-in for the authorizer of API Gateway. Verifies access tokens with none of the app's code."""

    settings: Settings
    keys_url: str

    def claims(self, authorization: str | None) -> dict[str, Any] | None:
        """Return the claims of a valid token. None for any other header."""
        token = (authorization or "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, _fetch_keys(self.keys_url), algorithms=["RS256"], issuer=self.settings.issuer)
        except JWTError:
            return None
        is_valid = claims["token_use"] == "access" and claims["client_id"] == self.settings.user_pool_client_id
        return claims if is_valid else None


def make_rest_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims as the REST API of API Gateway writes them: strings, with dates in words."""
    dates = {name: datetime.fromtimestamp(claims[name], UTC).strftime(_REST_DATE_FORMAT) for name in ("exp", "iat")}
    return {"claims": {name: str(value) for name, value in claims.items()} | dates}


def make_http_1_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims as an HTTP API writes them in payload 1.0: strings."""
    return {"claims": {name: str(value) for name, value in claims.items()}, "scopes": None}


def make_http_2_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims as an HTTP API writes them in payload 2.0."""
    return {"jwt": make_http_1_authorizer(claims)}


def make_event(
    request: httpx.Request,
    kind: GatewayKind,
    claims: Mapping[str, Any] | None = None,
    *,
    prefix: str = "",
    stage: str = "prod",
) -> dict[str, Any]:
    """Return the event that a gateway makes of a request.

    Args:
        request: the request of the client. Its path begins with the prefix, if there is one.
        kind: the gateway and the version of its payload.
        claims: those of a valid token, None if the authorizer passed on no claims.
        prefix: the path of the stage, or the base path of a custom domain.
        stage: the name of the stage.
    """
    body = request.content
    is_text = _is_text(body)
    path = unquote(request.url.raw_path.decode().partition("?")[0])
    common = {
        "headers": _last_values(request.headers),
        "body": (body.decode() if is_text else base64.b64encode(body).decode()) or None,
        "isBase64Encoded": not is_text,
        **_route(path.removeprefix(prefix), kind),
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
        # The REST API leaves out the stage, but not the base path of a custom domain. An HTTP API leaves out neither.
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
    """Carries requests of httpx to a Lambda handler. Each of its threads is one instance.

    A request with an invalid token arrives without claims, so that the app has to refuse it.
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
    """Return the HTTP response that a gateway makes of the result of a function."""
    headers = list((result.get("headers") or {}).items())
    headers += [(name, value) for name, values in (result.get("multiValueHeaders") or {}).items() for value in values]
    body = result.get("body") or ""
    content = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    return httpx.Response(result["statusCode"], headers=headers, content=content)


def _route(path: str, kind: GatewayKind) -> dict[str, Any]:
    """Return the fields of an event that name the route of serverless.yml for this path."""
    for start in ("/v1/auth/", "/v1/", "/"):
        if path.startswith(start) and path != start:
            template, values = f"{start}{{proxy+}}", {"proxy": path.removeprefix(start).rstrip("/")}
            break
    else:
        template, values = "/", {}
    if kind == "http-2.0":
        return {"routeKey": f"ANY {template}", "pathParameters": values}
    return {"resource": template, "pathParameters": values or None}


def _last_values(headers: httpx.Headers) -> dict[str, str]:
    """Return the last value of each header, as the REST API does. Names keep the spelling of the client."""
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
