"""Gateway events with wrong, missing or misplaced claims.

Each is the event of an authorized request with one change. The Authorization header with a valid token stays.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from testkit.forged_tokens import OMIT, SUB, make_valid_claims
from testkit.gateway import GatewayKind
from tests.security.token_claims import CLIENT_IDS, INVALID_CLAIM_VALUES, ISSUERS, SUBS, TOKEN_USES
from tests.security.token_placement import SPOOFED_HEADERS

Event = dict[str, Any]
Claims = dict[str, Any]
Change = Callable[[Event, GatewayKind], Event]

# Makes the `authorizer` of an event from valid claims and the kind of gateway.
AuthorizerFactory = Callable[[Claims, GatewayKind], Any]

# Gateways write a time as digits, as a date in words, or as a number. These values are malformed or out of range.
_TIMES: Mapping[str, Mapping[str, Any]] = {
    "exp": {
        **INVALID_CLAIM_VALUES,
        "past": "1700000000",
        "past as a date in words": "Wed Dec 06 17:22:52 UTC 2023",
        "past as a number": 1700000000,
        "zero": "0",
        "with another time zone": "Wed Dec 06 17:22:52 PST 2099",
        "in ISO 8601": "2099-12-06T17:22:52Z",
        "as a date in words in another order": "Dec 06 2099 17:22:52 UTC",
        "negative": "-4102444800",
        "with a fraction": "4102444800.5",
        "with an exponent": "4e9",
        "with a space": " 4102444800",
        "with underscores": "4_102_444_800",
        "in hexadecimal": "0xF4865700",
        "in Arabic-Indic digits": "\u0664\u0661\u0660\u0662\u0664\u0664\u0664\u0668\u0660\u0660",
        "with 5,000 digits": "9" * 5000,
        "with 20 digits": "9" * 20,
        "beyond 2**53": 2**63,
        "float": 4102444800.5,
        "list": ["4102444800"],
    },
    "iat": {"not a time": "soon", "in the future": "4102444800", "true": True, "null": None},
    "nbf": {"not a time": "soon", "in the future": "4102444800", "true": True, "null": None},
}
_CLAIMS: Mapping[str, Mapping[str, Any]] = {
    "iss": {**INVALID_CLAIM_VALUES, **ISSUERS},
    "client_id": {**INVALID_CLAIM_VALUES, **CLIENT_IDS},
    "token_use": {**INVALID_CLAIM_VALUES, **TOKEN_USES},
    "sub": {**INVALID_CLAIM_VALUES, **SUBS},
    **_TIMES,
}


def _make_claims(**changes: Any) -> Claims:
    """Return valid claims with changes, as gateways write them: with integers as strings."""
    return {name: str(value) if type(value) is int else value for name, value in make_valid_claims(**changes).items()}


def _make_authorizer(claims: Any, kind: GatewayKind) -> Any:
    """Return the authorizer in the format of this gateway."""
    return {"jwt": {"claims": claims, "scopes": None}} if kind == "http-2.0" else {"claims": claims}


def _make_other_authorizer(claims: Any, kind: GatewayKind) -> Any:
    """Return the authorizer in the other of the two formats, `claims` and `jwt`."""
    return {"claims": claims} if kind == "http-2.0" else {"jwt": {"claims": claims, "scopes": None}}


def _make_combined_authorizer(claims: Any, _kind: GatewayKind) -> Any:
    return {"claims": claims, "jwt": {"claims": claims, "scopes": None}}


def _return_constant(value: Any) -> AuthorizerFactory:
    return lambda _claims, _kind: value


_AUTHORIZERS: Mapping[str, AuthorizerFactory] = {
    "absent": _return_constant(OMIT),
    "null": _return_constant(None),
    "empty": _return_constant({}),
    "empty list": _return_constant([]),
    "string": _return_constant("claims"),
    "number": _return_constant(1),
    "true": _return_constant(True),
    "in a list": lambda claims, kind: [_make_authorizer(claims, kind)],
    "as a JSON string": lambda claims, kind: json.dumps(_make_authorizer(claims, kind)),
    "nested in itself": lambda claims, kind: {"authorizer": _make_authorizer(claims, kind)},
    "claims one level too high": lambda claims, _: claims,
    "claims one level too deep": lambda claims, kind: _make_authorizer({"claims": claims}, kind),
    "claims null": lambda _, kind: _make_authorizer(None, kind),
    "claims empty": lambda _, kind: _make_authorizer({}, kind),
    "claims list": lambda _, kind: _make_authorizer([], kind),
    "claims string": lambda _, kind: _make_authorizer("sub", kind),
    "claims true": lambda _, kind: _make_authorizer(True, kind),
    "claims in a list": lambda claims, kind: _make_authorizer([claims], kind),
    "claims as pairs": lambda claims, kind: _make_authorizer([*map(list, claims.items())], kind),
    "claims as a JSON string": lambda claims, kind: _make_authorizer(json.dumps(claims), kind),
    "claims with values in lists": lambda claims, kind: _make_authorizer(
        {name: [claims[name]] for name in claims}, kind
    ),
    "claims with uppercase names": lambda claims, kind: _make_authorizer(
        {name.upper(): claims[name] for name in claims}, kind
    ),
    "claims key capitalized": lambda claims, _: {"Claims": claims, "JWT": {"Claims": claims}},
    "claims in the other format": _make_other_authorizer,
    "jwt null": _return_constant({"jwt": None}),
    "jwt string": _return_constant({"jwt": "sub"}),
    "jwt empty": _return_constant({"jwt": {}}),
    "jwt without a claims level": lambda claims, _: {"jwt": claims},
    "jwt in a list": lambda claims, _: {"jwt": [{"claims": claims}]},
    "claims in both formats": _make_combined_authorizer,
    "both formats, unexpected claims null": lambda claims, kind: {
        **_make_other_authorizer(None, kind),
        **_make_authorizer(claims, kind),
    },
    "both formats, unexpected format null": lambda claims, kind: (
        {"claims": None, "jwt": None} | _make_authorizer(claims, kind)
    ),
    "both formats, expected claims null": lambda claims, kind: {
        **_make_authorizer(None, kind),
        **_make_other_authorizer(claims, kind),
    },
    "Lambda authorizer of a REST API": lambda claims, _: {"principalId": SUB, "integrationLatency": 9, **claims},
    "Lambda authorizer with claims as a JSON string": lambda claims, _: {
        "principalId": SUB,
        "claims": json.dumps(claims),
    },
    "Lambda authorizer of an HTTP API": lambda claims, _: {"lambda": claims},
    "Lambda authorizer of an HTTP API with claims": lambda claims, kind: {"lambda": _make_authorizer(claims, kind)},
    "IAM": lambda _, __: {"iam": {"userId": SUB, "callerId": SUB, "cognitoIdentity": {"sub": SUB}}},
    "IAM with claims": lambda claims, kind: {"iam": _make_authorizer(claims, kind)},
    "OpenID": lambda claims, _: {"oidc": {"claims": claims}, "cognito": {"claims": claims}},
}


def _make_authorizer_change(create: AuthorizerFactory) -> Change:
    """Return a change that replaces the authorizer, or removes it if the new one is `OMIT`."""

    def change(event: Event, kind: GatewayKind) -> Event:
        authorizer = create(_make_claims(), kind)
        context = {name: value for name, value in event["requestContext"].items() if name != "authorizer"}
        return event | {"requestContext": context | ({} if authorizer is OMIT else {"authorizer": authorizer})}

    return change


def _make_claim_change(name: str, value: Any) -> Change:
    return _make_authorizer_change(lambda _, kind: _make_authorizer(_make_claims(**{name: value}), kind))


_REMOVE_AUTHORIZER = _make_authorizer_change(_AUTHORIZERS["absent"])


def _misplace(put: Callable[[Event, Any], Event]) -> Change:
    """Return a change that moves the authorizer to another place.

    Args:
        put: adds a valid authorizer to an event.
    """
    return lambda event, kind: put(_REMOVE_AUTHORIZER(event, kind), _make_authorizer(_make_claims(), kind))


def _misplace_in_context(**places: Callable[[Any], Any]) -> Change:
    """Return a change that moves the authorizer to other fields of the request context.

    Args:
        places: make the values of the fields from a valid authorizer.
    """

    def put(event: Event, authorizer: Any) -> Event:
        values = {name: create(authorizer) for name, create in places.items()}
        return event | {"requestContext": event["requestContext"] | values}

    return _misplace(put)


def _make_header_change(header: str, create: Callable[[], str]) -> Change:
    """Return a change that replaces the authorizer by a header."""

    def change(event: Event, kind: GatewayKind) -> Event:
        headers = event["headers"] | {header: create()}
        event = _REMOVE_AUTHORIZER(event, kind) | {"headers": headers}
        if kind == "http-2.0":
            return event
        return event | {"multiValueHeaders": {name: [value] for name, value in headers.items()}}

    return change


def _return_unchanged(authorizer: Any) -> Any:
    return authorizer


# Other places for the authorizer, or for its `sub`.
_PLACES: Mapping[str, Change] = {
    "top level of the event": _misplace(lambda event, authorizer: event | {"authorizer": authorizer}),
    "top level, flattened and as `claims`": _misplace(
        lambda event, authorizer: event | authorizer | {"claims": authorizer}
    ),
    "stage variables": _misplace(lambda event, authorizer: event | {"stageVariables": authorizer}),
    "path parameters": _misplace(
        lambda event, authorizer: event | {"pathParameters": event["pathParameters"] | authorizer}
    ),
    "query": _misplace(lambda event, _: event | {"queryStringParameters": {"sub": SUB}}),
    "cookies": _misplace(lambda event, _: event | {"cookies": [f"sub={SUB}", f"authorizer={SUB}"]}),
    "request context, flattened": _misplace(
        lambda event, authorizer: event | {"requestContext": event["requestContext"] | authorizer}
    ),
    "request context, `Authorizer`": _misplace_in_context(Authorizer=_return_unchanged),
    "request context, `authoriser` and `customAuthorizer`": _misplace_in_context(
        authoriser=_return_unchanged, customAuthorizer=_return_unchanged
    ),
    "request context, identity": _misplace_in_context(
        identity=lambda authorizer: {"authorizer": authorizer, **authorizer}
    ),
    "request context, client certificate": _misplace_in_context(
        authentication=lambda authorizer: {"clientCert": authorizer}
    ),
    "request context, credentials of an identity pool": _misplace_in_context(
        identity=lambda _: {"cognitoIdentityId": SUB, "user": SUB, "userArn": SUB}
    ),
    "`RequestContext`": _misplace(
        lambda event, authorizer: event | {"RequestContext": event["requestContext"] | {"authorizer": authorizer}}
    ),
    "context as a JSON string": _misplace(
        lambda event, authorizer: event | {"context": json.dumps({"authorizer": authorizer})}
    ),
}

HOSTILE_EVENTS: Mapping[str, Change] = {
    **{f"authorizer: {name}": _make_authorizer_change(create) for name, create in _AUTHORIZERS.items()},
    **{
        f"claim: {claim} {name}": _make_claim_change(claim, value)
        for claim, values in _CLAIMS.items()
        for name, value in values.items()
    },
    **{f"header: {name}": _make_header_change(*spoofed) for name, spoofed in SPOOFED_HEADERS.items()},
    **{f"place: {name}": change for name, change in _PLACES.items()},
}
