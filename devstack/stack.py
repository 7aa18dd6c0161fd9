"""The CloudFormation stack of the tables, the user pool and the queue. The same template is deployed to AWS."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from app.settings import Settings
from devstack import clients
from devstack.errors import LocalError
from devstack.paths import ROOT

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackTypeDef

TEMPLATE = ROOT / "deploy" / "data.yml"
_DEFAULT_NAME = "dwipper"


def deploy(endpoint: str, region: str, *, name: str = _DEFAULT_NAME, template: Path = TEMPLATE) -> Settings:
    """Create the stack unless it exists. Return the settings of an app that uses it.

    Raises:
        LocalError: if the stack cannot be created, or if its creation failed earlier.
    """
    cloudformation = clients.cloudformation_client(endpoint, region)
    if not exists(cloudformation, name):
        _create(cloudformation, name, template)
    return _to_settings(region, _wait_until_created(cloudformation, name))


def read_settings(endpoint: str, region: str, *, name: str = _DEFAULT_NAME) -> Settings:
    """Return the settings of an app that uses an existing stack."""
    return _to_settings(region, _describe(clients.cloudformation_client(endpoint, region), name))


def read_output(endpoint: str, region: str, key: str, *, name: str = _DEFAULT_NAME) -> str:
    """Return the output with this key, from an existing stack."""
    return _outputs(_describe(clients.cloudformation_client(endpoint, region), name))[key]


def is_outdated(endpoint: str, region: str, *, name: str = _DEFAULT_NAME, template: Path = TEMPLATE) -> bool:
    """Return True if the template has changed since the stack was created."""
    body = clients.cloudformation_client(endpoint, region).get_template(StackName=name)["TemplateBody"]
    return str(body) != template.read_text()


def _describe(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef":
    return cloudformation.describe_stacks(StackName=name)["Stacks"][0]


def exists(cloudformation: "CloudFormationClient", name: str) -> bool:
    """Return True if there is a stack of this name."""
    try:
        _describe(cloudformation, name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    return True


def _create(cloudformation: "CloudFormationClient", name: str, template: Path) -> None:
    try:
        cloudformation.create_stack(StackName=name, TemplateBody=template.read_text())
    except ClientError as error:
        raise LocalError(f"{template}: {error.response['Error']['Message']}") from error


def _wait_until_created(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef":
    while (stack := _describe(cloudformation, name))["StackStatus"] == "CREATE_IN_PROGRESS":
        time.sleep(0.05)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        reason = stack.get("StackStatusReason", "no reason given")
        raise LocalError(f"CloudFormation could not create the stack: {stack['StackStatus']} ({reason}).")
    return stack


def _to_settings(region: str, stack: "StackTypeDef") -> Settings:
    outputs = _outputs(stack)
    return Settings(
        region=region,
        user_pool_id=outputs["UserPoolId"],
        user_pool_client_id=outputs["UserPoolClientId"],
        dwipps_table=outputs["DwippsTable"],
        reactions_table=outputs["ReactionsTable"],
        members_table=outputs["MembersTable"],
        safety_table=outputs["SafetyTable"],
        job_queue_url=outputs["JobQueueUrl"],
    )


def _outputs(stack: "StackTypeDef") -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
