"""Print what a stage's stack gives out, as JSON: `python scripts/stack_outputs.py STAGE`."""

import json
import os
import sys

import boto3


def main(stage: str) -> None:
    """Print the outputs of the stack of a stage."""
    client = boto3.client("cloudformation", region_name=os.environ["AWS_REGION"])
    (stack,) = client.describe_stacks(StackName=f"dwipper-{stage}")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    json.dump(outputs, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
