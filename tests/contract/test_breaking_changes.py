"""What breaks clients of the last release is refused, unless the version says so."""

from pathlib import Path

import pytest

from app import __version__
from devstack.api import ROOT
from testkit.operations import document
from tests.conftest import Figures
from tests.contract import breaking_changes
from tests.contract.api_changes import BREAKING, HARMLESS, changed
from tests.contract.oasdiff import Oasdiff
from tests.contract.release_repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


class TestVersion:
    @pytest.mark.parametrize(
        ("released", "version", "announced"),
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
    def test_it_says_that_clients_may_break(self, released: str, version: str, announced: bool) -> None:
        assert breaking_changes.announces(released, version) is announced


class TestLastRelease:
    def test_it_is_the_latest_by_number_that_has_a_document(self, repository: Repository) -> None:
        repository.release("v0.1.0", None)
        repository.write({})
        (repository.folder / "CHANGELOG.md").write_text("## [Unreleased]\n")
        assert breaking_changes.last_release(repository.folder, "0.1.1") is None
        for tag in ("v0.10.0", "v0.9.0", "vintage", "v1.0.0-rc1"):
            repository.release(tag, {"tag": tag})
        release = breaking_changes.last_release(repository.folder, "0.10.1")
        assert release == breaking_changes.Release("v0.10.0", '{"tag": "v0.10.0"}')

    def test_a_release_is_held_against_the_one_before(self, repository: Repository) -> None:
        repository.release("v0.1.0", {"a": 1})
        repository.release("v0.1.1", {"a": 2})
        assert breaking_changes.last_release(repository.folder, "0.1.1") == breaking_changes.Release(
            "v0.1.0", '{"a": 1}'
        )

    def test_a_part_of_the_history_tells_nothing(self, repository: Repository, tmp_path: Path) -> None:
        repository.release("v0.1.0", {})
        repository.release("v0.2.0", {})
        with pytest.raises(LookupError, match="fetch"):
            breaking_changes.last_release(repository.shallow(tmp_path / "shallow"), "0.2.0")

    def test_the_first_version_needs_no_tag(self, repository: Repository) -> None:
        repository.release("vintage", {})
        (repository.folder / "CHANGELOG.md").write_text("## [Unreleased]\n## [0.1.0] - 2026-11-25\n")
        assert breaking_changes.last_release(repository.folder, "0.1.0") is None


@pytest.fixture(scope="module")
def oasdiff(tmp_path_factory: pytest.TempPathFactory) -> Oasdiff:
    return Oasdiff.installed(tmp_path_factory.mktemp("oasdiff"))


@pytest.mark.slow
@pytest.mark.timeout(600)  # The first time, Go fetches and compiles it.
class TestChanges:
    def test_this_version_breaks_no_client_of_the_last_release(
        self, oasdiff: Oasdiff, tmp_path: Path, figures: Figures
    ) -> None:
        verdict = breaking_changes.judge(ROOT, __version__, oasdiff, tmp_path)
        figures("changes of the API", str(verdict))
        assert verdict.refused == []

    @pytest.mark.parametrize("name", BREAKING)
    def test_what_breaks_clients_is_refused_unless_it_is_announced(
        self, name: str, oasdiff: Oasdiff, repository: Repository, tmp_path: Path
    ) -> None:
        rule, change = BREAKING[name]
        repository.release("v0.1.0", document())
        repository.write(changed(change))
        verdict = breaking_changes.judge(repository.folder, "0.1.1", oasdiff, tmp_path)
        assert rule in {change.name for change in verdict.changes}
        assert verdict.refused
        assert breaking_changes.judge(repository.folder, "0.2.0", oasdiff, tmp_path).refused == []

    @pytest.mark.parametrize("name", HARMLESS)
    def test_what_breaks_none_is_not(self, name: str, oasdiff: Oasdiff, repository: Repository, tmp_path: Path) -> None:
        repository.release("v1.0.0", document())
        repository.write(changed(HARMLESS[name]))
        assert breaking_changes.judge(repository.folder, "1.0.1", oasdiff, tmp_path).refused == []

    def test_without_a_release_nothing_can_break_and_it_says_so(
        self, oasdiff: Oasdiff, repository: Repository, tmp_path: Path
    ) -> None:
        repository.release("vintage", document())
        verdict = breaking_changes.judge(repository.folder, "0.1.0", oasdiff, tmp_path)
        assert (verdict.refused, verdict.release) == ([], None)
        assert "no release" in str(verdict)
