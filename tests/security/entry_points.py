"""Checks of the resources beside the functions' routes: the members' authorizer is intact and nothing bypasses it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Resources that lead to a function, or change one that does. osls creates those of the functions' own events.
_SERVICES = "ApiGateway|ApiGatewayV2|AppSync|CloudFormation|ElasticLoadBalancingV2|Lambda|Serverless"
_ENTRY_POINT = re.compile(rf"AWS::(?:{_SERVICES})::\w+")
_HARMLESS_TYPES = frozenset(
    {"AWS::ApiGateway::Authorizer", "AWS::ApiGateway::GatewayResponse", "AWS::ApiGateway::Stage"}
)

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-authorizer.html
_MEMBERS_AUTHORIZER = {
    "Name": "members",
    "Type": "COGNITO_USER_POOLS",
    "IdentitySource": "method.request.header.Authorization",
    "ProviderARNs": [{"GetAtt": "UserPool.Arn"}],
    "RestApiId": {"Ref": "ApiGatewayRestApi"},
}


def extra_entry_points(deployed: Mapping[str, Any]) -> Iterator[str]:
    """Return a finding for each declared resource that can be an entry point.

    A resource without a type counts: it overrides or extends a resource that osls creates.
    """
    for file, resources in deployed["resources"].items():
        for name, resource in resources.items():
            resource_type = resource.get("Type")
            if resource_type not in _HARMLESS_TYPES and (
                resource_type is None or _ENTRY_POINT.fullmatch(resource_type)
            ):
                yield f"{name} of {file}: an entry point, or a change of one"


def has_members_authorizer(deployed: Mapping[str, Any]) -> bool:
    """Return True if the only authorizer accepts tokens of this pool, in the Authorization header, and nothing else."""
    declared = [resources["Authorizer"] for resources in deployed["resources"].values() if "Authorizer" in resources]
    return declared == [{"Type": "AWS::ApiGateway::Authorizer", "Properties": _MEMBERS_AUTHORIZER}]
