"""The whole deployment in the embedded AWS: gateway, authorizer, role and function, by what goes to Amazon."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.settings import Settings
from devstack import environment, function_package, lambda_function, ministack, osls, stack
from devstack.options import Options
from devstack.ports import LOOPBACK
from devstack.process import Service
from devstack.state import Home, note_process

STAGE = "dev"
STACK = f"dwipper-{STAGE}"
FUNCTION = f"dwipper-{STAGE}-api"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What runs, and where it is called."""

    url: str
    aws: Service
    settings: Settings

    @property
    def variables(self) -> dict[str, str]:
        """What a process of the app has to be told, to stand on the same data."""
        return environment.variables(self.settings, self.aws.endpoint, self.aws.endpoint)


@contextlib.contextmanager
def running(options: Options, home: Home, lock: int) -> Iterator[Deployment]:
    """Deploy, or deploy anew, and answer until the block ends; the data of an earlier time are taken up again.

    Raises:
        LocalError: it cannot be deployed.
    """
    with _aws(options, home, lock) as aws:
        deploy(aws.endpoint, options.region, home)
        place = lambda_function.Place(aws.endpoint, options.region)
        with lambda_function.running(FUNCTION, place, options.function_port, home.task, home.path / "function"):
            settings = stack.settings(aws.endpoint, options.region, name=STACK)
            yield Deployment(_url(aws.endpoint, options.region), aws, settings)


def remove(options: Options, home: Home, lock: int) -> None:
    """Remove all but the tables and the pool.

    Raises:
        LocalError: it cannot be removed.
    """
    with _aws(options, home, lock) as aws:
        osls.remove(aws.endpoint, options.region, STAGE, home.path / "osls.log")


def deploy(endpoint: str, region: str, home: Home) -> None:
    """Bring the stack to what the files say, and its image to what the code is."""
    image = f"000000000000.dkr.ecr.{region}.amazonaws.com/dwipper@{function_package.gather(home.task)}"
    osls.deploy(endpoint, region, STAGE, image, home.path / "osls.log")


@contextlib.contextmanager
def _aws(options: Options, home: Home, lock: int) -> Iterator[Service]:
    home.claim(f"{ministack.version()} in {options.region}")
    proxy = {lambda_function.endpoint_variable(FUNCTION): f"http://{LOOPBACK}:{options.function_port}/"}
    with ministack.running(options.aws_port, home.path, region=options.region, extra=proxy, inherited=[lock]) as aws:
        note_process(lock, aws.process.pid)
        yield aws


def _url(endpoint: str, region: str) -> str:
    """Where MiniStack answers for the address that Amazon would give the API.

    By a name, as there, so that the API's links lead back to it; curl and browsers take any name below `localhost`.
    """
    api_id = urlsplit(stack.output(endpoint, region, "ApiUrl", name=STACK)).netloc.partition(".")[0]
    return f"http://{api_id}.execute-api.localhost:{urlsplit(endpoint).port}/{STAGE}"
