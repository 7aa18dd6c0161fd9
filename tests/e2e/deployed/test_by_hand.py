"""A developer deploys on a laptop, deploys again, tries it, and takes it away: the data stay."""

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

DEPLOYED_WITHIN = 120.0
REGION = "us-east-1"


@pytest.fixture
def developer(tmp_path: Path) -> Developer:
    return Developer(tmp_path / ".local", free_port(), free_port(neighbours=1))


@contextmanager
def _deployed(developer: Developer) -> Iterator[tuple[Terminal, str]]:
    """The terminal, and the address that it printed."""
    with developer.starts("deploy") as terminal:
        terminal.wait_for("Ctrl-C ends everything", DEPLOYED_WITHIN)
        (address,) = re.findall(r"API +(\S+)", "\n".join(terminal.lines))
        yield terminal, address


def _run(command: list[str], **variables: str) -> str:
    ran = subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=200, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def _story(address: str) -> str:
    """What README.md has one paste, but for the handler called by hand, which is no deployment."""
    section = (ROOT / "README.md").read_text().partition("## Try it")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return "".join(block for block in blocks if "lambda_handler" not in block).replace("http://127.0.0.1:8000", address)


def test_it_is_deployed_told_the_readme_deployed_again_tried_and_taken_away(developer: Developer) -> None:
    with _deployed(developer) as (terminal, address):
        _assert_readme(address)
        terminal.wait_for("mail to you@example.org: 654321")
        assert terminal.stop(signal.SIGINT) == 0
    with _deployed(developer) as (_, address):
        _assert_data(address)
        told = _run(
            [sys.executable, "-m", "tests.e2e.smoke", address], MAILBOX=f"http://127.0.0.1:{developer.aws_port}"
        )
        assert "All of it works" in told
        assert "not ok" not in told
    code, told = developer.types("undeploy", DEPLOYED_WITHIN)
    assert code == 0, told
    _assert_retained(developer)


def _assert_readme(address: str) -> None:
    """What README.md says is true of the deployment too."""
    told = _run(["/bin/bash", "-euo", "pipefail", "-c", _story(address)])
    assert "Socks are sleeping bags for feet." in told
    assert "urn:dwipper:problem:dwipp-not-found" in told
    assert told.splitlines()[-4:] == ["204", "200", "202", "204"]


def _assert_data(address: str) -> None:
    """Whoever became a member by the README logs in to the second deployment."""
    login = '{"email": "you@example.org", "password": "a paper boat floats"}'
    json = ["--header", "Content-Type: application/json", "--data", login]
    assert "access_token" in _run(["curl", "--silent", "--show-error", f"{address}/v1/auth/login", *json])


def _assert_retained(developer: Developer) -> None:
    """Tables and pool are there, with what is in them; the function is not."""
    with ministack.running(free_port(), developer.home / "deployed") as aws:
        dynamodb = clients.dynamodb(aws.endpoint, REGION)
        tables = [name for name in dynamodb.list_tables()["TableNames"] if name.startswith("dwipper-dev-")]
        assert len(tables) == 3
        assert all(dynamodb.scan(TableName=name)["Count"] for name in tables)
        assert len(clients.cognito(aws.endpoint, REGION).list_user_pools(MaxResults=10)["UserPools"]) == 1
        assert clients.functions(aws.endpoint, REGION).list_functions()["Functions"] == []


def test_the_smoke_test_passes_against_the_api_on_a_laptop(developer: Developer) -> None:
    with developer.starts("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything", DEPLOYED_WITHIN)
        command = [sys.executable, "-m", "tests.e2e.smoke", developer.url("")]
        assert "All of it works" in _run(command, MAILBOX=f"http://127.0.0.1:{developer.aws_port}")


def test_the_smoke_test_fails_where_nothing_is() -> None:
    command = [sys.executable, "-m", "tests.e2e.smoke", f"http://127.0.0.1:{free_port()}"]
    ran = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"EMAIL": "kay@example.org"}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stdout.startswith("not ok 1 ")
