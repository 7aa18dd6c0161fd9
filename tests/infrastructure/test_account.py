"""The stacks that a person creates once, for an account and for each stage, can be created."""

from pathlib import Path

import pytest

from devstack import clients
from devstack.paths import ROOT
from devstack.process import Service

REGION = "us-east-1"


@pytest.mark.parametrize(
    ("template", "parameters"),
    [("account.yml", {}), ("roles.yml", {"Stage": "dev"}), ("roles.yml", {"Stage": "prod"})],
    ids=["account", "roles-dev", "roles-prod"],
)
def test_one_time_stack_can_be_created(template: str, parameters: dict[str, str], embedded: Service) -> None:
    cloudformation = clients.cloudformation_client(embedded.endpoint, REGION)
    name = "-".join(["once", Path(template).stem, *parameters.values()])
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=(ROOT / "deploy" / template).read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert stack["Outputs"]
