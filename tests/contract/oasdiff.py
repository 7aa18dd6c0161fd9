"""The program oasdiff, which finds breaking changes between two OpenAPI documents."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from testkit.processes import run_command

_PACKAGE = "github.com/oasdiff/oasdiff@v1.36.0"
_SEARCH_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
# oasdiff ignores changes of operation ids by default, but generated clients name their methods after operation ids.
_SEVERITIES = Path(__file__).parent / "severities.txt"
# The level of a change that certainly breaks clients.
_ERROR_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A change. `name` is the id of oasdiff's rule. `is_breaking` is False if the change breaks only some clients."""

    name: str
    text: str
    is_breaking: bool


@dataclass(frozen=True, slots=True)
class Oasdiff:
    """The installed program."""

    program: Path

    @classmethod
    def install(cls, folder: Path) -> "Oasdiff":
        """Install oasdiff into a folder, with Go."""
        go = shutil.which("go", path=_SEARCH_PATH)
        assert go, "go is missing. `make test-infra` installs it."
        run_command([go, "install", _PACKAGE], folder, GOBIN=str(folder))
        return cls(folder / "oasdiff")

    def list_changes(self, old: Path, new: Path) -> list[Change]:
        """Return the changes that break clients of the old document, or that may break some."""
        arguments = [
            str(self.program),
            "breaking",
            str(old),
            str(new),
            "--format=json",
            f"--severity-levels={_SEVERITIES}",
            "--flatten-allof",  # Otherwise a change of what extends a base is only a warning.
        ]
        findings = json.loads(run_command(arguments, old.parent))
        return [_to_change(finding) for finding in findings]


def _to_change(finding: dict[str, str | int]) -> Change:
    text = f"{finding.get('operation', '')} {finding.get('path', '')}: {finding['text']}"
    return Change(str(finding["id"]), text.strip(), is_breaking=finding["level"] == _ERROR_LEVEL)
