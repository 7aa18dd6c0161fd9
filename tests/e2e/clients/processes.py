"""Runs of the programs that check clients."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devstack.paths import ROOT

NODE_PROGRAMS = ROOT / "node_modules" / ".bin"
_SEARCH_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def find_go() -> str:
    """Return the path of Go, which `make test-infra` installs beside Python. Raises AssertionError if it is missing."""
    go = shutil.which("go", path=_SEARCH_PATH)
    assert go, "go is missing. `make test-infra` installs it."
    return go


def run_failing(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    """Run a program that must fail, with these environment variables in addition. Return its output."""
    result = subprocess.run(
        command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0, "the program succeeded"
    return result.stdout + result.stderr
