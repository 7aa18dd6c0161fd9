"""The deployment into the embedded AWS: the stack of the data, and that of the functions, the gateway and the roles.

The files and the commands are those of a deployment to AWS.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.jobs.lambda_events import SWEEP_EVENT
from app.settings import Settings
from devstack import clients, environment, function_package, lambda_function, ministack, stack, stage_commands
from devstack.errors import LocalError
from devstack.options import Options
from devstack.ports import LOOPBACK
from devstack.process import Service
from devstack.state import StateFolder, record_process_id

STAGE = "dev"
STACK = f"dwipper-{STAGE}"
DATA_STACK = f"dwipper-{STAGE}-data"
WORKER_FUNCTION = f"dwipper-{STAGE}-worker"
FUNCTIONS = (f"dwipper-{STAGE}-api", WORKER_FUNCTION)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running deployment.

    Attributes:
        url: the URL of the API with a host name and a path as on AWS. curl and browsers resolve all names below
            `localhost`. Node and Go do not.
        aws: its embedded AWS.
        settings: the settings of its functions.
    """

    url: str
    aws: Service
    settings: Settings

    @property
    def loopback_url(self) -> str:
        """Return a URL of the API that every client reaches. References in responses are relative, so they hold."""
        api_id = urlsplit(self.url).netloc.partition(".")[0]
        return f"{self.aws.endpoint}/_aws/execute-api/{api_id}/{STAGE}"

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
        _require_same_port(aws.endpoint, options)
        deploy(aws.endpoint, options.region, state)
        with _run_functions(aws.endpoint, options, state):
            settings = stack.read_settings(aws.endpoint, options.region, name=DATA_STACK)
            yield Deployment(_read_api_url(aws.endpoint, options.region), aws, settings)


def sweep(deployed: Deployment) -> None:
    """Let the worker sweep, as its schedule does every five minutes, so that top and hot have snapshots at once."""
    functions = clients.lambda_client(deployed.aws.endpoint, deployed.settings.region)
    functions.invoke(FunctionName=WORKER_FUNCTION, Payload=json.dumps(SWEEP_EVENT))


def remove(options: Options, state: StateFolder, lock: int) -> None:
    """Remove the functions, and keep the data. See `run` for the arguments.

    Raises:
        LocalError: if the removal fails.
    """
    with _run_aws(options, state, lock) as aws:
        if not stack.exists(clients.cloudformation_client(aws.endpoint, options.region), STACK):
            raise LocalError("Nothing is deployed: `make deploy-local` deploys.")
        stage_commands.remove(aws.endpoint, options.region, STAGE, state.path / "deploy.log")


def deploy(endpoint: str, region: str, state: StateFolder, *options: str, **settings: str) -> None:
    """Create or update the stacks, with the current code as the image of the functions.

    Args:
        endpoint: the endpoint of the embedded AWS.
        region: the region of the stacks.
        state: the folder of the deployment.
        options: further options of osls.
        settings: the settings of the stage (scripts/settings.py).

    Raises:
        LocalError: if the deployment fails.
    """
    digest = function_package.build(state.task)
    image = f"000000000000.dkr.ecr.{region}.amazonaws.com/dwipper@{digest}"
    stage_commands.deploy(endpoint, region, STAGE, image, state.path / "deploy.log", *options, **settings)


@contextlib.contextmanager
def _run_aws(options: Options, state: StateFolder, lock: int) -> Iterator[Service]:
    state.claim(f"{ministack.describe_version()} in {options.region}")
    proxies = {
        lambda_function.make_proxy_variable_name(name): f"http://{LOOPBACK}:{port}/"
        for name, port in _assign_ports(options).items()
    }
    with ministack.run(
        options.aws_port, state.path, region=options.region, extra_env=proxies, inherited_fds=[lock]
    ) as aws:
        record_process_id(lock, aws.process.pid)
        yield aws


@contextlib.contextmanager
def _run_functions(endpoint: str, options: Options, state: StateFolder) -> Iterator[None]:
    """Run both functions until the block ends."""
    target = lambda_function.Target(endpoint, options.region)
    with contextlib.ExitStack() as functions:
        for name, port in _assign_ports(options).items():
            functions.enter_context(lambda_function.run(name, target, port, state.task, state.path / name))
        yield


def _assign_ports(options: Options) -> dict[str, int]:
    """Return the port for the invocations of each function."""
    return dict(zip(FUNCTIONS, options.function_ports, strict=True))


def _require_same_port(endpoint: str, options: Options) -> None:
    """Check that the queue of an existing deployment was created with this port.

    MiniStack stores the URL of a queue with the port at the time of its creation. With another port, its event source
    mapping does not find the queue, and the worker function receives no messages.

    Raises:
        LocalError: if the queue was created with another port.
    """
    urls = clients.sqs_client(endpoint, options.region).list_queues().get("QueueUrls", [])
    for port in {urlsplit(url).port for url in urls} - {options.aws_port}:
        raise LocalError(
            f"The deployment was made with AWS_PORT={port}, and its queue only works with that port. Use that port, or "
            "delete the data: `make reset`."
        )


def _read_api_url(endpoint: str, region: str) -> str:
    """Return the URL at which MiniStack serves the API under a host name."""
    api_id = urlsplit(stack.read_output(endpoint, region, "ApiUrl", name=STACK)).netloc.partition(".")[0]
    return f"http://{api_id}.execute-api.localhost:{urlsplit(endpoint).port}/{STAGE}"
