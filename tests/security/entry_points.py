"""What is declared beside the functions' routes: who checks tokens, and nothing that leads past them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# What leads to a function or changes what does, but for what osls makes of the functions' own events.
_SERVICES = "ApiGateway|ApiGatewayV2|AppSync|CloudFormation|ElasticLoadBalancingV2|Lambda|Serverless"
_WAY_IN = re.compile(rf"AWS::(?:{_SERVICES})::\w+")
_NO_WAYS_IN = frozenset({"AWS::ApiGateway::Authorizer", "AWS::ApiGateway::GatewayResponse", "AWS::ApiGateway::Stage"})

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-authorizer.html
_OF_MEMBERS = {
    "Name": "members",
    "Type": "COGNITO_USER_POOLS",
    "IdentitySource": "method.request.header.Authorization",
    "ProviderARNs": [{"GetAtt": "UserPool.Arn"}],
    "RestApiId": {"Ref": "ApiGatewayRestApi"},
}


def ways_in(deployed: Mapping[str, Any]) -> Iterator[str]:
    """Each resource that may be one.

    What has no type is none of its own: osls lays it over what it makes itself, or it extends that.
    """
    for file, resources in deployed["resources"].items():
        for name, resource in resources.items():
            kind = resource.get("Type")
            if kind not in _NO_WAYS_IN and (kind is None or _WAY_IN.fullmatch(kind)):
                yield f"{name} of {file}: a way in, or a change of one"


def guards(deployed: Mapping[str, Any]) -> bool:
    """Whether the authorizer lets through who has a token of our pool in the header for it, and nobody else."""
    declared = [resources["Authorizer"] for resources in deployed["resources"].values() if "Authorizer" in resources]
    return declared == [{"Type": "AWS::ApiGateway::Authorizer", "Properties": _OF_MEMBERS}]
