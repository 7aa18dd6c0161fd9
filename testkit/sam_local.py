"""The events of `sam local start-api`, which differ from those of API Gateway."""

from typing import Any
from urllib.parse import unquote

import httpx

from testkit.gateway import GatewayKind, make_event


def make_sam_event(request: httpx.Request, kind: GatewayKind, *, prefix: str = "") -> dict[str, Any]:
    """Return the event that `sam local start-api` 1.170 makes from a request.

    Unlike the event of API Gateway, it has no authorizer, and `requestContext.path` is the route. The route key has the
    method, and parameters keep a slash at the end. See `make_event` for the arguments.
    """
    stage = "Prod" if kind == "rest" else "$default"
    event = make_event(request, kind, prefix=prefix, stage=stage)
    forwarded = {"Host": "127.0.0.1:3000", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "3000"}
    path = unquote(request.url.raw_path.decode().partition("?")[0])
    parameters = event["pathParameters"] or {}
    if path.endswith("/") and "proxy" in parameters:
        parameters = {"proxy": f"{parameters['proxy']}/"}
    context = event["requestContext"] | {"accountId": "123456789012", "apiId": "1234567890"}
    event |= {"headers": event["headers"] | forwarded, "stageVariables": None}
    if kind == "http-2.0":
        route_key = event["routeKey"].replace("ANY", request.method)
        context |= {"domainName": "localhost", "domainPrefix": "localhost", "routeKey": route_key}
        changes = {"routeKey": route_key, "pathParameters": parameters, "body": event["body"] or "", "cookies": []}
        return event | changes | {"requestContext": context}
    route = event["resource"]
    unknown = dict.fromkeys(("accountId", "apiKey", "caller", "user", "userArn", "cognitoIdentityPoolId"))
    context |= {"path": route, "resourcePath": route, "resourceId": "123456", "extendedRequestId": None}
    context |= {"identity": {"sourceIp": "127.0.0.1", "userAgent": "Custom User Agent String", **unknown}}
    headers = event["multiValueHeaders"] | {name: [value] for name, value in forwarded.items()}
    changes = {"path": path, "pathParameters": parameters or None, "multiValueHeaders": headers}
    return event | changes | {"requestContext": context}
