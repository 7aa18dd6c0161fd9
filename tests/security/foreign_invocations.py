"""Events that are none of the gateway's that the function stands behind, of whoever else may invoke it.

What such events look like:
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (function URLs)
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html (load balancers)
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from testkit.forged_tokens import SUB, good_claims, token
from testkit.gateway import http_1_authorizer, http_2_authorizer, make_event, rest_authorizer

Event = dict[str, Any]
Write = Callable[[httpx.Request], Event]


def _nobodys(request: httpx.Request) -> Event:
    """A gateway's event of a route without authorizer."""
    return make_event(request, "rest")


def _on_route(template: str, start: str) -> Write:
    """As an open route would take it, if the gateway could be brought to choose that for this path."""
    return lambda request: (
        _nobodys(request)
        | {
            "resource": template,
            "pathParameters": {"proxy": request.url.path.removeprefix(start)},
        }
    )


def _both_payloads(version: Any, authorizer: Callable[[Mapping[str, Any]], Any]) -> Write:
    """All fields of 1.0 and of 2.0, of this version, and claims as the other version has them."""

    def write(request: httpx.Request) -> Event:
        one, two = make_event(request, "http-1.0"), make_event(request, "http-2.0")
        context = one["requestContext"] | two["requestContext"] | {"authorizer": authorizer(good_claims())}
        return {**one, **two, "version": version, "requestContext": context}

    return write


def _function_url(authorizer: Any = None, **context: Any) -> Write:
    def write(request: httpx.Request) -> Event:
        event = make_event(request, "http-2.0", stage="$default")
        given = {"domainName": "x.lambda-url.us-east-1.on.aws", "routeKey": "$default", "authentication": None}
        event["requestContext"] |= given | context | ({"authorizer": authorizer} if authorizer else {})
        return event | {"routeKey": "$default", "pathParameters": None}

    return write


def _load_balancer(**headers: Callable[[], str]) -> Write:
    def write(request: httpx.Request) -> Event:
        sent = dict(request.headers) | {name.replace("_", "-"): value() for name, value in headers.items()}
        return {
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x:targetgroup/y"}},
            "httpMethod": request.method,
            "path": request.url.path,
            "queryStringParameters": {"sub": SUB},
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "body": request.content.decode(),
            "isBase64Encoded": False,
        }

    return write


def _iam(**more: Any) -> Event:
    return {
        "iam": {
            "accessKey": "AKIA",
            "accountId": "123456789012",
            "callerId": SUB,
            "cognitoIdentity": {"amr": ["authenticated"], "identityId": SUB, "identityPoolId": SUB, "sub": SUB},
            "principalOrgId": "o-1",
            "userArn": f"arn:aws:iam::123456789012:user/{SUB}",
            "userId": SUB,
            **more,
        }
    }


def _as_question_to_authorizer(request: httpx.Request) -> Event:
    token_ = f"Bearer {token()}"
    return _nobodys(request) | {"type": "REQUEST", "methodArn": "arn:aws:execute-api", "authorizationToken": token_}


def _with_context(**context: Any) -> Write:
    def write(request: httpx.Request) -> Event:
        event = _nobodys(request)
        return event | {"requestContext": event["requestContext"] | context}

    return write


