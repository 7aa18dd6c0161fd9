"""oasdiff, which tells what of a change of the document breaks clients; written in Go, and installed by it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = "github.com/oasdiff/oasdiff@v1.36.0"
_TOOLS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
# What it would pass over: the id of an operation is what a generated client calls it by.
_SEVERITIES = Path(__file__).parent / "severities.txt"
_ERROR = 3


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed, by oasdiff's own name for it, and whether it breaks clients or only may."""

    name: str
    text: str
    breaks: bool


@dataclass(frozen=True, slots=True)
class Oasdiff:
    """The program."""

    program: Path

    @classmethod
    def installed(cls, folder: Path) -> "Oasdiff":
        go = shutil.which("go", path=_TOOLS)
        assert go, "go is missing: `make test-infra` brings it along."
        _run([go, "install", _PACKAGE], folder, GOBIN=str(folder))
        return cls(folder / "oasdiff")

    def changes(self, old: Path, new: Path) -> list[Change]:
        """What of the new document breaks clients of the old one, or may."""
        words = [str(self.program), "breaking", str(old), str(new), "--format=json", f"--severity-levels={_SEVERITIES}"]
        found = json.loads(_run(words, old.parent))
        return [_change(each) for each in found]


def _change(found: dict[str, str | int]) -> Change:
    text = f"{found.get('operation', '')} {found.get('path', '')}: {found['text']}"
    return Change(str(found["id"]), text.strip(), breaks=found["level"] == _ERROR)


def _run(words: list[str], folder: Path, **variables: str) -> str:
    environment = os.environ | variables
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
