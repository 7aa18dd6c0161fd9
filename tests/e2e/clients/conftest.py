"""The API as `make run` serves it, for generated clients."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from devstack.deployment import Deployment
from devstack.mail import find_latest_code
from testkit import prefix_proxy
from testkit.ports import find_free_port
from testkit.processes import run_command
from testkit.terminal import Developer
from tests.e2e.clients import prism
from tests.e2e.deployed.deployed_api import open_deployed_api

_START_TIMEOUT_SECONDS = 120.0
_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_OPENAPI_GENERATOR = "org.openapitools:openapi-generator-cli:7.17.0"


@dataclass(frozen=True)
class RunningApi:
    """A running API.

    Attributes:
        url: the address, with the path that a proxy strips.
        mailbox: the endpoint of the embedded AWS, which has all mail.
        code: the code that the embedded AWS mails to everybody for a registration.
        reset_code: the code that it mails for a new password.
    """

    url: str
    mailbox: str
    code: str = "123456"
    reset_code: str = "654321"

    def has_mailed_code(self, email: str) -> bool:
        """Return True if the latest code that was mailed to this address is `code`.

        Raises:
            LookupError: if no code was mailed.
        """
        return find_latest_code(self.mailbox, email) == self.code


@pytest.fixture(scope="session", params=[None, "/of/the/shower"], ids=["direct", "proxied"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """Run the API for the tests of this folder, directly and behind a proxy that strips a prefix."""
    folder = tmp_path_factory.mktemp("laptop")
    developer = Developer(folder / ".local", find_free_port(), find_free_port(neighbours=1))
    with developer.start("run") as terminal, contextlib.ExitStack() as stack:
        terminal.wait_for("Ctrl-C ends everything", _START_TIMEOUT_SECONDS)
        url = developer.url("")
        if request.param:
            url = stack.enter_context(prefix_proxy.run(url, folder, prefix=request.param))
        yield RunningApi(url, developer.read_settings()["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"])


@pytest.fixture(scope="session")
def prism_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install Prism, and return its program."""
    return prism.install(tmp_path_factory.mktemp("prism"))


@pytest.fixture(scope="session")
def checked_api(api: RunningApi, prism_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """Run Prism in front of the API. It refuses what violates the document, and the fixture fails at the end."""
    with prism.run(prism_program, api.url, tmp_path_factory.mktemp("proxy")) as url:
        yield replace(api, url=url)


async def _write_dwipps(deployed: Deployment) -> None:
    """Write what the stories read: Dwipps of another member."""
    async with open_deployed_api(deployed) as api:
        author = await api.create_member()
        for text in ("Socks are envelopes for feet.", "A sandwich is a book of bread."):
            await author.post_dwipp(text)


@pytest.fixture(scope="session")
def checked_gateway(
    deployed: Deployment, prism_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApi]:
    """Run Prism in front of a deployment. Node.js cannot resolve the gateway's name, so a proxy names it."""
    folder = tmp_path_factory.mktemp("gateway")
    asyncio.run(_write_dwipps(deployed))
    with prefix_proxy.run(deployed.url, folder) as origin, prism.run(prism_program, origin, folder / "prism") as url:
        yield RunningApi(url, deployed.aws.endpoint)


@pytest.fixture(scope="session")
def observed_api(
    api: RunningApi, prism_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApi]:
    """Run Prism in front of the API, for stories with invalid requests. It checks only the responses."""
    with prism.run(prism_program, api.url, tmp_path_factory.mktemp("proxy"), allows_requests=True) as url:
        yield replace(api, url=url)


@pytest.fixture(scope="session")
def openapi_generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program of openapi-generator, from Maven Central."""
    folder = tmp_path_factory.mktemp("openapi-generator")
    run_command(["mvn", "-q", "-B", _COPY_GOAL, f"-Dartifact={_OPENAPI_GENERATOR}", f"-DoutputDirectory={folder}"])
    (program,) = folder.glob("*.jar")
    return program