# HTTP requests all of them, and nobody's.
FOREIGN: Mapping[str, Write] = {
    "the open route of all paths": _on_route("/{proxy+}", "/"),
    "the open route of logins": _on_route("/v1/auth/{proxy+}", "/v1/"),
    "both payloads, version 2.0 with claims of 1.0": _both_payloads("2.0", http_1_authorizer),
    "both payloads, version 1.0 with claims of 2.0": _both_payloads("1.0", http_2_authorizer),
    "both payloads, version 2.0 as a number": _both_payloads(2.0, http_2_authorizer),
    "both payloads, version 2": _both_payloads("2", http_2_authorizer),
    "both payloads, version 2.0 with a blank": _both_payloads("2.0 ", http_2_authorizer),
    "both payloads, version null": _both_payloads(None, http_2_authorizer),
    "both payloads, a version to come": _both_payloads("3.0", http_2_authorizer),
    "a function URL, open": _function_url(),
    "a function URL behind IAM": _function_url(_iam()),
    "a function URL behind IAM, with claims": _function_url(_iam(claims=good_claims(), jwt={"claims": good_claims()})),
    "a function URL of an identity pool": _function_url(_iam(), identity={"cognitoIdentityId": SUB}),
    "a load balancer": _load_balancer(),
    "a load balancer that logged somebody in": _load_balancer(
        x_amzn_oidc_identity=lambda: SUB, x_amzn_oidc_accesstoken=token, x_amzn_oidc_data=token
    ),
    "a load balancer that checked a certificate": _load_balancer(x_amzn_mtls_clientcert_subject=lambda: f"CN={SUB}"),
    "a route behind IAM": _with_context(identity={"caller": SUB, "user": SUB, "userArn": SUB, "accountId": SUB}),
    "a route behind an API key": _with_context(identity={"apiKey": SUB, "apiKeyId": SUB}),
    "a trial of the console": _with_context(stage="test-invoke-stage", identity={"user": SUB, "caller": SUB}),
    "a WebSocket's context": _with_context(connectionId=SUB, eventType="MESSAGE", routeKey="$default"),
    "a question to an authorizer": _as_question_to_authorizer,
}


def _asked(request: httpx.Request) -> Event:
    return {"httpMethod": request.method, "path": request.url.path, "body": request.content.decode()}


def _claims() -> Event:
    return rest_authorizer(good_claims())


# What is no HTTP event at all, with claims where they might be looked for: nothing is done with it.
NO_REQUESTS: Mapping[str, Callable[[httpx.Request], Any]] = {
    "claims and nothing else": lambda _: good_claims(),
    "an authorizer's answer": lambda _: _claims(),
    "a request and claims": lambda request: _asked(request) | _claims(),
    "a request and an authorizer": lambda request: _asked(request) | {"authorizer": _claims()},
    "a request with a context of null": lambda request: _asked(request) | {"requestContext": None},
    "a request with a context as text": lambda request: (
        _asked(request) | {"requestContext": json.dumps({"authorizer": _claims()})}
    ),
    "a request with a context in a list": lambda request: (
        _asked(request) | {"requestContext": [{"authorizer": _claims()}]}
    ),
    "a context without a request": lambda _: {"requestContext": {"authorizer": _claims()}},
    "a context with half a request": lambda _: {"requestContext": {"authorizer": _claims(), "http": "GET"}},
    "an event in an event": lambda request: {"event": make_event(request, "rest", good_claims())},
    "an event in a list": lambda request: [make_event(request, "rest", good_claims())],
    "an event as text": lambda request: json.dumps(make_event(request, "rest", good_claims())),
    "an event in the body": lambda request: {"body": json.dumps(make_event(request, "rest", good_claims()))},
    "an event in a queue": lambda request: {
        "Records": [{"eventSource": "aws:sqs", "body": json.dumps(make_event(request, "rest", good_claims()))}]
    },
    "an event of the bus": lambda request: {
        "source": "dwipper",
        "detail-type": "request",
        "detail": make_event(request, "rest", good_claims()),
    },
    "a distribution": lambda request: {
        "Records": [{"cf": {"request": {"method": request.method, "uri": request.url.path, "headers": {}}}}]
    },
    "a service network": lambda request: {
        "version": "2.0",
        "path": request.url.path,
        "method": request.method,
        "headers": {"authorization": [f"Bearer {token()}"]},
        "requestContext": {"identity": {"principal": SUB}, "authorizer": _claims()},
    },
    "a resolver": lambda request: {
        "info": {"fieldName": request.url.path},
        "identity": {"sub": SUB, "claims": good_claims()},
        "request": {"headers": {"authorization": token()}},
    },
    "a socket": lambda _: {"requestContext": {"connectionId": SUB, "eventType": "CONNECT", "authorizer": _claims()}},
    "an agent's action": lambda request: {
        "apiPath": request.url.path,
        "httpMethod": request.method,
        "sessionAttributes": good_claims(),
    },
    "a trigger of the pool": lambda _: {"triggerSource": "TokenGeneration_Authentication", "userName": SUB},
    "a text": lambda _: SUB,
    "nothing": lambda _: None,
}
