"""Gateway events of which somebody who is nobody would like to be somebody's, by what is odd about them.

Each is made of the event of a request that the gateway's authorizer found good, and the request's own header keeps its
good token: nothing but what the event says of its caller is wrong.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from testkit.forged_tokens import SUB, good_claims, missing
from testkit.gateway import GatewayKind
from tests.security.token_claims import CLIENTS, ISSUERS, OF_NO_TYPE, SUBS, USES
from tests.security.token_placement import IMITATIONS

Event = dict[str, Any]
Claims = dict[str, Any]
Change = Callable[[Event, GatewayKind], Event]

# What stands where the authorizer's answer belongs, made of good claims and the gateway's kind.
Authorizer = Callable[[Claims, GatewayKind], Any]

# Gateways write times in digits, in words, or as a number. None of these is such a time, or one that is good.
_TIMES: Mapping[str, Mapping[str, Any]] = {
    "exp": {
        **OF_NO_TYPE,
        "past, in digits": "1700000000",
        "past, in words": "Wed Dec 06 17:22:52 UTC 2023",
        "past, a number": 1700000000,
        "zero": "0",
        "in another zone": "Wed Dec 06 17:22:52 PST 2099",
        "in another form": "2099-12-06T17:22:52Z",
        "in another order": "Dec 06 2099 17:22:52 UTC",
        "negative": "-4102444800",
        "a fraction": "4102444800.5",
        "with an exponent": "4e9",
        "with a blank": " 4102444800",
        "with underscores": "4_102_444_800",
        "in hexadecimals": "0xF4865700",
        "in other digits": "\u0664\u0661\u0660\u0662\u0664\u0664\u0664\u0668\u0660\u0660",
        "of 5,000 digits": "9" * 5000,
        "of twenty digits": "9" * 20,
        "beyond exact numbers": 2**63,
        "a float": 4102444800.5,
        "a list": ["4102444800"],
    },
    "iat": {"no time": "soon", "in the future": "4102444800", "true": True, "null": None},
    "nbf": {"no time": "soon", "in the future": "4102444800", "true": True, "null": None},
}
_CLAIMS: Mapping[str, Mapping[str, Any]] = {
    "iss": {**OF_NO_TYPE, **ISSUERS},
    "client_id": {**OF_NO_TYPE, **CLIENTS},
    "token_use": {**OF_NO_TYPE, **USES},
    "sub": {**OF_NO_TYPE, **SUBS},
    **_TIMES,
}


def _texts(claims: Mapping[str, Any]) -> Claims:
    """As gateways write them; what is of no type that Cognito has is left as it is."""
    return {name: str(value) if type(value) is int else value for name, value in claims.items()}


def _right(claims: Any, kind: GatewayKind) -> Any:
    return {"jwt": {"claims": claims, "scopes": None}} if kind == "http-2.0" else {"claims": claims}


def _wrong(claims: Any, kind: GatewayKind) -> Any:
    """Where the other payload has them."""
    return {"claims": claims} if kind == "http-2.0" else {"jwt": {"claims": claims, "scopes": None}}


def _both(claims: Any, _kind: GatewayKind) -> Any:
    return {"claims": claims, "jwt": {"claims": claims, "scopes": None}}


def _always(value: Any) -> Authorizer:
    return lambda _claims, _kind: value


_AUTHORIZERS: Mapping[str, Authorizer] = {
    "absent": _always(missing()),
    "null": _always(None),
    "empty": _always({}),
    "an empty list": _always([]),
    "a text": _always("claims"),
    "a number": _always(1),
    "true": _always(True),
    "a list of itself": lambda claims, kind: [_right(claims, kind)],
    "itself as JSON": lambda claims, kind: json.dumps(_right(claims, kind)),
    "itself below its name": lambda claims, kind: {"authorizer": _right(claims, kind)},
    "claims one level too high": lambda claims, _: claims,
    "claims one level too deep": lambda claims, kind: _right({"claims": claims}, kind),
    "claims null": lambda _, kind: _right(None, kind),
    "claims empty": lambda _, kind: _right({}, kind),
    "claims a list": lambda _, kind: _right([], kind),
    "claims a text": lambda _, kind: _right("sub", kind),
    "claims true": lambda _, kind: _right(True, kind),
    "claims in a list": lambda claims, kind: _right([claims], kind),
    "claims in pairs": lambda claims, kind: _right([*map(list, claims.items())], kind),
    "claims as JSON": lambda claims, kind: _right(json.dumps(claims), kind),
    "claims with values in lists": lambda claims, kind: _right({name: [claims[name]] for name in claims}, kind),
    "claims with capital names": lambda claims, kind: _right({name.upper(): claims[name] for name in claims}, kind),
    "claims by a capital name": lambda claims, _: {"Claims": claims, "JWT": {"Claims": claims}},
    "claims of the other payload": _wrong,
    "jwt null": _always({"jwt": None}),
    "jwt a text": _always({"jwt": "sub"}),
    "jwt empty": _always({"jwt": {}}),
    "jwt with claims in it itself": lambda claims, _: {"jwt": claims},
    "jwt in a list": lambda claims, _: {"jwt": [{"claims": claims}]},
    "both kinds of claims": _both,
    "both kinds, the other one null": lambda claims, kind: {**_wrong(None, kind), **_right(claims, kind)},
    "both kinds, the other one without claims": lambda claims, kind: (
        {"claims": None, "jwt": None} | _right(claims, kind)
    ),
    "both kinds, the right one null": lambda claims, kind: {**_right(None, kind), **_wrong(claims, kind)},
    "a Lambda authorizer of REST": lambda claims, _: {"principalId": SUB, "integrationLatency": 9, **claims},
    "a Lambda authorizer that writes claims as text": lambda claims, _: {
        "principalId": SUB,
        "claims": json.dumps(claims),
    },
    "a Lambda authorizer of an HTTP API": lambda claims, _: {"lambda": claims},
    "a Lambda authorizer of an HTTP API with claims": lambda claims, kind: {"lambda": _right(claims, kind)},
    "IAM": lambda _, __: {"iam": {"userId": SUB, "callerId": SUB, "cognitoIdentity": {"sub": SUB}}},
    "IAM with claims": lambda claims, kind: {"iam": _right(claims, kind)},
    "OpenID": lambda claims, _: {"oidc": {"claims": claims}, "cognito": {"claims": claims}},
}


def _with_authorizer(write: Authorizer) -> Change:
    def change(event: Event, kind: GatewayKind) -> Event:
        authorizer = write(_texts(good_claims()), kind)
        context = {name: value for name, value in event["requestContext"].items() if name != "authorizer"}
        return event | {"requestContext": context | ({} if authorizer is missing() else {"authorizer": authorizer})}

    return change


def _with_claim(name: str, value: Any) -> Change:
    return _with_authorizer(lambda _, kind: _right(_texts(good_claims(**{name: value})), kind))


_NOBODY = _with_authorizer(_AUTHORIZERS["absent"])


def _elsewhere(put: Callable[[Event, Any], Event]) -> Change:
    """The authorizer's good answer in another place of the event."""
    return lambda event, kind: put(_NOBODY(event, kind), _right(_texts(good_claims()), kind))


