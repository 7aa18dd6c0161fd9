"""Gateway events with forged claims, by their flaw.

Each is a valid event of an authorized request with one change: the claims are wrong, missing or misplaced. The request
keeps its Authorization header with a valid token.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from testkit.forged_tokens import SUB, missing, valid_claims
from testkit.gateway import GatewayKind
from tests.security.token_claims import CLIENT_IDS, INVALID_CLAIM_VALUES, ISSUERS, SUBS, TOKEN_USES
from tests.security.token_placement import SPOOFED_HEADERS

Event = dict[str, Any]
Claims = dict[str, Any]
Change = Callable[[Event, GatewayKind], Event]

# Creates the `authorizer` value of an event from valid claims and the kind of gateway.
AuthorizerFactory = Callable[[Claims, GatewayKind], Any]

# Gateways write times as digits, as date text, or as a number. All of these are malformed, or out of range.
_TIMES: Mapping[str, Mapping[str, Any]] = {
    "exp": {
        **INVALID_CLAIM_VALUES,
        "past": "1700000000",
        "past as date text": "Wed Dec 06 17:22:52 UTC 2023",
        "past as a number": 1700000000,
        "zero": "0",
        "with another time zone": "Wed Dec 06 17:22:52 PST 2099",
        "in ISO 8601": "2099-12-06T17:22:52Z",
        "as date text in another order": "Dec 06 2099 17:22:52 UTC",
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


def _as_text(claims: Mapping[str, Any]) -> Claims:
    """Return the claims as gateways write them: integers become text. Values of other types stay unchanged."""
    return {name: str(value) if type(value) is int else value for name, value in claims.items()}


def _expected_form(claims: Any, kind: GatewayKind) -> Any:
    return {"jwt": {"claims": claims, "scopes": None}} if kind == "http-2.0" else {"claims": claims}


def _other_form(claims: Any, kind: GatewayKind) -> Any:
    """Return the authorizer in the form of the other payload version."""
    return {"claims": claims} if kind == "http-2.0" else {"jwt": {"claims": claims, "scopes": None}}


def _both_forms(claims: Any, _kind: GatewayKind) -> Any:
    return {"claims": claims, "jwt": {"claims": claims, "scopes": None}}


def _always(value: Any) -> AuthorizerFactory:
    return lambda _claims, _kind: value


_AUTHORIZERS: Mapping[str, AuthorizerFactory] = {
    "absent": _always(missing()),
    "null": _always(None),
    "empty": _always({}),
    "empty list": _always([]),
    "text": _always("claims"),
    "number": _always(1),
    "true": _always(True),
    "in a list": lambda claims, kind: [_expected_form(claims, kind)],
    "as JSON text": lambda claims, kind: json.dumps(_expected_form(claims, kind)),
    "nested in itself": lambda claims, kind: {"authorizer": _expected_form(claims, kind)},
    "claims one level too high": lambda claims, _: claims,
    "claims one level too deep": lambda claims, kind: _expected_form({"claims": claims}, kind),
    "claims null": lambda _, kind: _expected_form(None, kind),
    "claims empty": lambda _, kind: _expected_form({}, kind),
    "claims list": lambda _, kind: _expected_form([], kind),
    "claims text": lambda _, kind: _expected_form("sub", kind),
    "claims true": lambda _, kind: _expected_form(True, kind),
    "claims in a list": lambda claims, kind: _expected_form([claims], kind),
    "claims as pairs": lambda claims, kind: _expected_form([*map(list, claims.items())], kind),
    "claims as JSON text": lambda claims, kind: _expected_form(json.dumps(claims), kind),
    "claims with values in lists": lambda claims, kind: _expected_form({name: [claims[name]] for name in claims}, kind),
    "claims with uppercase names": lambda claims, kind: _expected_form(
        {name.upper(): claims[name] for name in claims}, kind
    ),
    "claims key capitalized": lambda claims, _: {"Claims": claims, "JWT": {"Claims": claims}},
    "claims of the other payload": _other_form,
    "jwt null": _always({"jwt": None}),
    "jwt text": _always({"jwt": "sub"}),
    "jwt empty": _always({"jwt": {}}),
    "jwt without a claims level": lambda claims, _: {"jwt": claims},
    "jwt in a list": lambda claims, _: {"jwt": [{"claims": claims}]},
    "both kinds of claims": _both_forms,
    "both kinds, unexpected one null": lambda claims, kind: {**_other_form(None, kind), **_expected_form(claims, kind)},
    "both kinds, unexpected one without claims": lambda claims, kind: (
        {"claims": None, "jwt": None} | _expected_form(claims, kind)
    ),
    "both kinds, expected one null": lambda claims, kind: {**_expected_form(None, kind), **_other_form(claims, kind)},
    "Lambda authorizer of a REST API": lambda claims, _: {"principalId": SUB, "integrationLatency": 9, **claims},
    "Lambda authorizer with claims as JSON text": lambda claims, _: {
        "principalId": SUB,
        "claims": json.dumps(claims),
    },
    "Lambda authorizer of an HTTP API": lambda claims, _: {"lambda": claims},
    "Lambda authorizer of an HTTP API with claims": lambda claims, kind: {"lambda": _expected_form(claims, kind)},
    "IAM": lambda _, __: {"iam": {"userId": SUB, "callerId": SUB, "cognitoIdentity": {"sub": SUB}}},
    "IAM with claims": lambda claims, kind: {"iam": _expected_form(claims, kind)},
    "OpenID": lambda claims, _: {"oidc": {"claims": claims}, "cognito": {"claims": claims}},
}


def _with_authorizer(create: AuthorizerFactory) -> Change:
    def change(event: Event, kind: GatewayKind) -> Event:
        authorizer = create(_as_text(valid_claims()), kind)
        context = {name: value for name, value in event["requestContext"].items() if name != "authorizer"}
        return event | {"requestContext": context | ({} if authorizer is missing() else {"authorizer": authorizer})}

    return change


def _with_claim(name: str, value: Any) -> Change:
    return _with_authorizer(lambda _, kind: _expected_form(_as_text(valid_claims(**{name: value})), kind))


_REMOVE_AUTHORIZER = _with_authorizer(_AUTHORIZERS["absent"])


def _misplace(put: Callable[[Event, Any], Event]) -> Change:
    """Return a change that puts a valid authorizer in another place of the event."""
    return lambda event, kind: put(_REMOVE_AUTHORIZER(event, kind), _expected_form(_as_text(valid_claims()), kind))


def _misplace_in_context(**places: Callable[[Any], Any]) -> Change:
    def put(event: Event, authorizer: Any) -> Event:
        values = {name: create(authorizer) for name, create in places.items()}
        return event | {"requestContext": event["requestContext"] | values}

    return _misplace(put)


def _with_header(header: str, create: Callable[[], str]) -> Change:
    def change(event: Event, kind: GatewayKind) -> Event:
        headers = event["headers"] | {header: create()}
        event = _REMOVE_AUTHORIZER(event, kind) | {"headers": headers}
        if kind == "http-2.0":
            return event
        return event | {"multiValueHeaders": {name: [value] for name, value in headers.items()}}

    return change


def _unchanged(authorizer: Any) -> Any:
    return authorizer


_PLACES: Mapping[str, Change] = {
    "event": _misplace(lambda event, authorizer: event | {"authorizer": authorizer}),
    "event, and its claims": _misplace(lambda event, authorizer: event | authorizer | {"claims": authorizer}),
    "stage variables": _misplace(lambda event, authorizer: event | {"stageVariables": authorizer}),
    "path parameters": _misplace(
        lambda event, authorizer: event | {"pathParameters": event["pathParameters"] | authorizer}
    ),
    "query": _misplace(lambda event, _: event | {"queryStringParameters": {"sub": SUB}}),
    "cookies": _misplace(lambda event, _: event | {"cookies": [f"sub={SUB}", f"authorizer={SUB}"]}),
    "request context, flattened": _misplace(
        lambda event, authorizer: event | {"requestContext": event["requestContext"] | authorizer}
    ),
    "request context, capitalized": _misplace_in_context(Authorizer=_unchanged),
    "request context, other spellings": _misplace_in_context(authoriser=_unchanged, customAuthorizer=_unchanged),
    "identity": _misplace_in_context(identity=lambda authorizer: {"authorizer": authorizer, **authorizer}),
    "client certificate": _misplace_in_context(authentication=lambda authorizer: {"clientCert": authorizer}),
    "identity pool": _misplace_in_context(identity=lambda _: {"cognitoIdentityId": SUB, "user": SUB, "userArn": SUB}),
    "capitalized request context": _misplace(
        lambda event, authorizer: event | {"RequestContext": event["requestContext"] | {"authorizer": authorizer}}
    ),
    "context as JSON text": _misplace(
        lambda event, authorizer: event | {"context": json.dumps({"authorizer": authorizer})}
    ),
}

HOSTILE_EVENTS: Mapping[str, Change] = {
    **{f"authorizer: {name}": _with_authorizer(create) for name, create in _AUTHORIZERS.items()},
    **{
        f"claim: {claim} {name}": _with_claim(claim, value)
        for claim, values in _CLAIMS.items()
        for name, value in values.items()
    },
    **{f"header: {name}": _with_header(*spoofed) for name, spoofed in SPOOFED_HEADERS.items()},
    **{f"place: {name}": change for name, change in _PLACES.items()},
}
