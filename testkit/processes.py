"""Commands that must succeed."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack.paths import ROOT


def run_command(
    command: Sequence[str | Path], folder: Path = ROOT, *, timeout_seconds: float | None = None, **variables: str
) -> str:
    """Run a command that must succeed, and return its standard output.

    Args:
        command: the program and its arguments. The program is looked up in PATH.
        folder: the working directory.
        timeout_seconds: the limit after which the command is killed. None for no limit.
        variables: environment variables, in addition to those of this process.

    Raises:
        AssertionError: if the command fails. The message has its output.
        FileNotFoundError: if the program is missing.
        subprocess.TimeoutExpired: if the command takes longer than the limit.
    """
    result = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    assert result.returncode == 0, f"{command[0]} failed:\n{result.stdout}\n{result.stderr}"
    return result.stdout
