"""Programs that make, check and run clients."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack.api import ROOT

PROGRAMS = ROOT / "node_modules" / ".bin"


def run(words: Sequence[str | Path], folder: Path = ROOT) -> str:
    """What a program prints, which has to succeed."""
    done = _done(words, folder)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def complaints(words: Sequence[str | Path], folder: Path) -> str:
    """What a program prints, which has to fail."""
    done = _done(words, folder)
    assert done.returncode != 0, "nothing is wrong with it"
    return done.stdout


def _done(words: Sequence[str | Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    program = shutil.which(words[0])
    assert program, f"{words[0]} is missing"
    return subprocess.run([program, *words[1:]], cwd=folder, capture_output=True, text=True, check=False)
