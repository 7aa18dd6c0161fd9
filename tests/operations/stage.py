"""A stage in the embedded AWS, and the commands of its operator."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scripts import data_stack, deploy, remove, restore, stacks
from tests.operations.fake_osls import FakeOsls

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/dwipper@sha256:{'0123456789abcdef' * 4}"
SES = {"SES_IDENTITY_ARN": "arn:aws:ses:us-east-1:123456789012:identity/example.org", "MAIL_FROM": "a@example.org"}


class Stage:
    """A stage that no other test uses.

    Attributes:
        name: the name.
        data_name: the name of the stack of the data.
        environment: the environment of its operator.
        cloudformation: a client of CloudFormation.
        osls: the program in place of osls.
    """

    def __init__(
        self, name: str, environment: dict[str, str], cloudformation: "CloudFormationClient", osls: FakeOsls
    ) -> None:
        self.name, self.data_name = name, stacks.get_data_name(name)
        self.environment, self.cloudformation, self.osls = environment, cloudformation, osls

    def deploy(self, *options: str, **variables: str) -> int:
        """Run `make deploy` with these variables. Return its exit code."""
        return deploy.main([self.name, IMAGE, *options], self.environment | variables)

    def restore(self, *arguments: str) -> int:
        """Run `make restore`. Return its exit code."""
        return restore.main([self.name, *arguments], self.environment)

    def remove(self) -> int:
        """Run `make remove`, and confirm it. Return its exit code."""
        return remove.main([self.name], self.environment | {"CONFIRM": self.name})

    def deploy_data(self, **parameters: str) -> dict[str, str]:
        """Deploy only the data, with these parameters. Return its outputs."""
        return data_stack.deploy(self.cloudformation, self.name, parameters)

    def get_data_outputs(self) -> dict[str, str]:
        return stacks.get_outputs(stacks.find(self.cloudformation, self.data_name))

    def get_data_parameters(self) -> dict[str, str]:
        return stacks.get_parameters(stacks.find(self.cloudformation, self.data_name))

    def create_functions(self, template: Mapping[str, Any] | None = None, **parameters: str) -> None:
        """Create the stack of the functions, with a topic in place of its resources.

        Args:
            template: the sections of the template that differ.
            parameters: the parameters.
        """
        declared = {name: {"Type": "String"} for name in parameters}
        default = {"Parameters": declared, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
        self.cloudformation.create_stack(
            StackName=stacks.get_service_name(self.name),
            TemplateBody=json.dumps({**default, **(template or {})}),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        )

    def delete_stacks(self) -> None:
        """Delete the stacks that exist, with the data."""
        for stack in (stacks.get_service_name(self.name), self.data_name):
            if stacks.find(self.cloudformation, stack):
                self.cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
                self.cloudformation.delete_stack(StackName=stack)
