"""The linters of what is deployed and of what deploys it, each as a shell would start it; what they find, by rule."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Written in Go, and installed by it: its package for Python would load the program from somewhere else.
_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
_TOOLS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def actionlint(*workflows: Path) -> list[str]:
    """What actionlint finds in workflows, and shellcheck in their scripts."""
    shellcheck = f"-shellcheck={_tool('shellcheck')}"
    words = [_tool("go"), "run", _ACTIONLINT, "-pyflakes=", shellcheck, "-format={{json .}}", *map(str, workflows)]
    return [finding["message"] for finding in json.loads(_printed(words, workflows[0].parent))]


def zizmor(folder: Path) -> list[str]:
    """Which rules of zizmor a folder of workflows breaks, by the strictest of its views."""
    options = ["--offline", "--persona=auditor", "--quiet", "--no-progress", "--format=json-v1"]
    return [finding["ident"] for finding in json.loads(_printed([_tool("zizmor"), *options, str(folder)], folder))]


def cfn_lint(*templates: Path) -> list[str]:
    """Which rules of cfn-lint templates break, warnings included."""
    words = [_tool("cfn-lint"), "--format=parseable", "--", *map(str, templates)]
    return re.findall(r":([EWI]\d{4}):", _printed(words, templates[0].parent))


def shellcheck(*scripts: Path) -> str:
    """What shellcheck says of scripts."""
    return _printed([_tool("shellcheck"), *map(str, scripts)], scripts[0].parent)


def _tool(name: str) -> str:
    tool = shutil.which(name, path=_TOOLS)
    assert tool, f"{name} is missing: `make install` brings the linters, but Go, 1.21 or newer, has to be there."
    return tool


def _printed(words: list[str], folder: Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    # A linter that does not come as far as linting says so on the other channel alone.
    assert done.returncode == 0 or done.stdout.strip(), done.stderr
    return done.stdout
