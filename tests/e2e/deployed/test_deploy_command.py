"""`make deploy-local` keeps data, `make undeploy-local` removes all but data, and `make smoke` tests a running API."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devstack import clients, ministack
from testkit.ports import free_port
from testkit.terminal import ROOT, Developer, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

DEPLOY_TIMEOUT_SECONDS = 120.0
REGION = "us-east-1"


@pytest.fixture
def developer(tmp_path: Path) -> Developer:
    """Return a developer with a temporary folder and free ports."""
    return Developer(tmp_path / ".local", free_port(), free_port(neighbours=1))


@contextmanager
def _deploy(developer: Developer) -> Iterator[tuple[Terminal, str]]:
    """Run the deployment until the block ends. Yields the terminal, and the address that it printed."""
    with developer.start("deploy") as terminal:
        terminal.wait_for("Ctrl-C ends everything", DEPLOY_TIMEOUT_SECONDS)
        (address,) = re.findall(r"API +(\S+)", "\n".join(terminal.lines))
        yield terminal, address


def _run(command: list[str], **variables: str) -> str:
    """Run a command that must succeed, and return its output."""
    completed = subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=200, check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def _tutorial_script(address: str) -> str:
    """Return the commands of the tutorial for this address, except for the one that calls the handler directly."""
    tutorial = (ROOT / "docs" / "tutorial.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", tutorial, re.DOTALL | re.MULTILINE)
    return "".join(block for block in blocks if "lambda_handler" not in block).replace("http://127.0.0.1:8000", address)


def test_deploy_tutorial_deploy_again_smoke_test_and_undeploy(developer: Developer) -> None:
    with _deploy(developer) as (terminal, address):
        _assert_tutorial_runs(address)
        terminal.wait_for("mail to you@example.org: 654321")
        assert terminal.stop(signal.SIGINT) == 0
    with _deploy(developer) as (_, address):
        _assert_login(address)
        output = _smoke_test(address, developer)
        assert "All steps passed" in output
        assert "not ok" not in output
    code, output = developer.run("undeploy", DEPLOY_TIMEOUT_SECONDS)
    assert code == 0, output
    _assert_retained(developer)


def _smoke_test(address: str, developer: Developer) -> str:
    """Run the smoke test, and return its output."""
    command = [sys.executable, "-m", "tests.e2e.smoke", address]
    return _run(command, MAILBOX=f"http://127.0.0.1:{developer.aws_port}")


def _assert_tutorial_runs(address: str) -> None:
    """Assert that the commands of the tutorial work against the deployment."""
    output = _run(["/bin/bash", "-euo", "pipefail", "-c", _tutorial_script(address)])
    assert "Socks are sleeping bags for feet." in output
    assert "urn:dwipper:problem:dwipp-not-found" in output
    assert output.splitlines()[-4:] == ["204", "200", "202", "204"]


def _assert_login(address: str) -> None:
    """Assert that the member of the tutorial can log in to the second deployment."""
    login = '{"email": "you@example.org", "password": "a paper boat floats"}'
    options = ["--header", "Content-Type: application/json", "--data", login]
    assert "access_token" in _run(["curl", "--silent", "--show-error", f"{address}/v1/auth/login", *options])


def _assert_retained(developer: Developer) -> None:
    """Assert that tables and user pool exist with their data, and that the function does not."""
    with ministack.run(free_port(), developer.home / "deployed") as aws:
        dynamodb = clients.dynamodb_client(aws.endpoint, REGION)
        tables = [name for name in dynamodb.list_tables()["TableNames"] if name.startswith("dwipper-dev-")]
        assert len(tables) == 3
        assert all(dynamodb.scan(TableName=name)["Count"] for name in tables)
        assert len(clients.cognito_client(aws.endpoint, REGION).list_user_pools(MaxResults=10)["UserPools"]) == 1
        assert clients.lambda_client(aws.endpoint, REGION).list_functions()["Functions"] == []


def test_smoke_test_passes_against_make_run(developer: Developer) -> None:
    with developer.start("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything", DEPLOY_TIMEOUT_SECONDS)
        assert "All steps passed" in _smoke_test(developer.url(""), developer)


def test_smoke_test_fails_if_nothing_listens() -> None:
    command = [sys.executable, "-m", "tests.e2e.smoke", f"http://127.0.0.1:{free_port()}"]
    completed = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"EMAIL": "kay@example.org"}, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 1
    assert completed.stdout.startswith("not ok 1 ")
