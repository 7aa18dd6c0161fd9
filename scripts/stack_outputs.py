"""Print the outputs of a stage's stack as JSON: `AWS_REGION=… python scripts/stack_outputs.py STAGE`."""

import json
import os
import sys

import boto3


def fetch_outputs(stage: str, region: str) -> dict[str, str]:
    """Return the outputs of a stage's stack. Empty if its deployment is not complete.

    Raises:
        ClientError: with the code ValidationError if there is no such stack.
    """
    client = boto3.client("cloudformation", region_name=region)
    (stack,) = client.describe_stacks(StackName=f"dwipper-{stage}")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


if __name__ == "__main__":
    json.dump(fetch_outputs(sys.argv[1], os.environ["AWS_REGION"]), sys.stdout, indent=2)
    sys.stdout.write("\n")
