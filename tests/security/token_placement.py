"""A good token where no token is looked for; and what would pass for the word of a gateway, were it not a client's."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from testkit.forged_tokens import SUB, good_claims
from testkit.gateway import http_1_authorizer, http_2_authorizer

Headers = list[tuple[str, str]]

# Of the Authorization header; `{token}` is a good one.
_HEADERS: Mapping[str, Headers] = {
    "no header": [],
    "an empty one": [("Authorization", "")],
    "a scheme alone": [("Authorization", "Bearer")],
    "a scheme and a blank": [("Authorization", "Bearer ")],
    "a token alone": [("Authorization", "{token}")],
    "no scheme but a blank": [("Authorization", " {token}")],
    "Basic": [("Authorization", "Basic {token}")],
    "Digest": [("Authorization", 'Digest username="{token}"')],
    "DPoP": [("Authorization", "DPoP {token}")],
    "JWT": [("Authorization", "JWT {token}")],
    "MAC": [("Authorization", "MAC {token}")],
    "another scheme": [("Authorization", "Token {token}")],
    "a scheme that only begins like it": [("Authorization", "BearerX {token}")],
    "a colon": [("Authorization", "Bearer:{token}")],
    "a comma": [("Authorization", "Bearer,{token}")],
    "an equals sign": [("Authorization", "Bearer={token}")],
    "a tab": [("Authorization", "Bearer\t{token}")],
    "a blank that is none": [("Authorization", "Bearer\u00a0{token}")],
    "a blank in front": [("Authorization", " Bearer {token}")],
    "two tokens": [("Authorization", "Bearer {token} {token}")],
    "two in one header": [("Authorization", "Bearer {token}, Bearer {token}")],
    "two headers": [("Authorization", "Bearer {token}")] * 2,
    "two headers in two cases": [("Authorization", "Bearer {token}"), ("authorization", "Bearer {token}")],
    "a bad one first": [("Authorization", "Bearer x"), ("Authorization", "Bearer {token}")],
    "a bad one last": [("Authorization", "Bearer {token}"), ("Authorization", "Bearer x")],
    "an empty one first": [("Authorization", ""), ("Authorization", "Bearer {token}")],
    "an empty one last": [("Authorization", "Bearer {token}"), ("Authorization", "")],
    "Basic and Bearer": [("Authorization", "Basic x"), ("Authorization", "Bearer {token}")],
    "another header": [("X-Authorization", "Bearer {token}")],
    "a header of that name with an underscore": [("Authorization_", "Bearer {token}")],
    "a proxy's header": [("Proxy-Authorization", "Bearer {token}")],
    "a forwarded header": [("X-Forwarded-Authorization", "Bearer {token}")],
    "an original header": [("X-Original-Authorization", "Bearer {token}")],
    "an access token's header": [("X-Access-Token", "{token}"), ("Access-Token", "{token}")],
    "a cookie": [("Cookie", "access_token={token}; token={token}; Authorization=Bearer {token}")],
    "a protocol of WebSockets": [("Sec-WebSocket-Protocol", "bearer, {token}")],
    "a load balancer's token": [("X-Amzn-Oidc-Data", "{token}"), ("X-Amzn-Oidc-Accesstoken", "{token}")],
}
_QUERIES = ("access_token", "authorization", "token", "Authorization", "bearer", "jwt")


def _claims() -> str:
    return json.dumps(good_claims())


def _context(authorizer: Callable[[Mapping[str, Any]], Any] = http_1_authorizer) -> str:
    return json.dumps({"authorizer": authorizer(good_claims())})


def _event() -> str:
    return json.dumps({"requestContext": {"authorizer": http_1_authorizer(good_claims())}})


# Headers in which proxies hand on what a gateway's event says, or who a caller is. None of them is read.
IMITATIONS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "the event as ASGI has it": ("aws.event", _event),
    "the event as serverless-express has it": ("X-Apigateway-Event", lambda: quote(_event())),
    "the event as the web adapter has it": ("X-Amzn-Request-Context", _context),
    "the event of an HTTP API": ("X-Amzn-Request-Context", lambda: _context(http_2_authorizer)),
    "the context of the function": ("X-Amzn-Lambda-Context", _context),
    "the request context by its name": ("requestContext", _context),
    "the authorizer by its name": ("authorizer", lambda: json.dumps(http_1_authorizer(good_claims()))),
    "the authorizer by a path": ("requestContext.authorizer.claims", _claims),
    "the claims": ("X-Amzn-Authorizer-Claims", _claims),
    "the claims in base64": ("X-Amzn-Claims", lambda: base64.b64encode(_claims().encode()).decode()),
    "what Azure writes": ("X-MS-CLIENT-PRINCIPAL-ID", lambda: SUB),
    "what Google writes": ("X-Apigateway-Api-Userinfo", lambda: base64.b64encode(_claims().encode()).decode()),
    "what a load balancer writes": ("X-Amzn-Oidc-Identity", lambda: SUB),
    "what an identity pool writes": ("X-Cognito-Identity-Id", lambda: SUB),
    "what proxies write": ("X-Forwarded-User", lambda: SUB),
    "what servers write": ("Remote-User", lambda: SUB),
    "a sub": ("sub", lambda: SUB),
}

Asked = Mapping[str, Any]


def _with(headers: Headers) -> Callable[[str], Asked]:
    return lambda token: {"headers": [(name, value.format(token=token).encode("latin-1")) for name, value in headers]}


def _imitating(name: str, write: Callable[[], str]) -> Callable[[str], Asked]:
    return lambda _: {"headers": [(name, write())]}


# What to ask with, as options of httpx, from a good token.
TRANSPORTS: Mapping[str, Callable[[str], Asked]] = {
    **{f"header: {name}": _with(headers) for name, headers in _HEADERS.items()},
    **{f"imitated: {name}": _imitating(*imitation) for name, imitation in IMITATIONS.items()},
    **{f"query: {name}": lambda token, name=name: {"params": {name: token}} for name in _QUERIES},  # type: ignore[misc]
    "query: a scheme, too": lambda token: {"params": {"authorization": f"Bearer {token}"}},
    "query: beside a bad header": lambda token: {
        "params": {"access_token": token},
        "headers": {"Authorization": "Bearer a.b.c"},
    },
    "body: a form": lambda token: {"data": {"access_token": token, "text": "Hm."}},
    "body: JSON": lambda token: {"json": {"access_token": token, "text": "Hm."}},
    "body: parts": lambda token: {"files": {"access_token": (None, token), "text": (None, "Hm.")}},
    "userinfo of the address": lambda token: {"auth": ("Bearer", token)},
}
