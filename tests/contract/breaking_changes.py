"""Breaking changes of the API since the last release, and whether the version announces them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.contract.oasdiff import Change, Oasdiff

_DOCUMENT = "openapi.json"
_CHANGELOG = "CHANGELOG.md"
_CHANGELOG_VERSION = re.compile(r"^## (\d\S*)", re.MULTILINE)
_TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its tag and its OpenAPI document."""

    tag: str
    document: str

    @property
    def version(self) -> str:
        return self.tag.removeprefix("v")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes since the last release. Without a release, `release` is None and `changes` is empty.

    `is_announced` is True if the version allows breaking changes.
    """

    release: Release | None
    changes: list[Change]
    is_announced: bool

    @property
    def unannounced_breaks(self) -> list[str]:
        """Return the texts of the breaking changes. Empty if the version allows them."""
        return [] if self.is_announced else [change.text for change in self.changes if change.is_breaking]

    def __str__(self) -> str:
        if self.release is None:
            return "no release with a document yet, so no change can break clients"
        announced = ", announced by the version" if self.is_announced else ""
        return f"since {self.release.tag}: {[change.text for change in self.changes] or 'nothing'}{announced}"


def compare_with_last_release(repository: Path, version: str, oasdiff: Oasdiff, folder: Path) -> Comparison:
    """Compare the document in a repository with the document of the last release.

    Args:
        repository: the folder of the repository.
        version: the current version.
        oasdiff: the program that compares documents.
        folder: a folder for temporary files.

    Raises:
        LookupError: if the changelog names earlier releases, but the repository has no tag of a release.
    """
    current_document = repository / _DOCUMENT
    release = find_last_release(repository, version)
    if release is None:
        return Comparison(None, [], is_announced=False)
    old_document = folder / f"{release.tag}.json"
    old_document.write_text(release.document)
    return Comparison(
        release,
        oasdiff.list_changes(old_document, current_document),
        is_announced=allows_breaking_changes(release.version, version),
    )


def allows_breaking_changes(released: str, version: str) -> bool:
    """Return True if the major version is higher than that of the release. Below 1.0, the minor version counts."""
    (*old, _), (*new, _) = (map(int, number.split(".")) for number in (released, version))
    return new[0] > old[0] or (new[0] == old[0] == 0 and new[1] > old[1])


def find_last_release(repository: Path, version: str) -> Release | None:
    """Return the latest release that has a document. None if there is none.

    The release of this version is skipped, unless the document has changed since.

    Raises:
        LookupError: if the changelog names earlier releases, but the repository has no tag of a release.
    """
    releases = list(_iter_releases(repository))
    # The changelog names the current version before its tag exists.
    earlier_versions = set(_CHANGELOG_VERSION.findall((repository / _CHANGELOG).read_text())) - {version}
    if not releases and earlier_versions:
        raise LookupError("The tags of the releases are missing. Run `git fetch --unshallow --tags`.")
    current_document = (repository / _DOCUMENT).read_text()
    return next((release for release in releases if release != Release(f"v{version}", current_document)), None)


def _iter_releases(repository: Path) -> Iterator[Release]:
    """Yield the releases with a document in the history of HEAD, latest first."""
    for tag in _run_git(repository, "tag", "--merged=HEAD", "--sort=-version:refname", "--list", "v*").split():
        if _TAG.fullmatch(tag) and _run_git(repository, "ls-tree", tag, "--", _DOCUMENT):
            yield Release(tag, _run_git(repository, "show", f"{tag}:{_DOCUMENT}"))


def _run_git(repository: Path, *arguments: str) -> str:
    git = shutil.which("git") or "git"
    return subprocess.run([git, *arguments], cwd=repository, capture_output=True, text=True, check=True).stdout
