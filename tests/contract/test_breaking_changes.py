"""A change that breaks clients of the last release is refused unless the version announces it."""

import re
from pathlib import Path

import pytest

from app import __version__
from devstack.paths import ROOT
from testkit.operations import load_document
from tests.conftest import Figures
from tests.contract import breaking_changes
from tests.contract.api_changes import BREAKING_CHANGES, COMPATIBLE_CHANGES, apply_change
from tests.contract.oasdiff import Oasdiff
from tests.contract.release_repository import ReleaseRepository


@pytest.fixture
def repository(tmp_path: Path) -> ReleaseRepository:
    return ReleaseRepository(tmp_path / "repository")


class TestAllowsBreakingChanges:
    @pytest.mark.parametrize(
        ("released", "version", "expected"),
        [
            ("0.1.0", "0.1.0", False),
            ("0.1.0", "0.1.9", False),
            ("0.1.9", "0.2.0", True),
            ("0.9.0", "0.10.0", True),
            ("0.2.0", "0.1.0", False),
            ("0.9.0", "1.0.0", True),
            ("1.0.0", "1.9.0", False),
            ("1.9.9", "2.0.0", True),
            ("9.0.0", "10.0.0", True),
            ("2.0.0", "1.0.0", False),
            ("1.0.0", "0.9.0", False),
        ],
    )
    def test_version_announces_breaking_changes(self, released: str, version: str, expected: bool) -> None:
        assert breaking_changes.allows_breaking_changes(released, version) is expected


class TestFindLastRelease:
    def test_latest_version_with_a_document_is_found(self, repository: ReleaseRepository) -> None:
        repository.add_release("v0.1.0", None)
        repository.write_document({})
        (repository.folder / "CHANGELOG.md").write_text("## Unreleased\n")
        assert breaking_changes.find_last_release(repository.folder, "0.1.1") is None
        for tag in ("v0.10.0", "v0.9.0", "vintage", "v1.0.0-rc1"):
            repository.add_release(tag, {"tag": tag})
        release = breaking_changes.find_last_release(repository.folder, "0.10.1")
        assert release == breaking_changes.Release("v0.10.0", '{"tag": "v0.10.0"}')

    def test_released_document_is_compared_with_the_previous_release(self, repository: ReleaseRepository) -> None:
        repository.add_release("v0.1.0", {"a": 1})
        repository.add_release("v0.1.1", {"a": 2})
        assert breaking_changes.find_last_release(repository.folder, "0.1.1") == breaking_changes.Release(
            "v0.1.0", '{"a": 1}'
        )

    def test_shallow_clone_raises(self, repository: ReleaseRepository, tmp_path: Path) -> None:
        repository.add_release("v0.1.0", {})
        repository.add_release("v0.2.0", {})
        with pytest.raises(LookupError, match="fetch"):
            breaking_changes.find_last_release(repository.clone_shallow(tmp_path / "shallow"), "0.2.0")

    def test_versions_in_our_changelog_are_recognised(self) -> None:
        changelog = (ROOT / "CHANGELOG.md").read_text()
        headings = re.findall(r"^## (\S+)", changelog, re.MULTILINE)
        assert ["Unreleased", *breaking_changes._CHANGELOG_VERSION.findall(changelog)] == headings

    def test_first_version_needs_no_tag(self, repository: ReleaseRepository) -> None:
        repository.add_release("vintage", {})
        (repository.folder / "CHANGELOG.md").write_text("## Unreleased\n## 0.1.0 - 2026-11-25\n")
        assert breaking_changes.find_last_release(repository.folder, "0.1.0") is None


@pytest.fixture(scope="module")
def oasdiff(tmp_path_factory: pytest.TempPathFactory) -> Oasdiff:
    return Oasdiff.install(tmp_path_factory.mktemp("oasdiff"))


@pytest.mark.slow
@pytest.mark.timeout(600)  # On the first run, Go downloads and compiles oasdiff.
class TestCompareWithLastRelease:
    def test_current_document_is_compatible_with_the_last_release(
        self, oasdiff: Oasdiff, tmp_path: Path, figures: Figures
    ) -> None:
        comparison = breaking_changes.compare_with_last_release(ROOT, __version__, oasdiff, tmp_path)
        figures("changes of the API", str(comparison))
        assert comparison.unannounced_breaks == []

    @pytest.mark.parametrize("name", BREAKING_CHANGES)
    def test_breaking_change_needs_a_new_version(
        self, name: str, oasdiff: Oasdiff, repository: ReleaseRepository, tmp_path: Path
    ) -> None:
        rule, change = BREAKING_CHANGES[name]
        repository.add_release("v0.1.0", load_document())
        repository.write_document(apply_change(change))
        comparison = breaking_changes.compare_with_last_release(repository.folder, "0.1.1", oasdiff, tmp_path)
        assert rule in {change.name for change in comparison.changes}
        assert comparison.unannounced_breaks
        announced = breaking_changes.compare_with_last_release(repository.folder, "0.2.0", oasdiff, tmp_path)
        assert announced.unannounced_breaks == []

    @pytest.mark.parametrize("name", COMPATIBLE_CHANGES)
    def test_compatible_change_is_accepted(
        self, name: str, oasdiff: Oasdiff, repository: ReleaseRepository, tmp_path: Path
    ) -> None:
        repository.add_release("v1.0.0", load_document())
        repository.write_document(apply_change(COMPATIBLE_CHANGES[name]))
        comparison = breaking_changes.compare_with_last_release(repository.folder, "1.0.1", oasdiff, tmp_path)
        assert comparison.unannounced_breaks == []

    def test_no_release_means_no_breaking_change(
        self, oasdiff: Oasdiff, repository: ReleaseRepository, tmp_path: Path
    ) -> None:
        repository.add_release("vintage", load_document())
        comparison = breaking_changes.compare_with_last_release(repository.folder, "0.1.0", oasdiff, tmp_path)
        assert (comparison.unannounced_breaks, comparison.release) == ([], None)
        assert "no release" in str(comparison)
