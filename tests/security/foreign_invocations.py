"""Events of other invokers than the gateway that the function is deployed behind.

The format of such events:
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (function URLs)
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html (load balancers)
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from testkit.forged_tokens import SUB, make_token, valid_claims
from testkit.gateway import make_event, make_http_1_authorizer, make_http_2_authorizer, make_rest_authorizer

Event = dict[str, Any]
EventFactory = Callable[[httpx.Request], Event]


def _anonymous_event(request: httpx.Request) -> Event:
    """Return the REST API event of a route without an authorizer."""
    return make_event(request, "rest")


def _on_open_route(template: str, start: str) -> EventFactory:
    """Return a factory of events that name an open route, as if the gateway had chosen it for a member's path."""
    return lambda request: (
        _anonymous_event(request)
        | {
            "resource": template,
            "pathParameters": {"proxy": request.url.path.removeprefix(start)},
        }
    )


def _mixed_payloads(version: Any, authorizer: Callable[[Mapping[str, Any]], Any]) -> EventFactory:
    """Return a factory of events with the fields of payloads 1.0 and 2.0.

    Args:
        version: the version that the event states.
        authorizer: writes the claims in the form of one payload.
    """

    def create(request: httpx.Request) -> Event:
        one, two = make_event(request, "http-1.0"), make_event(request, "http-2.0")
        context = one["requestContext"] | two["requestContext"] | {"authorizer": authorizer(valid_claims())}
        return {**one, **two, "version": version, "requestContext": context}

    return create


def _function_url(authorizer: Any = None, **context: Any) -> EventFactory:
    def create(request: httpx.Request) -> Event:
        event = make_event(request, "http-2.0", stage="$default")
        function_url = {"domainName": "x.lambda-url.us-east-1.on.aws", "routeKey": "$default", "authentication": None}
        event["requestContext"] |= function_url | context | ({"authorizer": authorizer} if authorizer else {})
        return event | {"routeKey": "$default", "pathParameters": None}

    return create


def _load_balancer(**headers: Callable[[], str]) -> EventFactory:
    def create(request: httpx.Request) -> Event:
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

    return create


def _iam_authorizer(**more: Any) -> Event:
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


def _authorizer_request(request: httpx.Request) -> Event:
    bearer = f"Bearer {make_token()}"
    return _anonymous_event(request) | {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api",
        "authorizationToken": bearer,
    }


def _with_context(**context: Any) -> EventFactory:
    def create(request: httpx.Request) -> Event:
        event = _anonymous_event(request)
        return event | {"requestContext": event["requestContext"] | context}

    return create


# HTTP requests without valid claims.
FOREIGN_HTTP_EVENTS: Mapping[str, EventFactory] = {
    "open route for all paths": _on_open_route("/{proxy+}", "/"),
    "open route for logins": _on_open_route("/v1/auth/{proxy+}", "/v1/"),
    "both payloads, version 2.0 with claims of 1.0": _mixed_payloads("2.0", make_http_1_authorizer),
    "both payloads, version 1.0 with claims of 2.0": _mixed_payloads("1.0", make_http_2_authorizer),
    "both payloads, version 2.0 as a number": _mixed_payloads(2.0, make_http_2_authorizer),
    "both payloads, version 2": _mixed_payloads("2", make_http_2_authorizer),
    "both payloads, version 2.0 with a space": _mixed_payloads("2.0 ", make_http_2_authorizer),
    "both payloads, version null": _mixed_payloads(None, make_http_2_authorizer),
    "both payloads, version 3.0": _mixed_payloads("3.0", make_http_2_authorizer),
    "function URL without authentication": _function_url(),
    "function URL with IAM": _function_url(_iam_authorizer()),
    "function URL with IAM and claims": _function_url(
        _iam_authorizer(claims=valid_claims(), jwt={"claims": valid_claims()})
    ),
    "function URL of an identity pool": _function_url(_iam_authorizer(), identity={"cognitoIdentityId": SUB}),
    "load balancer": _load_balancer(),
    "load balancer with an OIDC login": _load_balancer(
        x_amzn_oidc_identity=lambda: SUB, x_amzn_oidc_accesstoken=make_token, x_amzn_oidc_data=make_token
    ),
    "load balancer with mTLS": _load_balancer(x_amzn_mtls_clientcert_subject=lambda: f"CN={SUB}"),
    "REST API route with IAM": _with_context(identity={"caller": SUB, "user": SUB, "userArn": SUB, "accountId": SUB}),
    "REST API route with an API key": _with_context(identity={"apiKey": SUB, "apiKeyId": SUB}),
    "test invocation in the console": _with_context(stage="test-invoke-stage", identity={"user": SUB, "caller": SUB}),
    "WebSocket context": _with_context(connectionId=SUB, eventType="MESSAGE", routeKey="$default"),
    "request to a Lambda authorizer": _authorizer_request,
}


