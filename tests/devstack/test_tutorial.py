"""The commands of the tutorial run as printed."""

import subprocess
import sys

import pytest

from devstack.paths import ROOT
from testkit.shell_blocks import TUTORIAL, find_shell_blocks
from testkit.terminal import Developer


@pytest.mark.slow
def test_tutorial_runs_as_printed(developer: Developer) -> None:
    script = (
        "".join(block.code for block in find_shell_blocks(TUTORIAL))
        .replace("http://127.0.0.1:8000", developer.url(""))
        .replace(".local/env", f"{developer.folder}/env")
        .replace(".venv/bin/python", sys.executable)
    )
    with developer.start("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything")
        bash = ["/bin/bash", "-euo", "pipefail", "-c", script]
        result = subprocess.run(bash, check=False, capture_output=True, text=True, timeout=60, cwd=ROOT)
        terminal.wait_for("mail to you@example.org: 123456")
        terminal.wait_for("mail to you@example.org: 654321")
    assert result.returncode == 0, result.stderr
    assert "Socks are sleeping bags for feet." in result.stdout
    assert 'rel="next"' in result.stdout
    assert "\n204\n" in result.stdout
    assert "urn:dwipper:problem:dwipp-not-found" in result.stdout
    assert '"next_cursor"' in result.stdout
    *lines, handler_response = result.stdout.splitlines()
    # Confirm, log in, forgot and reset; then for the second account: confirm, delete, log in, and delete again.
    assert lines[-8:] == ["204", "200", "202", "204", "204", "202", "401", "202"]
    assert "'statusCode': 200" in handler_response
