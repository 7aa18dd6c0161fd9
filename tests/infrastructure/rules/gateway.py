"""Rules for API Gateway: the access to the function, and the gateway's own responses."""

import json
from collections.abc import Iterator
from typing import Any

from testkit.operations import ALL_OPERATIONS, load_document
from tests.contract.document import Spec, find_body_errors, iter_operations, resolve
from tests.infrastructure.firewall import Firewall, Request, matches
from tests.infrastructure.rules.resources import (
    Resource,
    Template,
    find_resources,
    get_properties,
    get_reference,
    resolve_path,
)

_SCOPES = ["aws.cognito.signin.user.admin"]
# All types except for REQUEST_TOO_LARGE, which cannot be customized:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_RESPONSE_TYPES = frozenset(
    {
        *("ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE"),
        *("BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN"),
        *("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE"),
        *("MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED"),
        *("UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED"),
    }
)
# In five minutes, one address must not succeed with more logins, refreshes and other requests than the maximum. A
# preflight and a refresh of each of the members must pass.
_MAX_LOGINS = 1000
_MAX_REFRESHES = 10_000
_MAX_REQUESTS = 100_000
_MEMBERS_BEHIND_ONE_ADDRESS = 300
_SESSION_PATHS = ("/v1/auth/refresh", "/v1/auth/logout")
_MAX_REQUESTS_PER_SECOND = 10_000
_HEADER_PREFIX = "gatewayresponse.header."
_HEADERS = ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Cache-Control", "X-Request-Id")
# Resource types that could invoke a function without API Gateway and without the events of the worker.
_OTHER_ENTRY_POINTS = (
    "AWS::Lambda::Url",
    "AWS::ApiGatewayV2::Api",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
)
# The services that may invoke each function. The queue of the worker needs no permission.
_INVOKERS = {"ApiLambdaFunction": "apigateway.amazonaws.com", "WorkerLambdaFunction": "events.amazonaws.com"}


def check_member_routes(template: Template) -> Iterator[str]:
    """Check that all methods under /v1/ require an access token, except for OPTIONS and for those under /v1/auth/.

    All other methods must require no token.
    """
    for name, method in find_resources(template, "AWS::ApiGateway::Method"):
        properties = method["Properties"]
        path = resolve_path(template, properties["ResourceId"])
        is_member_route = path.startswith("/v1/") and not path.startswith("/v1/auth/")
        if is_member_route and properties["HttpMethod"] != "OPTIONS":
            if not _requires_access_token(properties):
                yield f"{name}: {properties['HttpMethod']} {path} requires no access token"
        elif properties["AuthorizationType"] != "NONE":
            yield f"{name}: {properties['HttpMethod']} {path} requires a token"


def check_authorizer(template: Template) -> Iterator[str]:
    """Check that the authorizer accepts only tokens of the template's user pool, in the header Authorization."""
    expected = {
        "Name": "members",
        "Type": "COGNITO_USER_POOLS",
        "IdentitySource": "method.request.header.Authorization",
        "ProviderARNs": [
            {"Fn::Sub": "arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/${UserPoolId}"}
        ],
        "RestApiId": {"Ref": "ApiGatewayRestApi"},
    }
    if get_properties(template, "Authorizer") != expected:
        yield f"Authorizer: {get_properties(template, 'Authorizer')}"


def check_endpoint_type(template: Template) -> Iterator[str]:
    """Check that the API is regional. An edge-optimized API would hide the addresses of clients from the firewall."""
    configuration = get_properties(template, "ApiGatewayRestApi").get("EndpointConfiguration")
    if configuration != {"Types": ["REGIONAL"]}:
        yield f"ApiGatewayRestApi: {configuration}"


def check_stage_settings(template: Template) -> Iterator[str]:
    """Check that there is one stage, with limits, an access log and traces, and without a log of bodies."""
    stages = dict(find_resources(template, "AWS::ApiGateway::Stage"))
    if list(stages) != ["ApiStage"]:
        yield f"stages: {list(stages)}"
    stage = get_properties(template, "ApiStage")
    for setting in stage.get("MethodSettings", [{}]):
        rate, burst = setting.get("ThrottlingRateLimit", 0), setting.get("ThrottlingBurstLimit", 0)
        if not 0 < rate <= _MAX_REQUESTS_PER_SECOND or burst <= 0:
            yield "ApiStage: no limit"
        if setting.get("DataTraceEnabled"):
            yield "ApiStage: bodies are logged"
    if get_reference(stage.get("AccessLogSetting", {}).get("DestinationArn")) != "AccessLogGroup":
        yield "ApiStage: no access log"
    if not stage.get("TracingEnabled"):
        yield "ApiStage: no traces"


def check_stage_deployment(template: Template) -> Iterator[str]:
    """Check that the stage uses the deployment.

    The deployment must not create another stage, and must wait for all gateway responses.
    """
    stage = get_properties(template, "ApiStage")
    responses = {name for name, _ in find_resources(template, "AWS::ApiGateway::GatewayResponse")}
    for name, deployment in find_resources(template, "AWS::ApiGateway::Deployment"):
        if deployment["Properties"].get("StageName", {"Ref": "AWS::NoValue"}) != {"Ref": "AWS::NoValue"}:
            yield f"{name}: creates another stage"
        if not responses <= set(deployment["DependsOn"]):
            yield f"{name}: does not wait for the gateway responses"
        if stage.get("DeploymentId") != {"Ref": name}:
            yield f"{name}: the stage does not use it"


