"""The stack of a stage's data: its deployment, and its protection from mistakes."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError

from devstack.paths import ROOT
from scripts import stacks
from scripts.errors import OperatorError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.literals import ChangeSetTypeType
    from types_boto3_cloudformation.type_defs import ParameterTypeDef, WaiterConfigTypeDef

TEMPLATE = ROOT / "deploy" / "data.yml"
POLICY = ROOT / "deploy" / "data-policy.json"
# A change set takes seconds. A new index of a large table takes hours.
_WAITER: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 6 * 3600}
# The reasons of CloudFormation for a change set without changes.
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


def deploy(
    client: "CloudFormationClient", stage: str, parameters: Mapping[str, str], role: str | None = None
) -> dict[str, str]:
    """Create or update the stack, and protect it. Return its outputs.

    Args:
        client: the client of CloudFormation.
        stage: the stage.
        parameters: the parameters. The others have the defaults of the template.
        role: the ARN of the role with which CloudFormation deploys. The caller's permissions if None.

    Raises:
        OperatorError: if CloudFormation cannot deploy the template.
        ClientError: if CloudFormation refuses a call.
    """
    name = stacks.get_data_name(stage)
    kind: ChangeSetTypeType = "UPDATE" if stacks.find(client, name) else "CREATE"
    with_role: dict[str, Any] = {"RoleARN": role} if role else {}
    values: list[ParameterTypeDef] = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
    ]
    # An interrupted deployment leaves its change set behind, so each has a name of its own. Each call also names the
    # stack, because the permissions of a deployer do (deploy/roles.yml).
    change_set = f"deploy-{uuid.uuid4()}"
    client.create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType=kind,
        TemplateBody=TEMPLATE.read_text(),
        Parameters=values,
        Tags=[{"Key": "service", "Value": "dwipper"}, {"Key": "stage", "Value": stage}],
        **with_role,
    )
    if _wait_for_changes(client, name, change_set):
        _execute(client, name, change_set, kind)
    _protect(client, name)
    return stacks.get_outputs(stacks.find(client, name))


def _wait_for_changes(client: "CloudFormationClient", name: str, change_set: str) -> bool:
    """Wait for the change set. Return False, and delete the change set, if it has no changes."""
    try:
        waiter = client.get_waiter("change_set_create_complete")
        waiter.wait(StackName=name, ChangeSetName=change_set, WaiterConfig=_WAITER)
    except WaiterError as error:
        reason = str(error.last_response.get("StatusReason", error))
        client.delete_change_set(StackName=name, ChangeSetName=change_set)
        if any(text in reason for text in _NO_CHANGES):
            return False
        raise OperatorError(f"CloudFormation cannot deploy {name}: {reason}") from error
    return True


def _execute(client: "CloudFormationClient", name: str, change_set: str, kind: "ChangeSetTypeType") -> None:
    start = client.describe_change_set(StackName=name, ChangeSetName=change_set)["CreationTime"]
    client.execute_change_set(StackName=name, ChangeSetName=change_set)
    try:
        if kind == "CREATE":
            client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=_WAITER)
        else:
            client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=_WAITER)
    except WaiterError as error:
        raise OperatorError(f"The deployment of {name} failed. {_find_reason(client, name, start)}") from error


def _find_reason(client: "CloudFormationClient", name: str, start: datetime) -> str:
    """Return the first failure of a resource since a time of CloudFormation's clock."""
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    failures = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event.get("ResourceStatus", "").endswith("FAILED") and event["Timestamp"] >= start
    ]
    return failures[-1] if failures else "CloudFormation gives no reason."  # The events begin with the newest.


def _protect(client: "CloudFormationClient", name: str) -> None:
    """Keep the stack from being deleted, and its tables and user pool from being replaced.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
    """
    client.update_termination_protection(StackName=name, EnableTerminationProtection=True)
    client.set_stack_policy(StackName=name, StackPolicyBody=POLICY.read_text())
