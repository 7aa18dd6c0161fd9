"""Print the outputs of a stage's two stacks as JSON: `AWS_REGION=… python -m scripts.stack_outputs STAGE`."""

import json
import os
import sys

import boto3

from scripts import command, stacks
from scripts.errors import OperatorError


def fetch_outputs(stage: str, region: str) -> dict[str, str]:
    """Return the outputs of the data and of the functions. Those of the functions are missing if they are removed.

    Raises:
        OperatorError: if there is no such stage, or if the deployment of its data is not complete.
        ClientError: if CloudFormation refuses the call.
    """
    client = boto3.client("cloudformation", region_name=region)
    data = stacks.find(client, stacks.get_data_name(stage))
    if data is None:
        raise OperatorError(f"There is no stage {stage} in {region}.")
    if not (outputs := stacks.get_outputs(data)):
        raise OperatorError(f"The deployment of the stage {stage} in {region} is not complete.")
    return outputs | stacks.get_outputs(stacks.find(client, stacks.get_service_name(stage)))


def _print(stage: str, region: str) -> None:
    print(json.dumps(fetch_outputs(stage, region), indent=2))


if __name__ == "__main__":
    sys.exit(command.run(lambda: _print(sys.argv[1], os.environ["AWS_REGION"])))
