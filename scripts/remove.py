"""Remove the functions of a stage, and keep its data.

    AWS_REGION=… python -m scripts.remove STAGE [OPTION …]

The options are those of `osls remove`. The command asks for the name of the stage. CONFIRM=<stage> answers in advance.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from scripts import osls, stacks
from scripts.errors import OperatorError

_USAGE = "Usage: AWS_REGION=<region> python -m scripts.remove STAGE [OPTION …]"
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
    """
    name = stacks.get_service_name(stage)
    answer = environment.get("CONFIRM") or _ask(ask, stage)
    if answer != stage:
        raise OperatorError(f"Nothing is removed: the answer was not {stage}.")
    osls.run(["remove", *options], stage, environment["AWS_REGION"], osls.PLACEHOLDERS, environment)
    print(_DONE.format(service=name, data=stacks.get_data_name(stage)))


def _ask(ask: Callable[[str], str], stage: str) -> str:
    try:
        return ask(f"This takes {stage} off the net. Type the name of the stage to go on: ").strip()
    except EOFError:
        return ""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the command. Return the exit code: 0 after a success, 1 after a failure, 2 if the arguments are invalid."""
    if not arguments or not environment.get("AWS_REGION"):
        print(_USAGE, file=sys.stderr)
        return 2
    stage, *options = arguments
    try:
        remove(stage, options, environment, input)
    except OperatorError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
