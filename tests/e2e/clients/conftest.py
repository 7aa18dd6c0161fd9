"""The API as `make run` serves it, and who asks it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from devstack.mail import latest_code
from testkit.ports import free_port
from testkit.terminal import Developer

_READY_WITHIN = 120.0


@dataclass(frozen=True)
class Running:
    """The API, with an embedded AWS behind it, which mails the same code to everybody."""

    url: str
    mailbox: str
    code: str = "123456"

    def mailed(self, email: str) -> bool:
        """Whether that code was mailed to them."""
        return latest_code(self.mailbox, email) == self.code


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    developer = Developer(tmp_path_factory.mktemp("laptop") / ".local", free_port(), free_port(neighbours=1))
    with developer.starts("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything", _READY_WITHIN)
        yield Running(developer.url(""), developer.settings()["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"])
