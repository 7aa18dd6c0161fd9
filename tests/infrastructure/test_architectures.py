"""What is built here for one processor can be built for the other: the lock has wheels for both of Lambda's."""

import subprocess
import sys
from pathlib import Path

import pytest

from devstack.api import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# AWS's base image is of Amazon Linux 2023, whose glibc is 2.34: it takes these, and no newer ones.
_GLIBC = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_the_function_can_be_installed_from_wheels_alone(architecture: str, tmp_path: Path) -> None:
    options = ["--dry-run", "--no-deps", "--require-hashes", "--only-binary=:all:", "--target", str(tmp_path)]
    options += ["--implementation", "cp", "--python-version", "3.13"]
    options += [word for glibc in _GLIBC for word in ("--platform", f"{glibc}_{architecture}")]
    lock = ROOT / "requirements" / "runtime.txt"
    command = [sys.executable, "-m", "pip", "install", "--quiet", *options, "--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
