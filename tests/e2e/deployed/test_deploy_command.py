"""`make deploy-local` and `make undeploy-local` keep data, and `make smoke` tests a running API."""

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
from devstack.paths import ROOT
from testkit.ports import find_free_port
from testkit.processes import run_command
from testkit.shell_blocks import TUTORIAL, find_shell_blocks
from testkit.terminal import UNREACHABLE_PROXY, Developer, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

DEPLOY_TIMEOUT_SECONDS = 120.0
COMMAND_TIMEOUT_SECONDS = 200.0
REGION = "us-east-1"


@pytest.fixture
def developer(tmp_path: Path) -> Developer:
    """Return a developer with a temporary folder and free ports."""
    return Developer(tmp_path / ".local", find_free_port(), find_free_port(neighbours=2))


@contextmanager
def _deploy(developer: Developer) -> Iterator[tuple[Terminal, str]]:
    """Run the deployment until the block ends. Yield the terminal and the printed address of the API.

    The shell names a proxy, which nothing may use for loopback.
    """
    with developer.start("deploy", **UNREACHABLE_PROXY) as terminal:
        terminal.wait_for("Ctrl-C ends everything", DEPLOY_TIMEOUT_SECONDS)
        (address,) = re.findall(r"API +(\S+)", "\n".join(terminal.lines))
        yield terminal, address


def _make_tutorial_script(address: str) -> str:
    """Return the tutorial's commands for this address, except for the block that calls the handler directly."""
    codes = [block.code for block in find_shell_blocks(TUTORIAL)]
    return "".join(code for code in codes if "lambda_handler" not in code).replace("http://127.0.0.1:8000", address)


def test_data_survives_deployments_and_an_undeploy(developer: Developer) -> None:
    with _deploy(developer) as (terminal, address):
        assert (
            run_command(["node", "-e", f"fetch('{address}/health').then(({{status}}) => console.log(status))"])
            == "200\n"
        )
        _assert_tutorial_runs(address)
        terminal.wait_for("mail to you@example.org: 654321")
        assert terminal.stop(signal.SIGINT) == 0
    with _deploy(developer) as (_, address):
        _assert_login(address)
        output = _run_smoke_test(address, developer)
        assert "All steps passed" in output
        assert "not ok" not in output
    _assert_other_port_is_refused(developer)
    exit_code, output = developer.run("undeploy", DEPLOY_TIMEOUT_SECONDS)
    assert exit_code == 0, output
    _assert_only_data_remains(developer)
    with _deploy(developer) as (_, address):
        _assert_login(address)


def test_undeploy_without_a_deployment_is_an_error_of_one_line(developer: Developer) -> None:
    assert developer.run("undeploy", DEPLOY_TIMEOUT_SECONDS) == (
        1,
        "Nothing is deployed: `make deploy-local` deploys.\n",
    )


def _run_smoke_test(address: str, developer: Developer) -> str:
    """Run the smoke test, and return its output."""
    command = [sys.executable, "-m", "tests.e2e.smoke", address]
    mailbox = f"http://127.0.0.1:{developer.aws_port}"
    return run_command(command, ROOT, timeout_seconds=COMMAND_TIMEOUT_SECONDS, MAILBOX=mailbox, **UNREACHABLE_PROXY)


def _assert_tutorial_runs(address: str) -> None:
    """Assert that the commands of the tutorial work against the deployment."""
    script = _make_tutorial_script(address)
    output = run_command(["/bin/bash", "-euo", "pipefail", "-c", script], timeout_seconds=COMMAND_TIMEOUT_SECONDS)
    assert "Socks are sleeping bags for feet." in output
    assert "urn:dwipper:problem:dwipp-not-found" in output
    # Confirm, log in, forgot and reset; then for the second account: confirm, delete, log in, and delete again.
    assert output.splitlines()[-8:] == ["204", "200", "202", "204", "204", "202", "401", "202"]


def _assert_login(address: str) -> None:
    """Assert that the member of the tutorial can log in to the second deployment."""
    login = '{"email": "you@example.org", "password": "a paper boat floats"}'
    options = ["--header", "Content-Type: application/json", "--data", login]
    assert "access_token" in run_command(["curl", "--silent", "--show-error", f"{address}/v1/auth/login", *options])


def _assert_other_port_is_refused(developer: Developer) -> None:
    """Assert that a deployment with another port is an error that tells what to do."""
    port = find_free_port(neighbours=2)
    exit_code, output = developer.run("deploy", DEPLOY_TIMEOUT_SECONDS, AWS_PORT=str(port))
    assert exit_code == 1
    assert f"AWS_PORT={developer.aws_port}" in output.splitlines()[-1]


def _assert_only_data_remains(developer: Developer) -> None:
    """Assert that the tables, the user pool and the queues exist, and that the functions do not."""
    with ministack.run(find_free_port(), developer.folder / "deployed") as aws:
        dynamodb = clients.dynamodb_client(aws.endpoint, REGION)
        tables = [name for name in dynamodb.list_tables()["TableNames"] if name.startswith("dwipper-dev-data-")]
        assert len(tables) == 4
        # The safety table has rows only while jobs are pending.
        assert all(dynamodb.scan(TableName=name)["Count"] for name in tables if "SafetyTable" not in name)
        assert len(clients.cognito_client(aws.endpoint, REGION).list_user_pools(MaxResults=10)["UserPools"]) == 1
        functions = clients.lambda_client(aws.endpoint, REGION)
        assert functions.list_functions()["Functions"] == []
        assert functions.list_event_source_mappings()["EventSourceMappings"] == []
        assert len(clients.sqs_client(aws.endpoint, REGION).list_queues()["QueueUrls"]) == 2


def test_smoke_test_passes_against_make_run(developer: Developer) -> None:
    with developer.start("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything", DEPLOY_TIMEOUT_SECONDS)
        assert "All steps passed" in _run_smoke_test(developer.url(""), developer)


def test_smoke_test_fails_if_nothing_listens() -> None:
    command = [sys.executable, "-m", "tests.e2e.smoke", f"http://127.0.0.1:{find_free_port()}"]
    completed = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"EMAIL": "kay@example.org"}, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 1
    assert completed.stdout.startswith("not ok 1 ")
