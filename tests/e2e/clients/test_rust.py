"""The Rust client that openapi-to-rust generates compiles without a warning, and works against a running API."""

import shutil
from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command
from tests.e2e.clients.conftest import RunningApi
from tests.e2e.clients.processes import run_failing
from tests.e2e.clients.stories import plant_mistake, run_story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FOLDER = Path(__file__).parent / "rust"
# Cargo.toml denies warnings, and build.rs generates the client.
_BUILD = ["cargo", "build", "--locked", "--quiet"]
# Changes to main.rs that contradict the OpenAPI document.
MISTAKES = {
    "unknown response field": ("page.next_cursor", "page.cursor"),
    "missing request field": (", new_password: NEW_PASSWORD.into()", ""),
    "status without a problem": ("EditDwippApiError::Status409", "EditDwippApiError::Status410"),
    "problem type of another operation": ("Problem::OwnDwippProblem(own)", "Problem::OwnProfileProblem(own)"),
    "nullable field without a check": ("edited_at.is_some_and(|time| time >", "edited_at.gt(&"),
}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate and compile the client in a copy of the story's folder, and return the copy."""
    folder = tmp_path_factory.mktemp("rust")
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    run_command(_BUILD, folder, DOCUMENT=str(DOCUMENT))
    return folder


@pytest.fixture(scope="session")
def story(workspace: Path) -> list[str | Path]:
    """Return the command of the story."""
    return [shutil.copy(workspace / "target" / "debug" / "dwipper-scenario", workspace / "story")]


def test_story_runs(story: list[str | Path], api: RunningApi) -> None:
    run_story(story, api)


def test_story_passes_prism(story: list[str | Path], checked_api: RunningApi) -> None:
    run_story(story, checked_api)


def test_story_passes_prism_through_the_gateway(story: list[str | Path], checked_gateway: RunningApi) -> None:
    run_story(story, checked_gateway)


@pytest.mark.parametrize("name", MISTAKES)
def test_rustc_finds_the_mistake(name: str, workspace: Path) -> None:
    plant_mistake(FOLDER / "src" / "main.rs", workspace / "src" / "main.rs", MISTAKES[name])
    assert "src/main.rs" in run_failing(_BUILD, workspace, DOCUMENT=str(DOCUMENT))
