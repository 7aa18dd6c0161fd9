"""Runs of the programs that generate, check and execute clients."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack.api import ROOT

NODE_PROGRAMS = ROOT / "node_modules" / ".bin"


def run(command: Sequence[str | Path], folder: Path = ROOT) -> str:
    """Run a program that must succeed, and return its output."""
    completed = _run(command, folder)
    assert completed.returncode == 0, f"{completed.stdout}\n{completed.stderr}"
    return completed.stdout


def run_failing(command: Sequence[str | Path], folder: Path) -> str:
    """Run a program that must fail, and return its output."""
    completed = _run(command, folder)
    assert completed.returncode != 0, "the program succeeded"
    return completed.stdout


def _run(command: Sequence[str | Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    program = shutil.which(command[0])
    assert program, f"{command[0]} is missing"
    return subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
