"""Deploy a stage: first its data, then its functions.

    AWS_REGION=… python -m scripts.deploy STAGE IMAGE [OPTION …]

IMAGE is the URI of the image of the functions, with its digest. The options are those of `osls deploy`. The variables
in scripts/settings.py set the parameters of the stacks. With CLOUDFORMATION_ROLE_ARN, CloudFormation deploys with that
role.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import boto3

from scripts import checks, command, data_stack, osls, stacks
from scripts.concurrency import choose_reservation
from scripts.settings import DATA_PARAMETERS, SERVICE_PARAMETERS, resolve

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_USAGE = "Usage: make deploy STAGE=dev AWS_REGION=eu-central-1 IMAGE=<repository>@sha256:<digest>"


def deploy(stage: str, image: str, options: Sequence[str], environment: Mapping[str, str]) -> None:
    """Deploy the data and the functions of a stage.

    Args:
        stage: the stage.
        image: the image of the functions, by digest.
        options: further options of `osls deploy`.
        environment: the environment, with AWS_REGION.

    Raises:
        OperatorError: if a setting is missing or invalid, or if a stack cannot be deployed.
        ClientError: if AWS refuses a call.
    """
    checks.check_stage(stage)
    checks.check_image(image)
    checks.check_architecture(environment.get("ARCHITECTURE", ""))
    region = environment["AWS_REGION"]
    client: CloudFormationClient = boto3.client("cloudformation", region_name=region)
    checks.check_stacks(client, stage)
    outputs = _deploy_data(client, stage, environment)
    name = stacks.get_service_name(stage)
    present = stacks.get_parameters(stacks.find(client, name))
    settings = resolve(SERVICE_PARAMETERS, environment, present)
    if "API_CONCURRENCY" not in settings:
        settings["API_CONCURRENCY"] = choose_reservation(boto3.client("lambda", region_name=region), stage)
    if _changes_tables(present, outputs):
        # The versions of a function share its role, which permits only the tables of the new version.
        print("Releasing at once, because the functions get another table.", flush=True)
        settings["RELEASE"] = "at-once"
    print(f"Deploying {name}: the functions, the gateway and the alarms ...", flush=True)
    osls.run(["deploy", *options], stage, region, {**outputs, "image": image}, {**environment, **settings})


def _deploy_data(client: "CloudFormationClient", stage: str, environment: Mapping[str, str]) -> dict[str, str]:
    name = stacks.get_data_name(stage)
    present = stacks.get_parameters(stacks.find(client, name))
    settings = resolve(DATA_PARAMETERS, environment, present)
    checks.check_mail(stage, settings, present)
    checks.check_feed_shards(settings, present)
    target = command.describe_target(environment["AWS_REGION"])
    print(f"Deploying {name} in {target}: the tables, the user pool and the queues ...", flush=True)
    parameters = {DATA_PARAMETERS[variable]: value for variable, value in settings.items()}
    return data_stack.deploy(client, stage, parameters, environment.get("CLOUDFORMATION_ROLE_ARN"))


def _changes_tables(present: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    """Return True if the functions get another table than the present one, such as a restored table."""
    names = [f"{table}Table" for table in stacks.TABLES]
    return any(present.get(name) not in (None, outputs[name]) for name in names)


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the command. Return the exit code: 0 after a success, 1 after a failure, 2 if an argument is missing."""
    if len(arguments) < 2 or not environment.get("AWS_REGION"):
        print(_USAGE, file=sys.stderr)
        return 2
    stage, image, *options = arguments
    return command.run(lambda: deploy(stage, image, options, environment))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
