"""Packaging with osls, which makes a CloudFormation template from the files of the deployment."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from devstack.paths import ROOT

IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/dwipper@sha256:{'a' * 64}"
MAIL_VARIABLES = {
    "SES_IDENTITY_ARN": "arn:aws:ses:eu-central-1:123456789012:identity/example.org",
    "MAIL_FROM": "dwipper@example.org",
}
_FILES = ("serverless.yml", "deploy")
_TEMPLATE = "cloudformation-template-update-stack.json"


class PackagingError(Exception):
    """osls rejected the files. The message is the output of osls."""


def copy_sources(folder: Path) -> Path:
    """Copy the files of the deployment to a folder, in which a test can change them. Return the folder."""
    for name in _FILES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def package(folder: Path, stage: str, **variables: str) -> tuple[dict[str, Any], Path]:
    """Package a stage. Return its template, and the file of the template.

    Args:
        folder: the copied files of the deployment.
        stage: the stage.
        variables: environment variables for osls.

    Raises:
        PackagingError: if osls rejects the files.
    """
    osls = ROOT / "node_modules" / ".bin" / "osls"
    assert osls.exists(), "osls is missing: `npm ci --ignore-scripts` installs it"
    output = folder / "package" / stage
    result = subprocess.run(
        [osls, "package", "--stage", stage, "--param", f"image={IMAGE}", "--package", output],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "NODE_NO_WARNINGS": "1"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if result.returncode != 0:
        raise PackagingError(result.stdout + result.stderr)
    return json.loads((output / _TEMPLATE).read_text()), output / _TEMPLATE


def replace_once(folder: Path, name: str, old: str | re.Pattern[str], new: str) -> None:
    """Replace the first match in a file.

    Raises:
        AssertionError: if the file has no match.
    """
    pattern = old if isinstance(old, re.Pattern) else re.compile(re.escape(old))
    text, count = pattern.subn(lambda _: new, (folder / name).read_text(), count=1)
    assert count, f"{name} does not contain {old!r}"
    (folder / name).write_text(text)
