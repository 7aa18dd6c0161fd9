"""Print the outputs of a stage's stack as JSON: `AWS_REGION=… python scripts/stack_outputs.py STAGE`."""

import json
import os
import sys

import boto3


def print_outputs(stage: str) -> None:
    """Print the outputs of a stage's stack as JSON. The region comes from AWS_REGION."""
    client = boto3.client("cloudformation", region_name=os.environ["AWS_REGION"])
    (stack,) = client.describe_stacks(StackName=f"dwipper-{stage}")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    json.dump(outputs, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    print_outputs(sys.argv[1])
