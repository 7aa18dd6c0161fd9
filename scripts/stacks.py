"""The two stacks of a stage: their names, parameters and outputs.

dwipper-<stage>-data  the data: deploy/data.yml
dwipper-<stage>       the functions and what belongs to them: serverless.yml
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackTypeDef

# The tables of the data. The output or the parameter with the name of a table is <table>Table.
TABLES = ("Dwipps", "Reactions", "Members", "Safety")
# The resource of an earlier version, which had one stack for everything.
_FORMER_DATA = "DwippsTable"


def get_service_name(stage: str) -> str:
    """Return the name of the stack of the functions."""
    return f"dwipper-{stage}"


def get_data_name(stage: str) -> str:
    """Return the name of the stack of the data."""
    return f"dwipper-{stage}-data"


def find(client: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """Return a stack. None if there is no stack of this name, or only a change set for its creation.

    Raises:
        ClientError: if CloudFormation refuses the call.
    """
    try:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if not _is_missing(error):
            raise
        return None
    return None if stack["StackStatus"] == "REVIEW_IN_PROGRESS" else stack


def get_outputs(stack: "StackTypeDef | None") -> dict[str, str]:
    """Return the outputs of a stack. Empty if there is no stack, or if its deployment is not complete."""
    outputs = stack.get("Outputs", []) if stack else []
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def get_parameters(stack: "StackTypeDef | None") -> dict[str, str]:
    """Return the values of a stack's parameters. Empty if there is no stack."""
    parameters = stack.get("Parameters", []) if stack else []
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in parameters}


def contains_data(client: "CloudFormationClient", name: str) -> bool:
    """Return True if the stack of the functions contains the tables, as in version 0.1.0."""
    try:
        client.describe_stack_resource(StackName=name, LogicalResourceId=_FORMER_DATA)
    except ClientError as error:
        if not _is_missing(error):
            raise
        return False
    return True


def _is_missing(error: ClientError) -> bool:
    # CloudFormation has no error code of its own for a missing stack or resource.
    return "does not exist" in error.response["Error"]["Message"]
