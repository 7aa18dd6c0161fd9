"""Remove the functions of a stage, and keep its data.

    AWS_REGION=… python -m scripts.remove STAGE [OPTION …]

The options are those of `osls remove`. The command asks for the name of the stage. CONFIRM=<stage> answers in advance.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

import boto3

from scripts import checks, command, osls, stacks
from scripts.errors import OperatorError
from scripts.settings import REMOVED, SERVICE_PARAMETERS, resolve

_USAGE = "Usage: make remove STAGE=dev AWS_REGION=eu-central-1"
_DONE = (
    "Removed {service}. The data is kept in {data}: `make deploy` uses it again. docs/recovery.md describes how to"
    " delete the data."
)


def remove(stage: str, options: Sequence[str], environment: Mapping[str, str], ask: Callable[[str], str]) -> None:
    """Remove the stack of the functions, if the operator confirms it.

    Args:
        stage: the stage.
        options: further options of `osls remove`.
        environment: the environment, with AWS_REGION.
        ask: asks the operator a question, and returns the answer.

    Raises:
        OperatorError: if the operator does not confirm, or if the stack cannot be removed.
        ClientError: if the credentials are invalid.
    """
    checks.check_stage(stage)
    name, region = stacks.get_service_name(stage), environment["AWS_REGION"]
    present = stacks.get_parameters(stacks.find(boto3.client("cloudformation", region_name=region), name))
    answer = environment.get("CONFIRM") or _ask(ask, stage, region)
    if answer != stage:
        raise OperatorError(f"Nothing is removed: the answer was not {stage}.")
    osls.run(["remove", *options], stage, region, osls.PLACEHOLDERS, environment)
    print(_DONE.format(service=name, data=stacks.get_data_name(stage)))
    if settings := resolve(SERVICE_PARAMETERS, {}, present):
        variables = (f"{key}={value or REMOVED}" for key, value in settings.items())
        print("The next deployment needs these settings again:", *variables)


def _ask(ask: Callable[[str], str], stage: str, region: str) -> str:
    target = command.describe_target(region)
    try:
        return ask(
            f"This takes {stage} in {target} offline, and deletes its logs. Type the name of the stage to go on: "
        ).strip()
    except EOFError:
        return ""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the command. Return the exit code: 0 after a success, 1 after a failure, 2 if the arguments are invalid."""
    if not arguments or not environment.get("AWS_REGION"):
        print(_USAGE, file=sys.stderr)
        return 2
    stage, *options = arguments
    return command.run(lambda: remove(stage, options, environment, input))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
