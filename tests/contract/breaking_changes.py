"""Whether the API may change as it does: what breaks clients of the last release, and whether the version says so."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.contract.oasdiff import Change, Oasdiff

_DOCUMENT = "openapi.json"
_CHANGELOG = "CHANGELOG.md"
_RELEASED = re.compile(r"^## \[(\d[^\]]*)\]", re.MULTILINE)
_TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Release:
    """What was released under a tag."""

    tag: str
    document: str

    @property
    def version(self) -> str:
        return self.tag.removeprefix("v")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a comparison with the last release, if there is one."""

    release: Release | None
    changes: list[Change]
    is_announced: bool

    @property
    def refused(self) -> list[str]:
        """What breaks clients, and is not announced."""
        return [] if self.is_announced else [change.text for change in self.changes if change.breaks]

    def __str__(self) -> str:
        if self.release is None:
            return "there is no release with a document yet, so nothing can break"
        announced = ", announced by the version" if self.is_announced else ""
        return f"since {self.release.tag}: {[change.text for change in self.changes] or 'nothing'}{announced}"


def judge(repository: Path, version: str, oasdiff: Oasdiff, folder: Path) -> Verdict:
    """Compare a repository's document with that of its last release.

    Raises:
        LookupError: if nobody can tell, since the repository has only a part of its history.
    """
    current = repository / _DOCUMENT
    release = last_release(repository, version)
    if release is None:
        return Verdict(None, [], is_announced=False)
    old = folder / f"{release.tag}.json"
    old.write_text(release.document)
    return Verdict(release, oasdiff.changes(old, current), is_announced=announces(release.version, version))


def announces(released: str, version: str) -> bool:
    """Whether a version says that clients of a released one may break: by its first number, below 1.0 by its second."""
    (*old, _), (*new, _) = (map(int, each.split(".")) for each in (released, version))
    return new[0] > old[0] or (new[0] == old[0] == 0 and new[1] > old[1])


def last_release(repository: Path, version: str) -> Release | None:
    """The latest release before this version, of those that have a document."""
    releases = list(_releases(repository))
    # The changelog names the current version before its tag exists.
    earlier = set(_RELEASED.findall((repository / _CHANGELOG).read_text())) - {version}
    if not releases and earlier:
        raise LookupError("The releases are not here: git fetch --unshallow --tags")
    current = (repository / _DOCUMENT).read_text()
    return next((each for each in releases if each != Release(f"v{version}", current)), None)


def _releases(repository: Path) -> Iterator[Release]:
    """All releases that this commit comes after, the latest first."""
    for tag in _git(repository, "tag", "--merged=HEAD", "--sort=-version:refname", "--list", "v*").split():
        if _TAG.fullmatch(tag) and _git(repository, "ls-tree", tag, "--", _DOCUMENT):
            yield Release(tag, _git(repository, "show", f"{tag}:{_DOCUMENT}"))


def _git(repository: Path, *words: str) -> str:
    git = shutil.which("git") or "git"
    return subprocess.run([git, *words], cwd=repository, capture_output=True, text=True, check=True).stdout
