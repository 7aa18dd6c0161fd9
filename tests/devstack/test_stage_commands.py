"""Deployments go to the embedded AWS only, and their errors reach the developer."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devstack import stage_commands
from devstack.errors import LocalError

_ENDPOINT = "http://127.0.0.1:1"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a program that runs in place of Python, and prints its arguments and its environment."""
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\necho "$@" "$AWS_REGION" "$AWS_ENDPOINT_URL" "$CONFIRM" "$AWS_PROFILE"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return program


@pytest.mark.usefixtures("program")
def test_deploy_uses_only_the_embedded_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-ours")
    log = tmp_path / "deploy.log"
    stage_commands.deploy(_ENDPOINT, "us-east-1", "dev", "an-image", log)
    expected = "-m scripts.deploy dev an-image --param=firewall=off --param=alarms=off us-east-1 http://127.0.0.1:1"
    assert log.read_text().strip() == expected


@pytest.mark.usefixtures("program")
def test_remove_asks_nothing(tmp_path: Path) -> None:
    log = tmp_path / "deploy.log"
    stage_commands.remove(_ENDPOINT, "us-east-1", "dev", log)
    expected = "-m scripts.remove dev --param=firewall=off --param=alarms=off us-east-1 http://127.0.0.1:1 dev"
    assert log.read_text().strip() == expected


def test_only_one_osls_runs_at_a_time(program: Path, tmp_path: Path) -> None:
    """Two of them would overwrite each other's package."""
    steps = tmp_path / "steps"
    program.write_text(f"#!/bin/sh\necho begin >> {steps}\nsleep 0.2\necho end >> {steps}\n")
    with ThreadPoolExecutor() as threads:
        deployments = [
            threads.submit(stage_commands.deploy, _ENDPOINT, "us-east-1", "dev", "image", tmp_path / f"{number}.log")
            for number in range(3)
        ]
    assert [deployment.result() for deployment in deployments] == [None] * 3
    assert steps.read_text().split() == ["begin", "end"] * 3


def test_error_contains_the_message_of_osls(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/bin/sh\nprintf 'x\\nError:\\nThe template is wrong.\\nAt line 3.\\nMore.\\n'\nexit 1\n")
    with pytest.raises(LocalError, match=r"command deploy failed: The template is wrong\. At line 3\. \(full log: "):
        stage_commands.deploy(_ENDPOINT, "us-east-1", "dev", "an-image", tmp_path / "deploy.log")


def test_error_contains_the_message_of_the_command(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/bin/sh\nprintf 'Deploying ...\\nosls is missing.\\n'\nexit 1\n")
    with pytest.raises(LocalError, match=r"command remove failed: Deploying \.\.\. osls is missing\. \(full log: "):
        stage_commands.remove(_ENDPOINT, "us-east-1", "dev", tmp_path / "deploy.log")
