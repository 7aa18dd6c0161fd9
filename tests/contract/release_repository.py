"""A git repository with releases, for tests."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.contract.document import Spec


class ReleaseRepository:
    """A git repository in a new folder. Each release has a tag and a changelog entry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._run_git("init", "--quiet")

    def add_release(self, tag: str, spec: Spec | None) -> None:
        """Commit and tag a release. None for `spec` keeps the current document, if there is one."""
        with (self.folder / "CHANGELOG.md").open("a") as changelog:
            changelog.write(f"## {tag.removeprefix('v')} - 2026-11-25\n")
        if spec is not None:
            self.write_document(spec)
        self._run_git("add", "--all")
        self._run_git("commit", "--quiet", "--message", tag)
        self._run_git("tag", tag)

    def write_document(self, spec: Spec) -> None:
        (self.folder / "openapi.json").write_text(json.dumps(spec))

    def clone_shallow(self, folder: Path) -> Path:
        """Clone the last commit without tags, and return the folder."""
        self._run_git("clone", "--quiet", "--depth=1", "--no-tags", self.folder.as_uri(), str(folder))
        return folder

    def _run_git(self, *arguments: str) -> None:
        git = shutil.which("git") or "git"
        identity = ["-c", "user.name=Kay", "-c", "user.email=kay@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run([git, *identity, *arguments], cwd=self.folder, capture_output=True, check=True)
