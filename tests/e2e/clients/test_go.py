"""The Go client that oapi-codegen generates passes `go vet`, and works against a running API."""

import shutil
from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command
from tests.e2e.clients.conftest import RunningApi
from tests.e2e.clients.processes import find_go, run_failing
from tests.e2e.clients.stories import plant_mistake, run_story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FOLDER = Path(__file__).parent / "go"
_GENERATE = ["tool", "oapi-codegen", "-package", "client", "-generate", "types,client", "-o", "client/client.go"]
# Changes to scenario.go that contradict the OpenAPI document.
MISTAKES = {
    "unknown response field": ("page.NextCursor", "page.Cursor"),
    "unknown request field": ("NewPassword: newPassword", "Fresh: newPassword"),
    "status without a problem": ("refused.ApplicationproblemJSON409", "refused.ApplicationproblemJSON410"),
    "unknown problem type": ("client.OwnDwippProblem", "client.OwnTextProblem"),
    "nullable field without a check": ("edited.EditedAt != nil", 'edited.EditedAt != ""'),
}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the client in a copy of the story's folder, and return the copy."""
    folder = tmp_path_factory.mktemp("go")
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    (folder / "client").mkdir()
    run_command([find_go(), *_GENERATE, DOCUMENT], folder)
    return folder


@pytest.fixture(scope="session")
def story(workspace: Path) -> list[str | Path]:
    """Compile the story, and return its command."""
    run_command([find_go(), "vet", "-mod=readonly", "./..."], workspace)
    run_command([find_go(), "build", "-mod=readonly", "-o", "story", "."], workspace)
    return [workspace / "story"]


def test_story_runs(story: list[str | Path], api: RunningApi) -> None:
    run_story(story, api)


def test_story_passes_prism(story: list[str | Path], checked_api: RunningApi) -> None:
    run_story(story, checked_api)


def test_story_passes_prism_through_the_gateway(story: list[str | Path], checked_gateway: RunningApi) -> None:
    run_story(story, checked_gateway)


@pytest.mark.parametrize("name", MISTAKES)
def test_go_vet_finds_the_mistake(name: str, workspace: Path) -> None:
    folder = workspace / name.replace(" ", "-")
    folder.mkdir()
    plant_mistake(FOLDER / "scenario.go", folder / "scenario.go", MISTAKES[name])
    assert "scenario.go" in run_failing([find_go(), "vet", f"./{folder.name}"], workspace)
