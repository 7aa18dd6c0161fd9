"""osls is run against the embedded AWS only, and its errors reach the developer."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devstack import osls
from devstack.errors import LocalError


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "osls"
    program.write_text('#!/bin/sh\necho "$@" "$AWS_ENDPOINT_URL" "$AWS_PROFILE"\n')
    program.chmod(0o755)
    monkeypatch.setattr(osls, "_PROGRAM", program)
    return program


def test_deploy_uses_only_the_embedded_aws(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-ours")
    log = tmp_path / "osls.log"
    osls.deploy("http://127.0.0.1:1", "us-east-1", "dev", "an-image", log)
    output = log.read_text()
    assert output.startswith("deploy --region us-east-1 --stage dev --param=firewall=off --param=alarms=off")
    assert output.rstrip().endswith("--param=image=an-image http://127.0.0.1:1")
    assert program.exists()


@pytest.mark.usefixtures("program")
def test_remove_uses_a_placeholder_image(tmp_path: Path) -> None:
    log = tmp_path / "osls.log"
    osls.remove("http://127.0.0.1:1", "us-east-1", "dev", log)
    assert log.read_text().startswith("remove ")
    assert "image=dwipper@sha256:0000" in log.read_text()


def test_only_one_osls_runs_at_a_time(program: Path, tmp_path: Path) -> None:
    """Two of them would overwrite each other's package."""
    steps = tmp_path / "steps"
    program.write_text(f"#!/bin/sh\necho begin >> {steps}\nsleep 0.2\necho end >> {steps}\n")
    with ThreadPoolExecutor() as threads:
        deployments = [
            threads.submit(osls.deploy, "http://127.0.0.1:1", "us-east-1", "dev", "image", tmp_path / f"{number}.log")
            for number in range(3)
        ]
    assert [deployment.result() for deployment in deployments] == [None] * 3
    assert steps.read_text().split() == ["begin", "end"] * 3


def test_error_contains_the_message_of_osls(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/bin/sh\nprintf 'x\\nError:\\nThe template is wrong.\\nAt line 3.\\nMore.\\n'\nexit 1\n")
    with pytest.raises(LocalError, match=r"osls deploy failed: The template is wrong\. At line 3\. \(full log: "):
        osls.deploy("http://127.0.0.1:1", "us-east-1", "dev", "an-image", tmp_path / "osls.log")


def test_missing_osls_is_an_error_with_an_install_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osls, "_PROGRAM", tmp_path / "nothing")
    with pytest.raises(LocalError, match="npm ci"):
        osls.remove("http://127.0.0.1:1", "us-east-1", "dev", tmp_path / "osls.log")
