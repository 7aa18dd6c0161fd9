"""Rules about API Gateway: who gets past it, and what it answers by itself."""

import json
from collections.abc import Iterator

from tests.infrastructure.rules.resources import Resource, Template, of_type, reference, the

_SCOPES = ["aws.cognito.signin.user.admin"]
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html, but for
# REQUEST_TOO_LARGE.
_TYPES = frozenset(
    {
        *("ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE"),
        *("BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN"),
        *("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE"),
        *("MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED"),
        *("UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED"),
    }
)
_MOST_LOGINS = 1000  # in five minutes
_HEADER = "gatewayresponse.header."
_HEADERS = ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Cache-Control", "X-Request-Id")
_OTHER_WAYS = (
    "AWS::Lambda::Url",
    "AWS::Lambda::Alias",
    "AWS::ApiGatewayV2::Api",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::Lambda::EventSourceMapping",
)


def only_members_reach_what_is_theirs(template: Template) -> Iterator[str]:
    """Every method under /v1/ that is not under /v1/auth/ is behind the authorizer, and no other is."""
    for name, method in of_type(template, "AWS::ApiGateway::Method"):
        properties = method["Properties"]
        path = _path(template, properties["ResourceId"])
        for_members = path.startswith("/v1/") and not path.startswith("/v1/auth/")
        if for_members and properties["HttpMethod"] != "OPTIONS":
            if not _is_guarded(properties):
                yield f"{name}: {properties['HttpMethod']} {path} is open"
        elif properties["AuthorizationType"] != "NONE":
            yield f"{name}: {properties['HttpMethod']} {path} is closed"


def the_authorizer_is_the_pools(template: Template) -> Iterator[str]:
    """It asks for the tokens of our own pool, in the header where they are sent."""
    expected = {
        "Name": "members",
        "Type": "COGNITO_USER_POOLS",
        "IdentitySource": "method.request.header.Authorization",
        "ProviderARNs": [{"Fn::GetAtt": ["UserPool", "Arn"]}],
        "RestApiId": {"Ref": "ApiGatewayRestApi"},
    }
    if the(template, "Authorizer") != expected:
        yield f"Authorizer: {the(template, 'Authorizer')}"


def the_api_is_where_it_was_made(template: Template) -> Iterator[str]:
    """In its own region, and not behind Amazon's edges, which would hide who calls from the firewall."""
    if the(template, "ApiGatewayRestApi").get("EndpointConfiguration") != {"Types": ["REGIONAL"]}:
        yield f"ApiGatewayRestApi: {the(template, 'ApiGatewayRestApi').get('EndpointConfiguration')}"


def the_stage_has_limits_and_a_log(template: Template) -> Iterator[str]:
    """All that there is is one stage."""
    stages = dict(of_type(template, "AWS::ApiGateway::Stage"))
    if list(stages) != ["ApiStage"]:
        yield f"stages: {list(stages)}"
    stage = the(template, "ApiStage")
    for setting in stage.get("MethodSettings", [{}]):
        if not 0 < setting.get("ThrottlingRateLimit", 0) <= 10_000 or setting.get("ThrottlingBurstLimit", 0) <= 0:
            yield "ApiStage: no limit"
        if setting.get("DataTraceEnabled"):
            yield "ApiStage: bodies are logged"
    if reference(stage.get("AccessLogSetting", {}).get("DestinationArn")) != "AccessLogGroup":
        yield "ApiStage: no log"
    if not stage.get("TracingEnabled"):
        yield "ApiStage: is not traced"


def the_stage_is_of_the_deployment(template: Template) -> Iterator[str]:
    """And of none that makes a stage of its own, or that left out what the gateway answers by itself."""
    stage = the(template, "ApiStage")
    responses = {name for name, _ in of_type(template, "AWS::ApiGateway::GatewayResponse")}
    for name, deployment in of_type(template, "AWS::ApiGateway::Deployment"):
        if deployment["Properties"].get("StageName", {"Ref": "AWS::NoValue"}) != {"Ref": "AWS::NoValue"}:
            yield f"{name}: makes a stage of its own"
        if not responses <= set(deployment["DependsOn"]):
            yield f"{name}: does not wait for the gateway's answers"
        if stage.get("DeploymentId") != {"Ref": name}:
            yield f"{name}: is of no stage"


