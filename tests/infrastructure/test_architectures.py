"""The lock file has wheels for both architectures of Lambda, so the image can be built for both."""

import subprocess
import sys
from pathlib import Path

import pytest

from devstack.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# AWS's base image is Amazon Linux 2023 with glibc 2.34, which accepts wheels for this version and for older versions.
_PLATFORM_TAGS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_function_packages_install_from_wheels_only(architecture: str, tmp_path: Path) -> None:
    options = ["--dry-run", "--no-deps", "--require-hashes", "--only-binary=:all:", "--target", str(tmp_path)]
    options += ["--implementation", "cp", "--python-version", "3.13"]
    options += [word for tag in _PLATFORM_TAGS for word in ("--platform", f"{tag}_{architecture}")]
    lock = ROOT / "requirements" / "runtime.txt"
    command = [sys.executable, "-m", "pip", "install", "--quiet", *options, "--requirement", str(lock)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
