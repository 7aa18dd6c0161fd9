"""Valid tokens in places that the app does not read, and headers that imitate those of a gateway or a proxy."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from testkit.forged_tokens import SUB, make_valid_claims
from testkit.gateway_authorizer import make_http_1_authorizer, make_http_2_authorizer

Headers = list[tuple[str, str]]

# Headers that do not authorize a request. `{token}` is the placeholder of a valid token.
_HEADERS: Mapping[str, Headers] = {
    "no header": [],
    "empty": [("Authorization", "")],
    "scheme only": [("Authorization", "Bearer")],
    "scheme and a space": [("Authorization", "Bearer ")],
    "token only": [("Authorization", "{token}")],
    "space instead of a scheme": [("Authorization", " {token}")],
    "Basic": [("Authorization", "Basic {token}")],
    "Digest": [("Authorization", 'Digest username="{token}"')],
    "DPoP": [("Authorization", "DPoP {token}")],
    "JWT": [("Authorization", "JWT {token}")],
    "MAC": [("Authorization", "MAC {token}")],
    "unknown scheme": [("Authorization", "Token {token}")],
    "scheme with the prefix Bearer": [("Authorization", "BearerX {token}")],
    "colon after the scheme": [("Authorization", "Bearer:{token}")],
    "comma after the scheme": [("Authorization", "Bearer,{token}")],
    "equals sign after the scheme": [("Authorization", "Bearer={token}")],
    "tab after the scheme": [("Authorization", "Bearer\t{token}")],
    "no-break space after the scheme": [("Authorization", "Bearer\u00a0{token}")],
    "leading space": [("Authorization", " Bearer {token}")],
    "two tokens": [("Authorization", "Bearer {token} {token}")],
    "two values in one header": [("Authorization", "Bearer {token}, Bearer {token}")],
    "two headers": [("Authorization", "Bearer {token}")] * 2,
    "Authorization and authorization": [("Authorization", "Bearer {token}"), ("authorization", "Bearer {token}")],
    "invalid header first": [("Authorization", "Bearer x"), ("Authorization", "Bearer {token}")],
    "invalid header last": [("Authorization", "Bearer {token}"), ("Authorization", "Bearer x")],
    "empty header first": [("Authorization", ""), ("Authorization", "Bearer {token}")],
    "empty header last": [("Authorization", "Bearer {token}"), ("Authorization", "")],
    "Basic and Bearer": [("Authorization", "Basic x"), ("Authorization", "Bearer {token}")],
    "X-Authorization": [("X-Authorization", "Bearer {token}")],
    "name with an underscore": [("Authorization_", "Bearer {token}")],
    "Proxy-Authorization": [("Proxy-Authorization", "Bearer {token}")],
    "X-Forwarded-Authorization": [("X-Forwarded-Authorization", "Bearer {token}")],
    "X-Original-Authorization": [("X-Original-Authorization", "Bearer {token}")],
    "X-Access-Token": [("X-Access-Token", "{token}"), ("Access-Token", "{token}")],
    "cookie": [("Cookie", "access_token={token}; token={token}; Authorization=Bearer {token}")],
    "Sec-WebSocket-Protocol": [("Sec-WebSocket-Protocol", "bearer, {token}")],
    "token of a load balancer": [("X-Amzn-Oidc-Data", "{token}"), ("X-Amzn-Oidc-Accesstoken", "{token}")],
}
_QUERY_PARAMETERS = ("access_token", "authorization", "token", "Authorization", "bearer", "jwt")


def _dump_claims() -> str:
    return json.dumps(make_valid_claims())


def _dump_context(make_authorizer: Callable[[Mapping[str, Any]], Any] = make_http_1_authorizer) -> str:
    return json.dumps({"authorizer": make_authorizer(make_valid_claims())})


def _dump_event() -> str:
    return json.dumps({"requestContext": {"authorizer": make_http_1_authorizer(make_valid_claims())}})


# Headers in which a proxy could pass the event of a gateway or the identity of a user, and functions that create their
# values. The app reads none of these headers.
SPOOFED_HEADERS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "event as in Mangum's scope": ("aws.event", _dump_event),
    "event as in serverless-express": ("X-Apigateway-Event", lambda: quote(_dump_event())),
    "context as in the Lambda Web Adapter": ("X-Amzn-Request-Context", _dump_context),
    "context of an HTTP API": ("X-Amzn-Request-Context", lambda: _dump_context(make_http_2_authorizer)),
    "Lambda context": ("X-Amzn-Lambda-Context", _dump_context),
    "requestContext": ("requestContext", _dump_context),
    "authorizer": ("authorizer", lambda: json.dumps(make_http_1_authorizer(make_valid_claims()))),
    "requestContext.authorizer.claims": ("requestContext.authorizer.claims", _dump_claims),
    "claims": ("X-Amzn-Authorizer-Claims", _dump_claims),
    "claims in base64": ("X-Amzn-Claims", lambda: base64.b64encode(_dump_claims().encode()).decode()),
    "Azure principal": ("X-MS-CLIENT-PRINCIPAL-ID", lambda: SUB),
    "Google API Gateway user": (
        "X-Apigateway-Api-Userinfo",
        lambda: base64.b64encode(_dump_claims().encode()).decode(),
    ),
    "load balancer identity": ("X-Amzn-Oidc-Identity", lambda: SUB),
    "Cognito identity pool": ("X-Cognito-Identity-Id", lambda: SUB),
    "X-Forwarded-User": ("X-Forwarded-User", lambda: SUB),
    "Remote-User": ("Remote-User", lambda: SUB),
    "sub": ("sub", lambda: SUB),
}

RequestOptions = Mapping[str, Any]


def _make_placement(headers: Headers) -> Callable[[str], RequestOptions]:
    return lambda token: {"headers": [(name, value.format(token=token).encode("latin-1")) for name, value in headers]}


def _make_spoofed_placement(name: str, create: Callable[[], str]) -> Callable[[str], RequestOptions]:
    return lambda _: {"headers": [(name, create())]}


# For each placement, a function that makes the request options of httpx from a valid token.
PLACEMENTS: Mapping[str, Callable[[str], RequestOptions]] = {
    **{f"header: {name}": _make_placement(headers) for name, headers in _HEADERS.items()},
    **{f"spoofed: {name}": _make_spoofed_placement(*spoofed) for name, spoofed in SPOOFED_HEADERS.items()},
    **{f"query: {name}": lambda token, name=name: {"params": {name: token}} for name in _QUERY_PARAMETERS},  # type: ignore[misc]
    "query: with a scheme": lambda token: {"params": {"authorization": f"Bearer {token}"}},
    "query: with an invalid header": lambda token: {
        "params": {"access_token": token},
        "headers": {"Authorization": "Bearer a.b.c"},
    },
    "body: form": lambda token: {"data": {"access_token": token, "text": "Hm."}},
    "body: JSON": lambda token: {"json": {"access_token": token, "text": "Hm."}},
    "body: multipart": lambda token: {"files": {"access_token": (None, token), "text": (None, "Hm.")}},
    "header: password of Basic": lambda token: {"auth": ("Bearer", token)},
}
