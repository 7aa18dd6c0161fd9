"""osls, the program that deploys `serverless.yml`."""

import subprocess
from collections.abc import Mapping, Sequence

from devstack.paths import ROOT
from scripts.errors import OperatorError

_PROGRAM = ROOT / "node_modules" / ".bin" / "osls"
# A removal and a template use neither the image nor the outputs of the data, but osls requires a value for each of its
# parameters.
PLACEHOLDERS: Mapping[str, str] = {
    "image": f"dwipper@sha256:{'0' * 64}",
    **dict.fromkeys(
        (
            *("DwippsTable", "ReactionsTable", "MembersTable", "SafetyTable", "UserPoolId", "UserPoolClientId"),
            *("JobQueueName", "JobQueueUrl", "DeadLetterQueueName"),
        ),
        "placeholder",
    ),
    "JobQueueArn": "arn:aws:sqs:us-east-1:000000000000:placeholder",
    "FeedShards": "1",
    "HeartbeatSecret": "arn:aws:secretsmanager:us-east-1:000000000000:secret:placeholder",
    "MailsThroughSes": "true",
}


def run(
    command: Sequence[str], stage: str, region: str, parameters: Mapping[str, str], environment: Mapping[str, str]
) -> None:
    """Run a command of osls for a stage. Its output goes to the terminal.

    Args:
        command: the command, and its own options.
        stage: the stage.
        region: the region of the stack.
        parameters: the values of osls's parameters.
        environment: the environment of osls. Empty variables are left out: osls would take them for values, but a
            pipeline passes an unset variable as an empty one.

    Raises:
        OperatorError: if osls is missing, or if it fails.
    """
    if not _PROGRAM.exists():
        raise OperatorError("osls is missing: `npm ci` installs it. It requires Node.js 20 or newer.")
    options = ["--stage", stage, "--region", region, *(f"--param={name}={value}" for name, value in parameters.items())]
    variables = {name: value for name, value in environment.items() if value}
    process = subprocess.run([_PROGRAM, *command, *options], cwd=ROOT, env=variables, check=False)  # noqa: S603
    if process.returncode != 0:
        raise OperatorError(f"osls {command[0]} failed.")
