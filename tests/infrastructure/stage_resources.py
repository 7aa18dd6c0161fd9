"""The resources of a stage as IAM sees them: their ARNs, their tags, and the keys of requests for them.

The reference of each service says which keys it supplies:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.infrastructure.iam import ACCOUNT, REGION

SHARED = "(none)"
"""The service of an action without resource types."""


@dataclass(frozen=True)
class Resource:
    """A resource, or the place of a new one.

    Attributes:
        arn: the ARN. `*` if the action supports no resource types.
        service: the prefix of the actions on it.
        keys: the condition keys of each request for it.
    """

    arn: str
    service: str
    keys: Mapping[str, str] = field(default_factory=dict)


def make_tags(stage: str, kind: str = "ResourceTag") -> dict[str, str]:
    """Return the condition keys of a stage's tags: those of a resource, or those of a request."""
    return {f"aws:{kind}/service": "dwipper", f"aws:{kind}/stage": stage}


def find_resources(stage: str) -> Iterator[Resource]:
    """Yield the existing resources of a stage."""
    tags = make_tags(stage)
    for service, names in _get_names(stage).items():
        for name in names:
            yield Resource(f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}", service, tags)
    bucket = f"arn:aws:s3:::dwipper-{stage}-serverlessdeploymentbucket-1a2b"
    yield from (Resource(arn, "s3", tags) for arn in (bucket, f"{bucket}/serverless/dwipper/template.json"))
    yield Resource(f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/dwipper-{stage}", "cloudwatch", tags)
    for name in ("cloudformation", "deployer", "CodeDeployRole-1A", "FunctionRole-1A", "WorkerRole-1A"):
        yield Resource(f"arn:aws:iam::{ACCOUNT}:role/dwipper-{stage}-{name}", "iam", tags)
    for name in ("deploy", "function", "roles-DataPolicy-1A"):
        yield Resource(f"arn:aws:iam::{ACCOUNT}:policy/dwipper-{stage}-{name}", "iam", tags)
    yield from _find_mappings(stage, tags)
    yield from _find_gateway(stage, tags)


def find_new_resources(stage: str) -> Iterator[Resource]:
    """Yield the places of resources that a stage creates. They have no tags yet, and some have no id."""
    yield Resource(f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{REGION}_new", "cognito-idp")
    yield from _find_mappings(stage, {})
    yield from (Resource(_to_gateway_arn(path), "apigateway") for path in ("/restapis", "/restapis/*"))
    for path in ("restapis%2F*", f"restapis%2Fnew%2Fstages%2F{stage}", "restapis%2Fnew%2Fstages%2F*"):
        yield Resource(_to_tags_arn(path), "apigateway")
    for service in ("email.cognito-idp", "ops.apigateway"):
        arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}.amazonaws.com/AWSServiceRole"
        yield Resource(arn, "iam", {"iam:AWSServiceName": f"{service}.amazonaws.com"})


def find_shared_resources() -> Iterator[Resource]:
    """Yield the resources that all stages of an account use."""
    names = {
        "ecr": "repository/dwipper",
        "ses": "identity/example.org",
        "codedeploy": "deploymentconfig:CodeDeployDefault.LambdaCanary10Percent5Minutes",
    }
    for service, name in names.items():
        yield Resource(f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}", service)
    yield Resource("*", SHARED)


def get_domain(stage: str) -> str:
    """Return the custom domain of a stage."""
    return f"{stage}.example.org"


def _get_names(stage: str) -> dict[str, list[str]]:
    """Return the names of a stage's resources in the account and region, by service."""
    table = f"table/dwipper-{stage}-data-DwippsTable-1A2B"
    function = f"function:dwipper-{stage}-api"
    logs = [
        f"/aws/lambda/dwipper-{stage}-api",
        f"/aws/lambda/dwipper-{stage}-worker",
        f"/aws/apigateway/dwipper-{stage}",
    ]
    application = f"dwipper-{stage}-Application-1A2B"
    return {
        "cloudformation": [f"stack/dwipper-{stage}/1a-2b", f"stack/dwipper-{stage}-data/1a-2b"],
        "cloudwatch": [f"alarm:dwipper-{stage}-server-errors"],
        "codedeploy": [f"application:{application}", f"deploymentgroup:{application}/dwipper-{stage}-Group-1A2B"],
        "cognito-idp": [f"userpool/{REGION}_{stage}"],
        "dynamodb": [table, f"{table}/index/feed"],
        "events": [f"rule/dwipper-{stage}-WorkerEventsRuleSchedule1-1A2B"],
        "lambda": [function, f"{function}:live", f"{function}:7", f"function:dwipper-{stage}-worker"],
        "logs": [f"log-group:{name}{suffix}" for name in logs for suffix in ("", ":*", ":log-stream:1")],
        "secretsmanager": [f"secret:dwipper-{stage}-heartbeat-1a2b3c"],
        "sns": [f"dwipper-{stage}-alarms"],
        "sqs": [f"dwipper-{stage}-data-JobQueue-1A2B"],
        "wafv2": [f"regional/webacl/dwipper-{stage}/1a-2b"],
    }


def _find_mappings(stage: str, tags: Mapping[str, str]) -> Iterator[Resource]:
    """Yield an event source mapping, and the place of a new one."""
    keys = {"lambda:FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:dwipper-{stage}-worker"}
    yield Resource(f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{stage}", "lambda", {**keys, **tags})
    yield Resource("*", "lambda", keys)


def _find_gateway(stage: str, tags: Mapping[str, str]) -> Iterator[Resource]:
    """Yield the parts of an API and of a domain, and their tags. Requests for tags supply no tags of the resource."""
    api = f"/restapis/{stage}api"
    parts = ["", "/authorizers/a", "/deployments", "/deployments/d", "/gatewayresponses/UNAUTHORIZED", "/resources"]
    for part in [*parts, "/resources/r/methods/ANY/integration", f"/stages/{stage}"]:
        yield Resource(_to_gateway_arn(api + part), "apigateway", tags)
    yield Resource(_to_gateway_arn(f"{api}/stages/{stage}"), "wafv2")
    domain = get_domain(stage)
    for part in ("", "/basepathmappings", "/basepathmappings/(none)"):
        yield Resource(_to_gateway_arn(f"/domainnames/{domain}{part}"), "apigateway", tags)
    for path in (f"restapis%2F{stage}api", f"restapis%2F{stage}api%2Fstages%2F{stage}", f"domainnames%2F{domain}"):
        yield Resource(_to_tags_arn(path), "apigateway")


def _to_gateway_arn(path: str) -> str:
    return f"arn:aws:apigateway:{REGION}::{path}"


def _to_tags_arn(path: str) -> str:
    return _to_gateway_arn(f"/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2F{path}")
