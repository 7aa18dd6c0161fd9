"""A stand-in for API Gateway: makes events of HTTP requests, as Amazon writes them, and answers of what comes back."""

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

_DATES = "%a %b %d %H:%M:%S UTC %Y"


@cache
def _keys(url: str) -> Any:
    return httpx.get(url, trust_env=False).raise_for_status().json()


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Checks access tokens the way API Gateway's does, with none of the app's code, and writes their claims down."""

    settings: Settings
    keys_url: str

    def claims(self, authorization: str | None) -> dict[str, Any] | None:
        """The claims of a good token; None for any other."""
        token = (authorization or "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, _keys(self.keys_url), algorithms=["RS256"], issuer=self.settings.issuer)
        except JWTError:
            return None
        good = claims["token_use"] == "access" and claims["client_id"] == self.settings.user_pool_client_id
        return claims if good else None


def rest_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims as Amazon's REST API writes them: texts, with dates in words."""
    dated = {name: datetime.fromtimestamp(claims[name], UTC).strftime(_DATES) for name in ("exp", "iat")}
    return {"claims": {name: str(value) for name, value in claims.items()} | dated}


def http_1_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims as HTTP API writes them in payload 1.0: texts."""
    return {"claims": {name: str(value) for name, value in claims.items()}, "scopes": None}


def http_2_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims as HTTP API writes them in payload 2.0."""
    return {"jwt": http_1_authorizer(claims)}


def make_event(
    request: httpx.Request,
    kind: GatewayKind,
    claims: Mapping[str, Any] | None = None,
    *,
    prefix: str = "",
    stage: str = "prod",
) -> dict[str, Any]:
    """The event that a gateway makes of a request.

    Args:
        request: as the client sent it; with a prefix, its path begins with that.
        kind: which gateway, and which version of its payload.
        claims: of a token that the authorizer found good.
        prefix: of the stage or of a custom domain's base path.
        stage: the stage's name.
    """
    body = request.content
    is_text = _is_text(body)
    path = unquote(request.url.raw_path.decode().partition("?")[0])
    common = {
        "headers": _single(request.headers),
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
                **({"authorizer": http_2_authorizer(claims)} if claims else {}),
            },
        }
    authorizer = rest_authorizer if kind == "rest" else http_1_authorizer
    query = parse_qs(request.url.query.decode(), keep_blank_values=True)
    return common | {
        **({"version": "1.0"} if kind == "http-1.0" else {}),
        "httpMethod": request.method,
        # Below a stage REST leaves it out; below a custom domain's base path nobody leaves anything out.
        "path": path.removeprefix(prefix) if kind == "rest" and prefix == f"/{stage}" else path,
        "multiValueHeaders": _several(request.headers),
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
    """Carries requests of httpx to a Lambda handler, in as many instances as there are threads.

    The claims of a token that is not good are left out, so that it is the app that has to refuse it.
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
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._invoke, event)
        return to_response(answer)

    async def aclose(self) -> None:
        self._threads.shutdown()

    def _invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        # Through JSON and back, as Lambda's Runtime API would carry it.
        answer: dict[str, Any] = json.loads(json.dumps(self._handler(json.loads(json.dumps(event)), None)))
        return answer


def to_response(answer: Mapping[str, Any]) -> httpx.Response:
    """The HTTP answer that a gateway makes of what a function returned."""
    headers = list((answer.get("headers") or {}).items())
    headers += [(name, value) for name, values in (answer.get("multiValueHeaders") or {}).items() for value in values]
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return httpx.Response(answer["statusCode"], headers=headers, content=content)


def _route(path: str, kind: GatewayKind) -> dict[str, Any]:
    """Which route of serverless.yml takes this path, as the event says it."""
    for start in ("/v1/auth/", "/v1/", "/"):
        if path.startswith(start) and path != start:
            template, values = f"{start}{{proxy+}}", {"proxy": path.removeprefix(start).rstrip("/")}
            break
    else:
        template, values = "/", {}
    if kind == "http-2.0":
        return {"routeKey": f"ANY {template}", "pathParameters": values}
    return {"resource": template, "pathParameters": values or None}


def _single(headers: httpx.Headers) -> dict[str, str]:
    """REST keeps the last of several values; the names as the client wrote them."""
    return {name.decode(): value.decode("latin-1") for name, value in headers.raw}


def _several(headers: httpx.Headers) -> dict[str, list[str]]:
    several: dict[str, list[str]] = {}
    for name, value in headers.raw:
        several.setdefault(name.decode(), []).append(value.decode("latin-1"))
    return several


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
