"""The deployment of serverless.yml into the embedded AWS: gateway, authorizer, role, function, tables and user pool.

The files are those that are deployed to AWS.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.settings import Settings
from devstack import environment, function_package, lambda_function, ministack, osls, retained_data, stack
from devstack.options import Options
from devstack.ports import LOOPBACK
from devstack.process import Service
from devstack.state import StateFolder, record_process_id

STAGE = "dev"
STACK = f"dwipper-{STAGE}"
FUNCTION = f"dwipper-{STAGE}-api"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running deployment: the URL of its API, its embedded AWS, and the settings of its function."""

    url: str
    aws: Service
    settings: Settings

    @property
    def env(self) -> dict[str, str]:
        """Return the environment variables for another process of the app that uses the same data."""
        return environment.make_variables(self.settings, self.aws.endpoint, self.aws.endpoint)


@contextlib.contextmanager
def run(options: Options, state: StateFolder, lock: int) -> Iterator[Deployment]:
    """Deploy, and serve the deployment until the block ends. Data of earlier runs is kept.

    Args:
        options: the options of the run.
        state: the folder of the deployment, locked.
        lock: the descriptor of that lock, which MiniStack inherits.

    Raises:
        LocalError: if the deployment fails.
    """
    with _run_aws(options, state, lock) as aws:
        deploy(aws.endpoint, options.region, state)
        target = lambda_function.Target(aws.endpoint, options.region)
        with lambda_function.run(FUNCTION, target, options.function_port, state.task, state.path / "function"):
            settings = stack.read_settings(aws.endpoint, options.region, name=STACK)
            yield Deployment(_read_api_url(aws.endpoint, options.region), aws, settings)


def remove(options: Options, state: StateFolder, lock: int) -> None:
    """Remove the deployment, except for the tables and the user pool. See `run` for the arguments.

    Raises:
        LocalError: if the removal fails.
    """
    with _run_aws(options, state, lock) as aws:
        retained_data.record(aws.endpoint, options.region, STACK, state.retained_data)
        osls.remove(aws.endpoint, options.region, STAGE, state.path / "osls.log")


def deploy(endpoint: str, region: str, state: StateFolder) -> None:
    """Create or update the stack, with the current code as the image of the function.

    Raises:
        LocalError: if the deployment fails.
    """
    digest = function_package.build(state.task)
    if retained_data.restore(endpoint, region, STACK, state.retained_data):
        print("Imported the tables and the user pool of the removed deployment.")
    image = f"000000000000.dkr.ecr.{region}.amazonaws.com/dwipper@{digest}"
    osls.deploy(endpoint, region, STAGE, image, state.path / "osls.log")


@contextlib.contextmanager
def _run_aws(options: Options, state: StateFolder, lock: int) -> Iterator[Service]:
    state.claim(f"{ministack.describe_version()} in {options.region}")
    proxy = {lambda_function.make_proxy_variable_name(FUNCTION): f"http://{LOOPBACK}:{options.function_port}/"}
    with ministack.run(
        options.aws_port, state.path, region=options.region, extra_env=proxy, inherited_fds=[lock]
    ) as aws:
        record_process_id(lock, aws.process.pid)
        yield aws


def _read_api_url(endpoint: str, region: str) -> str:
    """Return the URL at which MiniStack serves the API.

    The host is a name, as on AWS, so that the links in the API's responses lead back to the API. curl and browsers
    resolve every name below `localhost`.
    """
    api_id = urlsplit(stack.read_output(endpoint, region, "ApiUrl", name=STACK)).netloc.partition(".")[0]
    return f"http://{api_id}.execute-api.localhost:{urlsplit(endpoint).port}/{STAGE}"
