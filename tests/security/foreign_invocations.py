"""Events that did not pass the authorizer of the deployed gateway.

The formats of the events of function URLs and of load balancers:
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx

from testkit.forged_tokens import SUB, make_token, make_valid_claims
from testkit.gateway import make_event
from testkit.gateway_authorizer import make_http_1_authorizer, make_http_2_authorizer, make_rest_authorizer

Event = dict[str, Any]
EventFactory = Callable[[httpx.Request], Event]


def _make_anonymous_event(request: httpx.Request) -> Event:
    """Return a REST API event without an authorizer."""
    return make_event(request, "rest")


def _make_anonymous_route_event(template: str, prefix: str, request: httpx.Request) -> Event:
    """Return an event that names a route without an authorizer, although the path of the request requires one.

    Args:
        template: the route that the event names.
        prefix: the start of the request's path. The path parameter of the event is the rest.
        request: the request.
    """
    parameters = {"proxy": request.url.path.removeprefix(prefix)}
    return _make_anonymous_event(request) | {"resource": template, "pathParameters": parameters}


def _make_mixed_event(
    version: Any, make_authorizer: Callable[[Mapping[str, Any]], Any], request: httpx.Request
) -> Event:
    """Return an event with the fields of the payload formats 1.0 and 2.0.

    Args:
        version: the version that the event states.
        make_authorizer: formats the claims.
        request: the request.
    """
    one, two = make_event(request, "http-1.0"), make_event(request, "http-2.0")
    context = one["requestContext"] | two["requestContext"] | {"authorizer": make_authorizer(make_valid_claims())}
    return {**one, **two, "version": version, "requestContext": context}


def _make_function_url_event(request: httpx.Request, *, authorizer: Any = None, **context: Any) -> Event:
    event = make_event(request, "http-2.0", stage="$default")
    function_url = {"domainName": "x.lambda-url.us-east-1.on.aws", "routeKey": "$default", "authentication": None}
    event["requestContext"] |= function_url | context | ({"authorizer": authorizer} if authorizer else {})
    return event | {"routeKey": "$default", "pathParameters": None}


def _make_load_balancer_event(request: httpx.Request, **extra_headers: Callable[[], str]) -> Event:
    extra = {name.replace("_", "-"): create() for name, create in extra_headers.items()}
    headers = dict(request.headers) | extra
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x:targetgroup/y"}},
        "httpMethod": request.method,
        "path": request.url.path,
        "queryStringParameters": {"sub": SUB},
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": request.content.decode(),
        "isBase64Encoded": False,
    }


def _make_iam_authorizer(**extra: Any) -> Event:
    return {
        "iam": {
            "accessKey": "AKIA",
            "accountId": "123456789012",
            "callerId": SUB,
            "cognitoIdentity": {"amr": ["authenticated"], "identityId": SUB, "identityPoolId": SUB, "sub": SUB},
            "principalOrgId": "o-1",
            "userArn": f"arn:aws:iam::123456789012:user/{SUB}",
            "userId": SUB,
            **extra,
        }
    }


def _make_authorizer_request(request: httpx.Request) -> Event:
    """Return a request to a Lambda authorizer, with the fields of both types, REQUEST and TOKEN."""
    return _make_anonymous_event(request) | {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api",
        "authorizationToken": f"Bearer {make_token()}",
    }


def _make_context_event(request: httpx.Request, **context: Any) -> Event:
    """Return a REST API event with additional fields in its request context."""
    event = _make_anonymous_event(request)
    return event | {"requestContext": event["requestContext"] | context}


# HTTP events without claims in the place that their version prescribes. Each must be answered with 401.
FOREIGN_HTTP_EVENTS: Mapping[str, EventFactory] = {
    "route /{proxy+} without an authorizer": partial(_make_anonymous_route_event, "/{proxy+}", "/"),
    "route /v1/auth/{proxy+} without an authorizer": partial(_make_anonymous_route_event, "/v1/auth/{proxy+}", "/v1/"),
    "both payload formats, version 2.0 with claims of 1.0": partial(_make_mixed_event, "2.0", make_http_1_authorizer),
    "both payload formats, version 1.0 with claims of 2.0": partial(_make_mixed_event, "1.0", make_http_2_authorizer),
    "both payload formats, version 2.0 as a number": partial(_make_mixed_event, 2.0, make_http_2_authorizer),
    "both payload formats, version 2": partial(_make_mixed_event, "2", make_http_2_authorizer),
    "both payload formats, version 2.0 with a space": partial(_make_mixed_event, "2.0 ", make_http_2_authorizer),
    "both payload formats, version null": partial(_make_mixed_event, None, make_http_2_authorizer),
    "both payload formats, version 3.0": partial(_make_mixed_event, "3.0", make_http_2_authorizer),
    "function URL without authentication": _make_function_url_event,
    "function URL with IAM": partial(_make_function_url_event, authorizer=_make_iam_authorizer()),
    "function URL with IAM and claims": partial(
        _make_function_url_event,
        authorizer=_make_iam_authorizer(claims=make_valid_claims(), jwt={"claims": make_valid_claims()}),
    ),
    "function URL with credentials of an identity pool": partial(
        _make_function_url_event, authorizer=_make_iam_authorizer(), identity={"cognitoIdentityId": SUB}
    ),
    "load balancer": _make_load_balancer_event,
    "load balancer with an OIDC login": partial(
        _make_load_balancer_event,
        x_amzn_oidc_identity=lambda: SUB,
        x_amzn_oidc_accesstoken=make_token,
        x_amzn_oidc_data=make_token,
    ),
    "load balancer with mTLS": partial(_make_load_balancer_event, x_amzn_mtls_clientcert_subject=lambda: f"CN={SUB}"),
    "REST API route with IAM": partial(
        _make_context_event, identity={"caller": SUB, "user": SUB, "userArn": SUB, "accountId": SUB}
    ),
    "REST API route with an API key": partial(_make_context_event, identity={"apiKey": SUB, "apiKeyId": SUB}),
    "test invocation in the console": partial(
        _make_context_event, stage="test-invoke-stage", identity={"user": SUB, "caller": SUB}
    ),
    "REST API event with a WebSocket context": partial(
        _make_context_event, connectionId=SUB, eventType="MESSAGE", routeKey="$default"
    ),
    "request to a Lambda authorizer": _make_authorizer_request,
}


def _make_bare_request(request: httpx.Request) -> Event:
    return {"httpMethod": request.method, "path": request.url.path, "body": request.content.decode()}


def _make_authorizer_with_claims() -> Event:
    return make_rest_authorizer(make_valid_claims())


def _make_valid_event(request: httpx.Request) -> Event:
    return make_event(request, "rest", make_valid_claims())


# Events that the handler does not recognize as HTTP. It must ignore each event, even one that contains claims.
NON_HTTP_EVENTS: Mapping[str, Callable[[httpx.Request], Any]] = {
    "claims only": lambda _: make_valid_claims(),
    "authorizer context only": lambda _: _make_authorizer_with_claims(),
    "request with top-level claims": lambda request: _make_bare_request(request) | _make_authorizer_with_claims(),
    "request with a top-level authorizer": lambda request: (
        _make_bare_request(request) | {"authorizer": _make_authorizer_with_claims()}
    ),
    "request with a null context": lambda request: _make_bare_request(request) | {"requestContext": None},
    "request with a context as a JSON string": lambda request: (
        _make_bare_request(request) | {"requestContext": json.dumps({"authorizer": _make_authorizer_with_claims()})}
    ),
    "request with a context in a list": lambda request: (
        _make_bare_request(request) | {"requestContext": [{"authorizer": _make_authorizer_with_claims()}]}
    ),
    "context without a request": lambda _: {"requestContext": {"authorizer": _make_authorizer_with_claims()}},
    "context with `http` as a string": lambda _: {
        "requestContext": {"authorizer": _make_authorizer_with_claims(), "http": "GET"}
    },
    "event in an event": lambda request: {"event": _make_valid_event(request)},
    "event in a list": lambda request: [_make_valid_event(request)],
    "event as a JSON string": lambda request: json.dumps(_make_valid_event(request)),
    "event in the body": lambda request: {"body": json.dumps(_make_valid_event(request))},
    "SQS": lambda request: {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(_make_valid_event(request))}]},
    "EventBridge": lambda request: {
        "source": "dwipper",
        "detail-type": "request",
        "detail": _make_valid_event(request),
    },
    "CloudFront": lambda request: {
        "Records": [{"cf": {"request": {"method": request.method, "uri": request.url.path, "headers": {}}}}]
    },
    "VPC Lattice": lambda request: {
        "version": "2.0",
        "path": request.url.path,
        "method": request.method,
        "headers": {"authorization": [f"Bearer {make_token()}"]},
        "requestContext": {"identity": {"principal": SUB}, "authorizer": _make_authorizer_with_claims()},
    },
    "AppSync": lambda request: {
        "info": {"fieldName": request.url.path},
        "identity": {"sub": SUB, "claims": make_valid_claims()},
        "request": {"headers": {"authorization": make_token()}},
    },
    "WebSocket": lambda _: {
        "requestContext": {"connectionId": SUB, "eventType": "CONNECT", "authorizer": _make_authorizer_with_claims()}
    },
    "Bedrock agent": lambda request: {
        "apiPath": request.url.path,
        "httpMethod": request.method,
        "sessionAttributes": make_valid_claims(),
    },
    "Cognito trigger": lambda _: {"triggerSource": "TokenGeneration_Authentication", "userName": SUB},
    "string": lambda _: SUB,
    "null": lambda _: None,
}