def _bare_request(request: httpx.Request) -> Event:
    return {"httpMethod": request.method, "path": request.url.path, "body": request.content.decode()}


def _members_authorizer() -> Event:
    return make_rest_authorizer(valid_claims())


# Events that are not HTTP requests, with claims in plausible places. The handler ignores them.
NON_HTTP_EVENTS: Mapping[str, Callable[[httpx.Request], Any]] = {
    "claims only": lambda _: valid_claims(),
    "response of an authorizer": lambda _: _members_authorizer(),
    "request and claims": lambda request: _bare_request(request) | _members_authorizer(),
    "request and authorizer": lambda request: _bare_request(request) | {"authorizer": _members_authorizer()},
    "request with a null context": lambda request: _bare_request(request) | {"requestContext": None},
    "request with a context as JSON text": lambda request: (
        _bare_request(request) | {"requestContext": json.dumps({"authorizer": _members_authorizer()})}
    ),
    "request with a context in a list": lambda request: (
        _bare_request(request) | {"requestContext": [{"authorizer": _members_authorizer()}]}
    ),
    "context without a request": lambda _: {"requestContext": {"authorizer": _members_authorizer()}},
    "context with an incomplete request": lambda _: {
        "requestContext": {"authorizer": _members_authorizer(), "http": "GET"}
    },
    "event in an event": lambda request: {"event": make_event(request, "rest", valid_claims())},
    "event in a list": lambda request: [make_event(request, "rest", valid_claims())],
    "event as JSON text": lambda request: json.dumps(make_event(request, "rest", valid_claims())),
    "event in the body": lambda request: {"body": json.dumps(make_event(request, "rest", valid_claims()))},
    "SQS": lambda request: {
        "Records": [{"eventSource": "aws:sqs", "body": json.dumps(make_event(request, "rest", valid_claims()))}]
    },
    "EventBridge": lambda request: {
        "source": "dwipper",
        "detail-type": "request",
        "detail": make_event(request, "rest", valid_claims()),
    },
    "CloudFront": lambda request: {
        "Records": [{"cf": {"request": {"method": request.method, "uri": request.url.path, "headers": {}}}}]
    },
    "VPC Lattice": lambda request: {
        "version": "2.0",
        "path": request.url.path,
        "method": request.method,
        "headers": {"authorization": [f"Bearer {make_token()}"]},
        "requestContext": {"identity": {"principal": SUB}, "authorizer": _members_authorizer()},
    },
    "AppSync": lambda request: {
        "info": {"fieldName": request.url.path},
        "identity": {"sub": SUB, "claims": valid_claims()},
        "request": {"headers": {"authorization": make_token()}},
    },
    "WebSocket": lambda _: {
        "requestContext": {"connectionId": SUB, "eventType": "CONNECT", "authorizer": _members_authorizer()}
    },
    "Bedrock agent": lambda request: {
        "apiPath": request.url.path,
        "httpMethod": request.method,
        "sessionAttributes": valid_claims(),
    },
    "Cognito trigger": lambda _: {"triggerSource": "TokenGeneration_Authentication", "userName": SUB},
    "text": lambda _: SUB,
    "null": lambda _: None,
}
