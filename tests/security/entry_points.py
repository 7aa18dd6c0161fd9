"""Checks of the declared resources: the authorizer of the members is intact, and no resource bypasses it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Resources of these services can lead to a function, or change a resource that does. Only harmless types may be
# declared: osls creates the resources for the events of the functions.
_SERVICES = "ApiGateway|ApiGatewayV2|AppSync|CloudFormation|ElasticLoadBalancingV2|Lambda|Serverless"
_ENTRY_POINT = re.compile(rf"AWS::(?:{_SERVICES})::\w+")
_HARMLESS_TYPES = frozenset(
    {
        *("AWS::ApiGateway::Authorizer", "AWS::ApiGateway::GatewayResponse", "AWS::ApiGateway::Stage"),
        "AWS::ApiGateway::BasePathMapping",  # a domain leads to a stage, and so to its authorizer
        *("AWS::Lambda::Alias", "AWS::Lambda::Version"),  # nothing can call them without a permission
    }
)
# The properties of osls's resources that a file may change.
_HARMLESS_PROPERTIES = frozenset({"Architectures", "DisableExecuteApiEndpoint", "ReservedConcurrentExecutions"})

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-authorizer.html
_MEMBERS_AUTHORIZER = {
    "Name": "members",
    "Type": "COGNITO_USER_POOLS",
    "IdentitySource": "method.request.header.Authorization",
    "ProviderARNs": [
        {"Sub": "arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/${UserPoolId}"}
    ],
    "RestApiId": {"Ref": "ApiGatewayRestApi"},
}


def find_entry_points(deployed: Mapping[str, Any]) -> Iterator[str]:
    """Yield a finding for each declared resource that can be an entry point.

    A resource without a type counts: it overrides or extends a resource that osls creates.
    """
    for file, resources in deployed["resources"].items():
        for name, resource in resources.items():
            if not _is_harmless(resource):
                yield f"{name} in {file}: an entry point, or a change to one"


def _is_harmless(resource: Mapping[str, Any]) -> bool:
    resource_type, properties = resource.get("Type"), resource.get("Properties", {})
    if resource_type is None:
        return bool(properties) and resource.keys() == {"Properties"} and properties.keys() <= _HARMLESS_PROPERTIES
    if resource_type == "AWS::Lambda::EventSourceMapping":
        return bool(properties.get("FunctionName") == {"Ref": "WorkerLambdaFunction"})
    return resource_type in _HARMLESS_TYPES or not _ENTRY_POINT.fullmatch(resource_type)


def has_members_authorizer(deployed: Mapping[str, Any]) -> bool:
    """Return True if the only authorizer accepts only tokens of this pool in the Authorization header."""
    declared = [resources["Authorizer"] for resources in deployed["resources"].values() if "Authorizer" in resources]
    return declared == [{"Type": "AWS::ApiGateway::Authorizer", "Properties": _MEMBERS_AUTHORIZER}]
