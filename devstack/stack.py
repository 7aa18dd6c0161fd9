"""Tables and user pool, made from the file that is deployed to Amazon; declares nothing itself."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from app.settings import Settings
from devstack import clients
from devstack.errors import LocalError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackTypeDef

TEMPLATE = Path(__file__).parents[1] / "deploy" / "data.yml"
NAME = "dwipper"
_UNDER_WAY = "CREATE_IN_PROGRESS"


def deploy(endpoint: str, region: str, *, name: str = NAME, template: Path = TEMPLATE) -> Settings:
    """Make the stack unless it is there, and say what the app has to know of it.

    Raises:
        LocalError: the stack could not be made.
    """
    cloudformation = clients.cloudformation(endpoint, region)
    if _stack(cloudformation, name) is None:
        _create(cloudformation, name, template)
    return _settings(region, _finished(cloudformation, name))


def settings(endpoint: str, region: str, *, name: str = NAME) -> Settings:
    """What the app has to know of a stack that is there."""
    return _settings(region, _there(endpoint, region, name))


def output(endpoint: str, region: str, key: str, *, name: str = NAME) -> str:
    """One of the values that a stack gives out."""
    return _outputs(_there(endpoint, region, name))[key]


def is_outdated(endpoint: str, region: str, *, name: str = NAME, template: Path = TEMPLATE) -> bool:
    """Whether the template was changed since the stack was made."""
    body = clients.cloudformation(endpoint, region).get_template(StackName=name)["TemplateBody"]
    return str(body) != template.read_text()


def _there(endpoint: str, region: str, name: str) -> "StackTypeDef":
    return clients.cloudformation(endpoint, region).describe_stacks(StackName=name)["Stacks"][0]


def _create(cloudformation: "CloudFormationClient", name: str, template: Path) -> None:
    try:
        cloudformation.create_stack(StackName=name, TemplateBody=template.read_text())
    except ClientError as error:
        raise LocalError(f"{template}: {error.response['Error']['Message']}") from error


def _finished(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef":
    while (stack := cloudformation.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"] == _UNDER_WAY:
        time.sleep(0.05)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise LocalError(f"The stack is {stack['StackStatus']} ({stack.get('StackStatusReason', 'no reason given')}).")
    return stack


def _stack(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None


def _settings(region: str, stack: "StackTypeDef") -> Settings:
    outputs = _outputs(stack)
    return Settings(
        region=region,
        user_pool_id=outputs["UserPoolId"],
        user_pool_client_id=outputs["UserPoolClientId"],
        dwipps_table=outputs["DwippsTable"],
        reactions_table=outputs["ReactionsTable"],
        members_table=outputs["MembersTable"],
    )


def _outputs(stack: "StackTypeDef") -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
