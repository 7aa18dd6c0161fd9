"""The data that a removed deployment leaves behind: its record, and its import into the next deployment.

CloudFormation retains the tables and the user pool, but a new stack does not adopt them by itself. The import does:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-new-stack.html
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from devstack import clients, stack
from devstack.errors import LocalError
from devstack.private_files import open_private

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_CHANGE_SET = "retained-data"
_POLL_SECONDS = 0.05
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
_IDENTIFIERS = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Cognito::UserPool": "UserPoolId",
    "AWS::Cognito::UserPoolGroup": "GroupName",
}
# The parts of a template that its resources refer to.
_REFERENCED_PARTS = ("AWSTemplateFormatVersion", "Parameters", "Mappings", "Conditions")


def record(endpoint: str, region: str, name: str, path: Path) -> None:
    """Write the retained resources of a stack to a file. Do this before the stack is removed.

    Raises:
        LocalError: if the stack does not exist.
    """
    cloudformation = clients.cloudformation_client(endpoint, region)
    try:
        template = _read_template(cloudformation, name)
    except ClientError as error:
        raise LocalError("Nothing is deployed: `make deploy-local` deploys.") from error
    resources = {key: each for key, each in template["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    content = {
        "template": {part: template[part] for part in _REFERENCED_PARTS if part in template} | {"Resources": resources},
        "resources_to_import": [_identify(cloudformation, name, key, resources[key]) for key in resources],
    }
    with open_private(path) as file:
        file.write(json.dumps(content, indent=2).encode())


def restore(endpoint: str, region: str, name: str, path: Path) -> bool:
    """Import the recorded resources into a new stack. Do nothing if the stack exists or if nothing is recorded.

    Returns:
        True if resources were imported.

    Raises:
        LocalError: if CloudFormation reports that the import failed.
        ClientError: if CloudFormation refuses a call.
    """
    cloudformation = clients.cloudformation_client(endpoint, region)
    if not path.exists() or stack.exists(cloudformation, name):
        return False
    content = json.loads(path.read_text())
    try:
        _import(cloudformation, name, content)
    except (LocalError, ClientError):
        # A stack without resources would keep the next deployment from trying again.
        cloudformation.delete_stack(StackName=name)
        raise
    return True


def _import(cloudformation: "CloudFormationClient", name: str, content: dict[str, Any]) -> None:
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=_CHANGE_SET,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(content["template"]),
        ResourcesToImport=content["resources_to_import"],
    )
    _wait_for_change_set(cloudformation, name)
    cloudformation.execute_change_set(StackName=name, ChangeSetName=_CHANGE_SET)
    _wait_for_import(cloudformation, name)


def _read_template(cloudformation: "CloudFormationClient", name: str) -> Any:
    body: Any = cloudformation.get_template(StackName=name)["TemplateBody"]
    return json.loads(body) if isinstance(body, str) else body


def _identify(cloudformation: "CloudFormationClient", name: str, key: str, resource: dict[str, Any]) -> dict[str, Any]:
    resource_type = resource["Type"]
    if resource_type not in _IDENTIFIERS:
        raise LocalError(f"{key}: add the identifier of {resource_type} to _IDENTIFIERS in devstack/retained_data.py.")
    identifier = {_IDENTIFIERS[resource_type]: _read_physical_id(cloudformation, name, key)}
    if resource_type == "AWS::Cognito::UserPoolGroup":  # The name of a group is unique only in its pool.
        identifier["UserPoolId"] = _read_physical_id(cloudformation, name, resource["Properties"]["UserPoolId"]["Ref"])
    return {"ResourceType": resource_type, "LogicalResourceId": key, "ResourceIdentifier": identifier}


def _read_physical_id(cloudformation: "CloudFormationClient", name: str, key: str) -> str:
    detail = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=key)["StackResourceDetail"]
    return detail["PhysicalResourceId"]


def _wait_for_change_set(cloudformation: "CloudFormationClient", name: str) -> None:
    while True:
        change_set = cloudformation.describe_change_set(StackName=name, ChangeSetName=_CHANGE_SET)
        if change_set["Status"] == "CREATE_COMPLETE":
            return
        if change_set["Status"] == "FAILED":
            raise LocalError(f"The data of the removed deployment cannot be imported: {change_set['StatusReason']}")
        time.sleep(_POLL_SECONDS)


def _wait_for_import(cloudformation: "CloudFormationClient", name: str) -> None:
    while (status := cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]) != "IMPORT_COMPLETE":
        if status not in ("REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS"):
            raise LocalError(f"The data of the removed deployment was not imported: {status}.")
        time.sleep(_POLL_SECONDS)
