"""Deploy a stage: first its data, then its functions.

    AWS_REGION=… python -m scripts.deploy STAGE IMAGE [OPTION …]

IMAGE is the URI of the image of the functions, with its digest. The options are those of `osls deploy`. The variables
in scripts/settings.py set the parameters of the stacks. With CLOUDFORMATION_ROLE_ARN, CloudFormation deploys with that
role.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts import data_stack, osls, stacks
from scripts.concurrency import choose_reservation
from scripts.errors import OperatorError
from scripts.ses_readiness import NOT_READY, find_problems
from scripts.settings import DATA_PARAMETERS, SERVICE_PARAMETERS, resolve

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")
_IMAGE = re.compile(r"[\w./:-]+@sha256:[0-9a-f]{64}")
_USAGE = "Usage: AWS_REGION=<region> python -m scripts.deploy STAGE <repository>@sha256:<digest> [OPTION …]"
_FORMER_LAYOUT = (
    "The stack {name} contains the tables of version 0.1.0. This deployment would replace them by empty ones. Move them"
    " first: docs/recovery.md#from-version-010."
)


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
    region = environment["AWS_REGION"]
    client: CloudFormationClient = boto3.client("cloudformation", region_name=region)
    name = stacks.get_service_name(stage)
    if stacks.contains_data(client, name):
        raise OperatorError(_FORMER_LAYOUT.format(name=name))
    outputs = _deploy_data(client, stage, environment)
    present = stacks.get_parameters(stacks.find(client, name))
    settings = resolve(SERVICE_PARAMETERS, environment, present)
    if "API_CONCURRENCY" not in settings:
        settings["API_CONCURRENCY"] = choose_reservation(boto3.client("lambda", region_name=region), stage)
    print(f"Deploying {name}: the functions, the gateway and the alarms ...", flush=True)
    osls.run(["deploy", *options], stage, region, {**outputs, "image": image}, {**environment, **settings})


def _deploy_data(client: "CloudFormationClient", stage: str, environment: Mapping[str, str]) -> dict[str, str]:
    name = stacks.get_data_name(stage)
    present = stacks.get_parameters(stacks.find(client, name))
    settings = resolve(DATA_PARAMETERS, environment, present)
    check_mail(stage, settings)
    check_feed_shards(settings, present)
    print(f"Deploying {name}: the tables, the user pool and the queues ...", flush=True)
    parameters = {DATA_PARAMETERS[variable]: value for variable, value in settings.items()}
    return data_stack.deploy(client, stage, parameters, environment.get("CLOUDFORMATION_ROLE_ARN"))


def check_mail(stage: str, settings: Mapping[str, str]) -> None:
    """Check that prod sends its mails through SES, and that SES sends them.

    Raises:
        OperatorError: if it does not.
        ClientError: if SES refuses the calls.
    """
    if stage == "prod" and not (settings.get("SES_IDENTITY_ARN") and settings.get("MAIL_FROM")):
        raise OperatorError(
            "prod requires SES_IDENTITY_ARN= and MAIL_FROM=: Cognito's own sender is limited to 50 mails a day."
        )
    if stage == "prod" and (problems := find_problems(settings["SES_IDENTITY_ARN"], settings["MAIL_FROM"])):
        raise OperatorError("\n".join([*problems, NOT_READY]))


def check_feed_shards(settings: Mapping[str, str], present: Mapping[str, str]) -> None:
    """Check that the feed keeps its partitions.

    Raises:
        OperatorError: if there would be fewer, or if the number is invalid.
    """
    number, present_number = settings.get("FEED_SHARDS", "1"), present.get("FeedShards", "1")
    if not number.isascii() or not number.isdecimal():
        raise OperatorError("FEED_SHARDS must be a number from 1 to 64.")
    if int(number) < int(present_number):
        raise OperatorError(
            f"FEED_SHARDS is {present_number} and cannot be lowered to {number}: the feed would no longer show the"
            " Dwipps of the removed partitions."
        )


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the command. Return the exit code: 0 after a success, 1 after a failure, 2 if the arguments are invalid."""
    if len(arguments) < 2 or not environment.get("AWS_REGION"):
        print(_USAGE, file=sys.stderr)
        return 2
    stage, image, *options = arguments
    if not _STAGE.fullmatch(stage) or not _IMAGE.fullmatch(image):
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        deploy(stage, image, options, environment)
    except OperatorError as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS refused the call: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
