"""A Lambda function on this machine: AWS's runtime client, with the code and the packages of the image.

The function has the settings of its deployment, and the credentials of its role. The path of an invocation:

1. MiniStack posts the event to a port of loopback (`function_url`).
2. The event waits in the stand-in for Lambda's Runtime API (`runtime_api`).
3. The first free worker takes the event. A worker is a process of awslambdaric that runs the function's handler.
4. The worker posts the response to the stand-in, which answers MiniStack.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devstack import clients, function_url
from devstack.errors import LocalError
from devstack.paths import ROOT
from devstack.process import start_process
from devstack.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from types_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

PYTHON = ROOT / ".venv-function" / "bin" / "python"
# The handler in the command of the image. A function can have a command of its own.
DEFAULT_HANDLER = "app.lambda_handler.handler"
_WORKER_COUNT = 2
# The maximum of STS. Lambda renews the credentials of a function. This module does not.
_CREDENTIALS_TTL_SECONDS = 12 * 60 * 60


def make_proxy_variable_name(name: str) -> str:
    """Return the name of MiniStack's variable for the URL to which it posts a function's invocations."""
    return f"MINISTACK_LAMBDA_PROXY_{name}"


@dataclass(frozen=True, slots=True)
class Target:
    """The embedded AWS to which the function is deployed, and which it calls."""

    endpoint: str
    region: str


@contextlib.contextmanager
def run(name: str, target: Target, port: int, task: Path, log: Path) -> Iterator[None]:
    """Run the workers of a function, and serve its invocations, until the block ends.

    Args:
        name: the name of the function.
        target: the embedded AWS to which the function is deployed.
        port: the port for the invocations, on loopback.
        task: the folder with the code of the image.
        log: the path of the logs without a suffix: worker 0 writes to `<log>.0.log`.

    Raises:
        LocalError: if the virtual environment of the function is missing.
    """
    if not PYTHON.exists():
        raise LocalError("The function's environment is missing: `make deploy-local` creates it.")
    configuration = clients.lambda_client(target.endpoint, target.region).get_function_configuration(FunctionName=name)
    runtime_api = RuntimeApi(timeout_seconds=configuration["Timeout"], arn=configuration["FunctionArn"])
    env = _make_function_env(configuration, target, task) | {"AWS_LAMBDA_RUNTIME_API": runtime_api.address}
    command = [str(PYTHON), "-m", "awslambdaric", env["_HANDLER"]]
    with runtime_api, function_url.serve(port, runtime_api.invoke), contextlib.ExitStack() as workers:
        for number in range(_WORKER_COUNT):
            worker_log = log.with_suffix(f".{number}.log")
            workers.enter_context(start_process(command, folder=task, environment=env, log=worker_log))
        yield


def _make_function_env(
    configuration: "FunctionConfigurationResponseTypeDef", target: Target, task: Path
) -> dict[str, str]:
    """Return the variables that Lambda would set, and those of a local run.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": str(task),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(task),
        "_HANDLER": _get_handler(configuration),
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_REGION": target.region,
        # Lambda does not set these four: botocore knows AWS's endpoints.
        "AWS_ENDPOINT_URL_DYNAMODB": target.endpoint,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": target.endpoint,
        "AWS_ENDPOINT_URL_SQS": target.endpoint,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": target.endpoint,
        **configuration["Environment"]["Variables"],
        **_assume_role(configuration, target),
    }


def _get_handler(configuration: "FunctionConfigurationResponseTypeDef") -> str:
    image = configuration.get("ImageConfigResponse", {}).get("ImageConfig", {})
    (handler,) = image.get("Command", [DEFAULT_HANDLER])
    return handler


def _assume_role(configuration: "FunctionConfigurationResponseTypeDef", target: Target) -> dict[str, str]:
    role = clients.sts_client(target.endpoint, target.region).assume_role(
        RoleArn=configuration["Role"],
        RoleSessionName=configuration["FunctionName"],
        DurationSeconds=_CREDENTIALS_TTL_SECONDS,
    )
    credentials = role["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }
