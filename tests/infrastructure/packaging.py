"""The templates of a stage: that of its data, and the one that osls makes from serverless.yml."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from devstack.paths import ROOT
from scripts.osls import PLACEHOLDERS
from testkit.templates import to_json

# A person deploys the other templates.
STAGE_TEMPLATES = sorted(
    file for file in (ROOT / "deploy").glob("*.yml") if file.stem not in {"account", "domain", "github-oidc", "roles"}
)
IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/dwipper@sha256:{'a' * 64}"
_FILES = ("serverless.yml", "deploy")
_TEMPLATE = "cloudformation-template-update-stack.json"
_PARAMETERS = [f"--param={name}={value}" for name, value in {**PLACEHOLDERS, "image": IMAGE}.items()]


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
    """Package a stage. Return its template with the resources of the data, and the file of the packaged template.

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
        [osls, "package", "--stage", stage, "--package", output, *_PARAMETERS],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "NODE_NO_WARNINGS": "1"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if result.returncode != 0:
        raise PackagingError(result.stdout + result.stderr)
    template = json.loads((output / _TEMPLATE).read_text())
    template["Resources"] |= json.loads(to_json(folder / "deploy" / "data.yml"))["Resources"]
    return template, output / _TEMPLATE


def replace_once(folder: Path, name: str, old: str | re.Pattern[str], new: str) -> None:
    """Replace the first match in a file.

    Raises:
        AssertionError: if the file has no match.
    """
    pattern = old if isinstance(old, re.Pattern) else re.compile(re.escape(old))
    text, count = pattern.subn(lambda _: new, (folder / name).read_text(), count=1)
    assert count, f"{name} does not contain {old!r}"
    (folder / name).write_text(text)
