"""Runs of the programs that check clients."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack.paths import ROOT

NODE_PROGRAMS = ROOT / "node_modules" / ".bin"


def run_failing(command: Sequence[str | Path], folder: Path) -> str:
    """Run a program that must fail, and return its output."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode != 0, "the program succeeded"
    return result.stdout
