"""What osls makes of the deployment's files: a CloudFormation template."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from devstack.api import ROOT

IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/dwipper@sha256:{'a' * 64}"
MAIL = {
    "SES_IDENTITY_ARN": "arn:aws:ses:eu-central-1:123456789012:identity/example.org",
    "MAIL_FROM": "dwipper@example.org",
}
_FILES = ("serverless.yml", "deploy")
_TEMPLATE = "cloudformation-template-update-stack.json"


class RefusedError(Exception):
    """osls takes the files for wrong."""


def copied(folder: Path) -> Path:
    """The deployment's files again, to be changed."""
    for name in _FILES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def package(folder: Path, stage: str, **variables: str) -> tuple[dict[str, Any], Path]:
    """The template of a stage, and the file in which it is.

    Raises:
        RefusedError: with osls's own words.
    """
    osls = ROOT / "node_modules" / ".bin" / "osls"
    assert osls.exists(), "osls is missing: `npm ci --ignore-scripts` installs it"
    made = folder / "package" / stage
    ran = subprocess.run(
        [osls, "package", "--stage", stage, "--param", f"image={IMAGE}", "--package", made],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "NODE_NO_WARNINGS": "1"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if ran.returncode != 0:
        raise RefusedError(ran.stdout + ran.stderr)
    return json.loads((made / _TEMPLATE).read_text()), made / _TEMPLATE


def change(folder: Path, name: str, old: str | re.Pattern[str], new: str) -> None:
    """Replace what stands in a file, the first time that it does."""
    pattern = old if isinstance(old, re.Pattern) else re.compile(re.escape(old))
    text, times = pattern.subn(lambda _: new, (folder / name).read_text(), count=1)
    assert times, f"{name} has no {old!r}"
    (folder / name).write_text(text)
