"""`python -m devstack` as a developer meets it: in a process, with signals, ports and files."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from devstack import clients
from devstack.errors import LocalError
from devstack.seed_content import PASSWORD, THOUGHTS
from devstack.state import Home
from testkit.terminal import LINE_WITHIN, Developer

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

_READY = "Ctrl-C ends everything"


def _is_locked(home: Path) -> bool:
    """Whether a process of the embedded AWS still lives, since each of them holds the lock."""
    try:
        with Home(home).locked():
            return False
    except LocalError:
        return True


def _feed(developer: Developer) -> list[str]:
    demo = {"email": "demo@example.org", "password": PASSWORD}
    tokens = httpx.post(developer.url("/v1/auth/login"), json=demo).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    page = httpx.get(developer.url("/v1/dwipps"), headers=headers).raise_for_status().json()
    return [item["text"] for item in page["items"]]


def _cognito(settings: dict[str, str]) -> "CognitoIdentityProviderClient":
    return clients.cognito(settings["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"], settings["AWS_REGION"])


def _sign_up(settings: dict[str, str], email: str) -> None:
    _cognito(settings).sign_up(ClientId=settings["USER_POOL_CLIENT_ID"], Username=email, Password="correct horse")


def test_ctrl_c_ends_everything_keeps_the_data_and_a_second_start_finds_them(developer: Developer) -> None:
    with developer.starts("aws") as terminal:
        terminal.wait_for(_READY)
        first = developer.settings()
        _sign_up(first, "kim@example.org")
        terminal.wait_for("mail to kim@example.org: 123456")
        assert _is_locked(developer.home)
        assert terminal.stop(signal.SIGINT) == 0
    assert not _is_locked(developer.home)
    assert "Traceback" not in "\n".join(terminal.lines)

    with developer.starts("aws") as terminal:
        terminal.wait_for(_READY)
        assert developer.settings() == first
        _sign_up(first, "lu@example.org")
        terminal.wait_for("mail to lu@example.org")
        assert "kim@example.org" not in "\n".join(terminal.lines)
        users = _cognito(first).list_users(UserPoolId=first["USER_POOL_ID"])["Users"]
        assert len(users) == 2
        assert terminal.stop(signal.SIGTERM) == 0
    assert all("123456" not in log.read_text() for log in developer.home.glob("*.log"))


def test_while_it_runs_nobody_else_starts_or_resets(developer: Developer) -> None:
    with developer.starts("aws") as terminal:
        terminal.wait_for(_READY)
        for command in ("aws", "reset"):
            code, output = developer.types(command)
            assert code == 1
            assert output.startswith("The embedded AWS runs already (process ")
            assert output.count("\n") == 1
        assert terminal.stop(signal.SIGINT) == 0
    assert developer.types("reset") == (0, f"Dropped the data in {developer.home}.\n")
    assert {entry.name for entry in developer.home.iterdir()} == {"lock"}


def test_an_embedded_aws_that_dies_is_reported(developer: Developer) -> None:
    with developer.starts("aws") as terminal:
        terminal.wait_for(_READY)
        os.kill(int((developer.home / "lock").read_text()), signal.SIGKILL)
        terminal.wait_for("MiniStack ended with exit code -9: see ")
        assert terminal.process.wait(LINE_WITHIN) == 1


def test_a_busy_port_is_told_in_a_line(developer: Developer, busy_port: int) -> None:
    assert developer.types("aws", AWS_PORT=str(busy_port)) == (
        1,
        f"Port {busy_port} cannot be used or is in use: `AWS_PORT={busy_port + 1} make aws`.\n",
    )


def test_a_state_of_another_version_is_told_in_a_line(developer: Developer) -> None:
    developer.home.mkdir()
    (developer.home / "version").write_text("MiniStack 0.1 in us-east-1")
    code, output = developer.types("aws")
    assert code == 1
    assert output.splitlines()[-1].endswith(": `make reset` drops them.")
    assert "Traceback" not in output


def test_a_choice_that_is_none_is_told_in_a_line(developer: Developer) -> None:
    assert developer.types("aws", ENGINE="paper") == (
        1,
        "ENGINE must be one of ministack, dynamodb-local.\n",
    )


class TestRun:
    def test_it_serves_seeds_once_and_ends_quietly(self, developer: Developer) -> None:
        with developer.starts("run") as terminal:
            terminal.wait_for(_READY)
            first = developer.settings()
            texts = _feed(developer)
            register = {"email": "kim@example.org", "password": "correct horse", "handle": "kim"}
            httpx.post(developer.url("/v1/auth/register"), json=register).raise_for_status()
            terminal.wait_for("mail to kim@example.org: 123456")
            assert terminal.stop(signal.SIGINT) == 0
        assert len(texts) == len(THOUGHTS)
        printed = "\n".join(terminal.lines)
        assert f"Demo login   demo@example.org / {PASSWORD}" in printed
        assert printed.count("123456") == 1
        assert "Traceback" not in printed
        assert not _is_locked(developer.home)

        with developer.starts("run") as terminal:
            terminal.wait_for(_READY)
            assert developer.settings() == first
            assert _feed(developer) == texts
            assert terminal.stop(signal.SIGTERM) == 0
        assert "mail to" not in "\n".join(terminal.lines)

    def test_an_api_that_dies_is_told_and_the_aws_stays(self, developer: Developer) -> None:
        # A setting that the app refuses ends it at its start.
        with developer.starts("run", FEED_SHARDS="many") as terminal:
            terminal.wait_for("The first members and Dwipps could not be added: see ")
            terminal.wait_for("The API ended with exit code 3; the embedded AWS stays up until Ctrl-C.")
            _sign_up(developer.settings(), "kim@example.org")
            terminal.wait_for("mail to kim@example.org: 123456")
            assert terminal.stop(signal.SIGINT) == 0

    def test_a_busy_port_is_told_before_anything_starts(self, developer: Developer, busy_port: int) -> None:
        code, output = developer.types("run", PORT=str(busy_port))
        assert (code, output.count("\n")) == (1, 1)
        assert f"`PORT={busy_port + 1} make run`" in output
        assert [entry.name for entry in developer.home.iterdir()] == ["lock"]