def the_gateway_answers_in_problems(template: Template) -> Iterator[str]:
    """Each type of its own answers is a problem of its own, with CORS headers."""
    responses = [it["Properties"] for _, it in of_type(template, "AWS::ApiGateway::GatewayResponse")]
    for missing in _TYPES - {response["ResponseType"] for response in responses}:
        yield f"{missing}: none"
    slugs = [json.loads(response["ResponseTemplates"]["application/json"])["type"] for response in responses]
    if len(set(slugs)) != len(slugs):
        yield "two have one slug"
    for response in responses:
        yield from _flaws(response)


def nothing_else_leads_to_the_function(template: Template) -> Iterator[str]:
    """API Gateway may invoke it, for this API, and nobody else may."""
    for name, it in of_type(template, *_OTHER_WAYS):
        yield f"{name}: {it['Type']}"
    for name, it in of_type(template, "AWS::Lambda::Permission"):
        properties = it["Properties"]
        if properties.get("Principal") != "apigateway.amazonaws.com" or "SourceArn" not in properties:
            yield f"{name}: {properties.get('Principal')}"


def logins_are_behind_the_firewall(template: Template) -> Iterator[str]:
    """A rate rule on /v1/auth/, attached to the stage."""
    rules = the(template, "WebAcl").get("Rules", [])
    if not any(_bounds_logins(rule) for rule in rules):
        yield "WebAcl: no rate rule"
    association = the(template, "WebAclAssociation")
    if reference(association.get("WebACLArn")) != "WebAcl" or "${ApiStage}" not in str(association.get("ResourceArn")):
        yield "WebAclAssociation: not of the stage"


def _bounds_logins(rule: Resource) -> bool:
    """Whether a rule blocks who asks too often, wherever below a stage the path begins."""
    rate = rule["Statement"].get("RateBasedStatement", {})
    match = rate.get("ScopeDownStatement", {}).get("ByteMatchStatement", {})
    return (
        rule["Action"] == {"Block": {}}
        and rate.get("AggregateKeyType") == "IP"
        and rate.get("Limit", _MOST_LOGINS + 1) <= _MOST_LOGINS
        and (match.get("SearchString"), match.get("PositionalConstraint")) == ("/v1/auth/", "CONTAINS")
        and match.get("FieldToMatch") == {"UriPath": {}}
    )


def _is_guarded(method: Resource) -> bool:
    return (
        method["AuthorizationType"] == "COGNITO_USER_POOLS"
        and method.get("AuthorizerId") == {"Ref": "Authorizer"}
        and method.get("AuthorizationScopes") == _SCOPES
    )


def _path(template: Template, resource_id: Resource) -> str:
    """The whole path of a resource, from the root on."""
    name = reference(resource_id)
    if name == "ApiGatewayRestApi":
        return "/"
    properties = the(template, name)
    return f"{_path(template, properties['ParentId']).rstrip('/')}/{properties['PathPart']}"


def _flaws(response: Resource) -> Iterator[str]:
    kind = response["ResponseType"]
    problem = json.loads(response["ResponseTemplates"]["application/json"])
    headers = {name.removeprefix(_HEADER): value for name, value in response["ResponseParameters"].items()}
    if headers.get("Content-Type") != "'application/problem+json'":
        yield f"{kind}: no problem document"
    if not {"type", "title", "detail", "request_id"} <= problem.keys() or not str(problem["type"]).startswith("urn:"):
        yield f"{kind}: {sorted(problem)}"
    for header in _HEADERS:
        if header not in headers:
            yield f"{kind}: no {header}"
    if problem.get("status") != (int(response["StatusCode"]) if "StatusCode" in response else None):
        yield f"{kind}: two statuses"
    if problem.get("status") in (429, 503) and "Retry-After" not in headers:
        yield f"{kind}: no Retry-After"
