"""The common part of the operator's commands: the description of their target, and the output of their errors."""

import sys
from collections.abc import Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts.errors import OperatorError


def describe_target(region: str) -> str:
    """Return the account and the region that a command acts on, as words.

    Raises:
        ClientError: if the credentials are invalid.
    """
    account = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    return f"the account {account}, {region}"


def run(action: Callable[[], None]) -> int:
    """Run an action, and print its errors. Return the exit code: 0 after a success, 1 after a failure."""
    try:
        action()
    except OperatorError as error:
        print(error, file=sys.stderr)
    except ClientError as error:
        print(f"AWS refused the call: {error}", file=sys.stderr)
    except BotoCoreError as error:
        print(f"AWS cannot be called: {error}", file=sys.stderr)
    else:
        return 0
    return 1