def _in_context(**place: Callable[[Any], Any]) -> Change:
    def put(event: Event, answer: Any) -> Event:
        return event | {
            "requestContext": event["requestContext"] | {name: make(answer) for name, make in place.items()}
        }

    return _elsewhere(put)


def _imitated(header: str, write: Callable[[], str]) -> Change:
    def change(event: Event, kind: GatewayKind) -> Event:
        headers = event["headers"] | {header: write()}
        several = {name: [value] for name, value in headers.items()}
        return (
            _NOBODY(event, kind) | {"headers": headers} | ({} if kind == "http-2.0" else {"multiValueHeaders": several})
        )

    return change


def _as_is(answer: Any) -> Any:
    return answer


_PLACES: Mapping[str, Change] = {
    "of the event": _elsewhere(lambda event, answer: event | {"authorizer": answer}),
    "of the event, and its parts": _elsewhere(lambda event, answer: event | answer | {"claims": answer}),
    "of the stage": _elsewhere(lambda event, answer: event | {"stageVariables": answer}),
    "of the path": _elsewhere(lambda event, answer: event | {"pathParameters": event["pathParameters"] | answer}),
    "of the query": _elsewhere(lambda event, _: event | {"queryStringParameters": {"sub": SUB}}),
    "of a cookie": _elsewhere(lambda event, _: event | {"cookies": [f"sub={SUB}", f"authorizer={SUB}"]}),
    "of the context itself": _elsewhere(
        lambda event, answer: event | {"requestContext": event["requestContext"] | answer}
    ),
    "by a capital name": _in_context(Authorizer=_as_is),
    "by another spelling": _in_context(authoriser=_as_is, customAuthorizer=_as_is),
    "of the identity": _in_context(identity=lambda answer: {"authorizer": answer, **answer}),
    "of the certificate": _in_context(authentication=lambda answer: {"clientCert": answer}),
    "of the identity pool": _in_context(identity=lambda _: {"cognitoIdentityId": SUB, "user": SUB, "userArn": SUB}),
    "of a context by another name": _elsewhere(
        lambda event, answer: event | {"RequestContext": event["requestContext"] | {"authorizer": answer}}
    ),
    "of a context as text": _elsewhere(lambda event, answer: event | {"context": json.dumps({"authorizer": answer})}),
}

HOSTILE: Mapping[str, Change] = {
    **{f"authorizer: {name}": _with_authorizer(write) for name, write in _AUTHORIZERS.items()},
    **{
        f"claim: {claim} {name}": _with_claim(claim, value)
        for claim, values in _CLAIMS.items()
        for name, value in values.items()
    },
    **{f"header: {name}": _imitated(*imitation) for name, imitation in IMITATIONS.items()},
    **{f"place: {name}": change for name, change in _PLACES.items()},
}
