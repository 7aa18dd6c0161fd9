"""The API as `make run` serves it, for generated clients."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from devstack.mail import latest_code
from testkit.ports import free_port
from testkit.terminal import Developer

_START_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class RunningApi:
    """A running API. Its embedded AWS mails the same code to everybody."""

    url: str
    mailbox: str
    code: str = "123456"

    def has_mailed_code(self, email: str) -> bool:
        """Return True if the code was mailed to this address."""
        return latest_code(self.mailbox, email) == self.code


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """Run the API for all tests of this folder."""
    developer = Developer(tmp_path_factory.mktemp("laptop") / ".local", free_port(), free_port(neighbours=1))
    with developer.start("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything", _START_TIMEOUT_SECONDS)
        yield RunningApi(developer.url(""), developer.settings()["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"])
