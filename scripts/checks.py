"""The checks before a deployment. Each raises an OperatorError that says what to do."""

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from scripts import stacks
from scripts.errors import OperatorError
from scripts.ses_readiness import NOT_READY, find_problems
from scripts.settings import DATA_PARAMETERS

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")
_IMAGE = re.compile(r"[\w./:-]+@sha256:[0-9a-f]{64}")
_SENDER = ("SES_IDENTITY_ARN", "MAIL_FROM")


def check_stage(stage: str) -> None:
    """Check the name of the stage."""
    if not _STAGE.fullmatch(stage):
        raise OperatorError("STAGE must be a lower-case letter, then at most 15 lower-case letters or digits.")


def check_image(image: str) -> None:
    """Check that the image is named by its digest."""
    if not _IMAGE.fullmatch(image):
        raise OperatorError("IMAGE must end in @sha256:<64 hexadecimal digits>, as deploy/image.sh prints them.")


def check_architecture(architecture: str) -> None:
    """Check the architecture of the functions. Empty for that of the present stage."""
    if architecture not in ("", "arm64", "x86_64"):
        raise OperatorError("ARCHITECTURE must be arm64 or x86_64.")


def check_stacks(client: "CloudFormationClient", stage: str) -> None:
    """Check that the stacks of the stage can be created or updated."""
    service, data = stacks.get_service_name(stage), stacks.get_data_name(stage)
    for name in (service, data):
        stack = stacks.find(client, name)
        if stack and stack["StackStatus"] in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}:
            raise OperatorError(
                f"The first deployment of {name} failed, and CloudFormation cannot update such a stack. Delete it:"
                " docs/recovery.md#a-failed-first-deployment."
            )
    if stacks.contains_data(client, service):
        raise OperatorError(
            f"The stack {service} contains the tables of version 0.1.0. This deployment would replace them by empty"
            " ones. Move them first: docs/recovery.md#from-version-010."
        )


def check_mail(stage: str, settings: Mapping[str, str], present: Mapping[str, str]) -> None:
    """Check that prod sends its mails through SES, and that SES sends them.

    If the sender stays the same, a problem of SES is only printed: a rollback or a restoration must not wait for SES.

    Args:
        stage: the stage. Only prod requires a sender.
        settings: the settings of the data.
        present: the parameters of the present stack of the data.
    """
    if bool(settings.get("SES_IDENTITY_ARN")) != bool(settings.get("MAIL_FROM")):
        raise OperatorError("SES_IDENTITY_ARN= and MAIL_FROM= require each other.")
    if stage != "prod":
        return
    if not all(settings.get(name) for name in _SENDER):
        raise OperatorError(
            "prod requires SES_IDENTITY_ARN= and MAIL_FROM=: Cognito's own sender is limited to 50 mails a day."
        )
    if not (problems := find_problems(settings["SES_IDENTITY_ARN"], settings["MAIL_FROM"])):
        return
    message = "\n".join([*problems, NOT_READY])
    if any(settings[name] != present.get(DATA_PARAMETERS[name]) for name in _SENDER):
        raise OperatorError(message)
    print(message, file=sys.stderr)


def check_feed_shards(settings: Mapping[str, str], present: Mapping[str, str]) -> None:
    """Check that the feed keeps its partitions.

    Args:
        settings: the settings of the data.
        present: the parameters of the present stack of the data.
    """
    number, present_number = settings.get("FEED_SHARDS", "1"), present.get("FeedShards", "1")
    if not number.isascii() or not number.isdecimal():
        raise OperatorError("FEED_SHARDS must be a number from 1 to 64.")
    if int(number) < int(present_number):
        raise OperatorError(
            f"FEED_SHARDS is {present_number} and cannot be lowered to {number}: the feed would no longer show the"
            " Dwipps of the removed partitions."
        )
