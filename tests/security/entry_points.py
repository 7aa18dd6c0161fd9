"""Checks of the declared resources: the authorizer of the members is intact, and no resource bypasses it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Resources of these services can lead to a function, or change a resource that does. Only harmless types may be
# declared: osls creates the resources for the events of the functions.
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


def find_entry_points(deployed: Mapping[str, Any]) -> Iterator[str]:
    """Yield a finding for each declared resource that can be an entry point.

    A resource without a type counts: it overrides or extends a resource that osls creates.
    """
    for file, resources in deployed["resources"].items():
        for name, resource in resources.items():
            resource_type = resource.get("Type")
            if resource_type not in _HARMLESS_TYPES and (
                resource_type is None or _ENTRY_POINT.fullmatch(resource_type)
            ):
                yield f"{name} in {file}: an entry point, or a change to one"


def has_members_authorizer(deployed: Mapping[str, Any]) -> bool:
    """Return True if the only authorizer accepts only tokens of this pool in the Authorization header."""
    declared = [resources["Authorizer"] for resources in deployed["resources"].values() if "Authorizer" in resources]
    return declared == [{"Type": "AWS::ApiGateway::Authorizer", "Properties": _MEMBERS_AUTHORIZER}]
