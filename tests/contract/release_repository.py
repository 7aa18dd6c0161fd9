"""A repository of releases, made for a test."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.contract.document import Spec


class Repository:
    """A repository of releases, each of a document."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._git("init", "--quiet")

    def release(self, tag: str, spec: Spec | None) -> None:
        with (self.folder / "CHANGELOG.md").open("a") as changelog:
            changelog.write(f"## [{tag.removeprefix('v')}]\n")
        if spec is not None:
            self.write(spec)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", tag)
        self._git("tag", tag)

    def write(self, spec: Spec) -> None:
        (self.folder / "openapi.json").write_text(json.dumps(spec))

    def shallow(self, folder: Path) -> Path:
        self._git("clone", "--quiet", "--depth=1", "--no-tags", self.folder.as_uri(), str(folder))
        return folder

    def _git(self, *words: str) -> None:
        git = shutil.which("git") or "git"
        who = ["-c", "user.name=Kay", "-c", "user.email=kay@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run([git, *who, *words], cwd=self.folder, capture_output=True, check=True)
