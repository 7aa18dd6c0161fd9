"""The Lambda function on a laptop: run by AWS's own runtime client, from what the image carries and nothing else.

Its settings are those that the deployment gave it, its credentials those of its role. MiniStack hands on every
invocation to a port of loopback; whichever worker is free takes it.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devstack import clients, function_url
from devstack.errors import LocalError
from devstack.process import started
from devstack.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from types_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

PYTHON = Path(__file__).parents[1] / ".venv-function" / "bin" / "python"
WORKERS = 2
HANDLER = "app.lambda_handler.handler"
_LENT_SECONDS = 12 * 60 * 60  # The longest that there is: nobody here hands out new ones, as Lambda does.


def endpoint_variable(name: str) -> str:
    """By which variable of its environment MiniStack knows where a function's invocations go."""
    return f"MINISTACK_LAMBDA_PROXY_{name}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the function was deployed, which is also what it calls."""

    endpoint: str
    region: str


@contextlib.contextmanager
def running(name: str, place: Place, port: int, task: Path, log: Path) -> Iterator[None]:
    """Take the function's invocations at a port until the block ends.

    Args:
        name: The function's.
        place: Where it was deployed.
        port: Where its invocations come to.
        task: What its image carries.
        log: Where it logs, each worker behind a number of its own.

    Raises:
        LocalError: the function's environment is missing.
    """
    if not PYTHON.exists():
        raise LocalError("The function's environment is missing: `make deploy-local` makes it.")
    configuration = clients.functions(place.endpoint, place.region).get_function_configuration(FunctionName=name)
    runtime = RuntimeApi(seconds=configuration["Timeout"], arn=configuration["FunctionArn"])
    environment = _environment(configuration, place, task)
    with runtime, function_url.serving(port, runtime.invoke), contextlib.ExitStack() as workers:
        address = {"AWS_LAMBDA_RUNTIME_API": runtime.address}
        for number in range(WORKERS):
            command = [str(PYTHON), "-m", "awslambdaric", HANDLER]
            own_log = log.with_suffix(f".{number}.log")
            workers.enter_context(started(command, folder=task, environment=environment | address, log=own_log))
        yield


def _environment(configuration: "FunctionConfigurationResponseTypeDef", place: Place, task: Path) -> dict[str, str]:
    """What Lambda sets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html."""
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": str(task),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(task),
        "_HANDLER": HANDLER,
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_REGION": place.region,
        # Amazon's endpoints need no naming.
        "AWS_ENDPOINT_URL_DYNAMODB": place.endpoint,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": place.endpoint,
        **configuration["Environment"]["Variables"],
        **_credentials(configuration, place),
    }


def _credentials(configuration: "FunctionConfigurationResponseTypeDef", place: Place) -> dict[str, str]:
    role = clients.roles(place.endpoint, place.region).assume_role(
        RoleArn=configuration["Role"],
        RoleSessionName=configuration["FunctionName"],
        DurationSeconds=_LENT_SECONDS,
    )
    lent = role["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": lent["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": lent["SecretAccessKey"],
        "AWS_SESSION_TOKEN": lent["SessionToken"],
    }
