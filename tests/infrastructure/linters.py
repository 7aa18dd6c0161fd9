"""The linters of workflows, templates and scripts, run as commands."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Go builds actionlint from source. The Python package of actionlint would download the program from another host.
_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
_SEARCH_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def run_actionlint(*workflows: Path) -> list[str]:
    """Return the messages of actionlint about workflows, and of shellcheck about their scripts."""
    shellcheck = f"-shellcheck={_find_tool('shellcheck')}"
    command = [_find_tool("go"), "run", _ACTIONLINT, "-pyflakes=", shellcheck, "-format={{json .}}"]
    findings = json.loads(_run([*command, *map(str, workflows)], workflows[0].parent))
    return [finding["message"] for finding in findings]


def run_zizmor(folder: Path) -> list[str]:
    """Return the rules of zizmor that the workflows in a folder violate, in its strictest persona."""
    options = ["--offline", "--persona=auditor", "--quiet", "--no-progress", "--format=json-v1"]
    findings = json.loads(_run([_find_tool("zizmor"), *options, str(folder)], folder))
    return [finding["ident"] for finding in findings]


def run_cfn_lint(*templates: Path) -> list[str]:
    """Return the rules of cfn-lint that templates violate, warnings included."""
    command = [_find_tool("cfn-lint"), "--format=parseable", "--", *map(str, templates)]
    return re.findall(r":([EWI]\d{4}):", _run(command, templates[0].parent))


def run_shellcheck(*scripts: Path) -> str:
    """Return the output of shellcheck about scripts. It is empty if there are no findings."""
    return _run([_find_tool("shellcheck"), *map(str, scripts)], scripts[0].parent)


def _find_tool(name: str) -> str:
    tool = shutil.which(name, path=_SEARCH_PATH)
    assert tool, f"{name} is missing: `make test-infra` installs the linters and Go, which builds actionlint."
    return tool


def _run(command: list[str], folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    # A linter that fails before its checks writes only to standard error.
    assert result.returncode == 0 or result.stdout.strip(), result.stderr
    return result.stdout
