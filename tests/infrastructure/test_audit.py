"""checkov finds in the templates exactly what docs/audit.md accepts, each with a reason."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.infrastructure.packaging import copy_sources, package, replace_once

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_PROGRAM = ROOT / ".venv-checkov" / "bin" / "checkov"
_TEMPLATES = [
    *(ROOT / "deploy" / f"{name}.yml" for name in ("account", "data", "github-oidc", "roles")),
    ROOT / "pipeline.yml",
]

Finding = tuple[str, str]  # The check, and the type of the resource.


def _read_accepted() -> dict[Finding, str]:
    """Return the accepted findings, with their reasons."""
    rows = re.findall(
        r"^\| `(CKV\w+)` \| `([\w:]+)` \| (.+) \|$", (ROOT / "docs" / "audit.md").read_text(), re.MULTILINE
    )
    return {(check, resource): reason for check, resource, reason in rows}


def _audit(*files: Path) -> set[Finding]:
    """Return the findings in templates."""
    options = ["--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "--output", "json"]
    command = [_PROGRAM, *options, *(part for file in files for part in ("--file", file))]
    result = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    report = json.loads(result.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["resource_count"] > 0
    return {
        (finding["check_id"], finding["resource"].rpartition(".")[0]) for finding in report["results"]["failed_checks"]
    }


def test_findings_are_the_accepted_ones(tmp_path: Path) -> None:
    _, service = package(copy_sources(tmp_path), "prod")
    assert _audit(service, *_TEMPLATES) == _read_accepted().keys()


def test_mistake_is_found(tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    replace_once(folder, "deploy/data.yml", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false")
    assert ("CKV_AWS_28", "AWS::DynamoDB::Table") in _audit(folder / "deploy" / "data.yml")


def test_each_accepted_finding_has_a_reason() -> None:
    accepted = _read_accepted()
    assert len(accepted) == (ROOT / "docs" / "audit.md").read_text().count("| `CKV")
    assert all(len(reason.split()) >= 5 for reason in accepted.values())
