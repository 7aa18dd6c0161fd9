"""The API as `make run` serves it, for generated clients."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from devstack.mail import find_latest_code
from testkit import prefix_proxy
from testkit.ports import find_free_port
from testkit.terminal import Developer

_START_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class RunningApi:
    """A running API. Its embedded AWS mails the same code to all users. `mailbox` is the endpoint of the AWS."""

    url: str
    mailbox: str
    code: str = "123456"

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