def check_gateway_responses(template: Template) -> Iterator[str]:
    """Check that there is a response of each type, with CORS headers, and that each operation documents it."""
    resources = find_resources(template, "AWS::ApiGateway::GatewayResponse")
    responses = [resource["Properties"] for _, resource in resources]
    for missing in _RESPONSE_TYPES - {response["ResponseType"] for response in responses}:
        yield f"{missing}: missing"
    document = load_document()
    for response in responses:
        yield from _check_response(response)
        for operation in iter_operations(document):
            for error in _find_undocumented_parts(document, operation, response):
                yield f"{response['ResponseType']}: {operation['operationId']}: {error}"


def check_function_callers(template: Template) -> Iterator[str]:
    """Check that only this API may invoke the API function, and only the rule of this template the worker."""
    for name, resource in find_resources(template, *_OTHER_ENTRY_POINTS):
        yield f"{name}: {resource['Type']}"
    for name, mapping in find_resources(template, "AWS::Lambda::EventSourceMapping"):
        if get_reference(mapping["Properties"]["FunctionName"]) != "WorkerLambdaFunction":
            yield f"{name}: a queue invokes the API"
    functions = set()
    for name, resource in find_resources(template, "AWS::Lambda::Permission"):
        properties = resource["Properties"]
        function = get_reference(properties["FunctionName"])
        functions.add(function)
        if properties.get("Principal") != _INVOKERS.get(function) or "SourceArn" not in properties:
            yield f"{name}: {properties.get('Principal')}"
    for function in _INVOKERS.keys() - functions:
        yield f"{function}: nothing may invoke it"


def check_firewall(template: Template) -> Iterator[str]:
    """Check that the firewall limits each operation below /v1/auth/, and is attached to the stage.

    It must not lock out 300 members behind one address who refresh at once, each after a preflight. Preflights of other
    operations must not count as guesses.
    """
    rules = get_properties(template, "WebAcl").get("Rules", [])
    for path in (each.path for each in ALL_OPERATIONS if each.path.startswith("/v1/auth/")):
        if _count_blocked(rules, _MEMBERS_BEHIND_ONE_ADDRESS, Request("OPTIONS", f"/stage{path}")):
            yield f"WebAcl: preflights of members behind one address are refused for {path}"
        limit = _MAX_REFRESHES if path in _SESSION_PATHS else _MAX_LOGINS
        if not _count_blocked(rules, limit + 1, Request("POST", f"/stage{path}")):
            yield f"WebAcl: no limit for {path}"
    for path in _SESSION_PATHS:
        requests = (Request(method, f"/stage{path}") for method in ("OPTIONS", "POST"))
        if _count_blocked(rules, _MEMBERS_BEHIND_ONE_ADDRESS, *requests):
            yield f"WebAcl: members behind one address lock each other out of {path}"
    association = get_properties(template, "WebAclAssociation")
    names_stage = "${ApiStage}" in str(association.get("ResourceArn"))
    if get_reference(association.get("WebACLArn")) != "WebAcl" or not names_stage:
        yield "WebAclAssociation: not attached to the stage"


def check_requests_of_members(template: Template) -> Iterator[str]:
    """Check that the firewall limits requests with tokens too, and does not sample them: samples contain the tokens."""
    rules = get_properties(template, "WebAcl").get("Rules", [])
    request = Request("GET", "/stage/v1/dwipps")
    if not _count_blocked(rules, _MAX_REQUESTS + 1, request):
        yield "WebAcl: no limit for one address"
    if any(_samples(rule, request) for rule in rules):
        yield "WebAcl: requests with tokens are sampled"


def _count_blocked(rules: list[Resource], count: int, *requests: Request) -> int:
    """Return how many requests are blocked if each of these is sent `count` times at once."""
    return Firewall(rules).count_blocked(request for _ in range(count) for request in requests)


def _samples(rule: Resource, request: Request) -> bool:
    """Return True if the samples of a rule can contain a request."""
    scope = rule["Statement"]["RateBasedStatement"].get("ScopeDownStatement")
    return rule["VisibilityConfig"]["SampledRequestsEnabled"] and (scope is None or matches(scope, request))


def _requires_access_token(method: Resource) -> bool:
    return (
        method["AuthorizationType"] == "COGNITO_USER_POOLS"
        and method.get("AuthorizerId") == {"Ref": "Authorizer"}
        and method.get("AuthorizationScopes") == _SCOPES
    )


def _check_response(response: Resource) -> Iterator[str]:
    response_type = response["ResponseType"]
    for header in _HEADERS:
        if header not in _get_headers(response):
            yield f"{response_type}: no {header}"
    if _get_body(response).get("status") != int(response.get("StatusCode", 0)):
        yield f"{response_type}: the statuses of the response and of its body differ"


def _find_undocumented_parts(document: Spec, operation: dict[str, Any], response: Resource) -> Iterator[str]:
    """Yield the parts of a response that the OpenAPI document does not describe for an operation."""
    documented = operation["responses"].get(response.get("StatusCode"), operation["responses"]["default"])
    documented, headers = resolve(document, documented), _get_headers(response)
    media = documented["content"].get(str(headers.get("Content-Type")).strip("'"))
    if not media:
        yield f"Content-Type {headers.get('Content-Type')}"
        return
    yield from find_body_errors(document, media["schema"], _get_body(response))
    required = {name for name, header in documented["headers"].items() if resolve(document, header).get("required")}
    yield from (f"no {name}" for name in sorted(required - headers.keys()))


def _get_headers(response: Resource) -> dict[str, str]:
    return {name.removeprefix(_HEADER_PREFIX): value for name, value in response["ResponseParameters"].items()}


def _get_body(response: Resource) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response["ResponseTemplates"]["application/json"])
    return body
