"""A CDK app can include the template of `make template`, and leaves it as it is."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devstack.paths import ROOT
from scripts import template
from tests.infrastructure.rules.resources import as_list

pytestmark = [pytest.mark.slow, pytest.mark.longest, pytest.mark.timeout(300)]


def _run(command: list[str | Path], folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def _sort_dependencies(content: Any) -> Any:
    """Sort the dependencies of each resource. CDK changes their order, and makes a list of a single one."""
    for resource in content["Resources"].values():
        if "DependsOn" in resource:
            resource["DependsOn"] = sorted(as_list(resource["DependsOn"]))
    return content


def test_cdk_includes_the_template_unchanged(tmp_path: Path) -> None:
    app = tmp_path / "cdk"
    shutil.copytree(ROOT / "tests" / "infrastructure" / "cdk", app)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], app)
    file = template.write("dev", os.environ)
    included = json.loads(_run(["node", "include.js", file], app))
    assert _sort_dependencies(included) == _sort_dependencies(json.loads(file.read_text()))
