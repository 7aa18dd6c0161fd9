"""The Java client that openapi-generator generates compiles without a warning, and works against a running API."""

import os
import shutil
from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command
from tests.e2e.clients.conftest import RunningApi
from tests.e2e.clients.processes import run_failing
from tests.e2e.clients.stories import plant_mistake, run_story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FOLDER = Path(__file__).parent / "java"
_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_PROPERTIES = "library=native,invokerPackage=dwipper,apiPackage=dwipper.api,modelPackage=dwipper.model"
# The generated serializers have no version, because nobody serializes them.
_COMPILE = ["javac", "--release", "17", "-Xlint:all,-serial", "-Werror", "-encoding", "UTF-8"]
# Changes to Scenario.java that contradict the OpenAPI document.
MISTAKES = {
    "unknown response field": ("getNextCursor()", "getCursor()"),
    "unknown request field": (".newPassword(NEW_PASSWORD)", ".freshPassword(NEW_PASSWORD)"),
    "unknown problem type": ("OwnDwippProblem;", "OwnTextProblem;"),
    "unknown value of an enum": ("ReasonEnum.SPAM", "ReasonEnum.SOCKS"),
    "parameter of the wrong type": ("listMyDwipps(100, null)", 'listMyDwipps("100", null)'),
}


@pytest.fixture(scope="session")
def workspace(openapi_generator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate and compile the client in a folder with its packages, and return the folder."""
    folder = tmp_path_factory.mktemp("java")
    run_command(["mvn", "-q", "-B", "-f", FOLDER / "pom.xml", _COPY_GOAL, f"-DoutputDirectory={folder / 'jars'}"])
    run_command(["sha256sum", "--check", "--strict", "--quiet", FOLDER / "jars.sha256"], folder / "jars")
    generate = ["generate", "-g", "java", "-i", str(DOCUMENT), "-o", "client", f"--additional-properties={_PROPERTIES}"]
    run_command(["java", "-jar", openapi_generator, *generate], folder)
    sources = sorted((folder / "client" / "src" / "main").rglob("*.java"))
    run_command([*_COMPILE, "-cp", "jars/*", "-d", "classes", *sources], folder)
    return folder


def _make_class_path(workspace: Path, *folders: str) -> str:
    return os.pathsep.join(str(workspace / name) for name in ("jars/*", "classes", *folders))


@pytest.fixture(scope="session")
def story(workspace: Path) -> list[str | Path]:
    """Compile the story, and return its command."""
    shutil.copy(FOLDER / "Scenario.java", workspace)
    run_command([*_COMPILE, "-cp", _make_class_path(workspace), "-d", "story", "Scenario.java"], workspace)
    return ["java", "-cp", _make_class_path(workspace, "story"), "Scenario"]


def test_story_runs(story: list[str | Path], api: RunningApi) -> None:
    run_story(story, api)


def test_story_passes_prism(story: list[str | Path], checked_api: RunningApi) -> None:
    run_story(story, checked_api)


@pytest.mark.parametrize("name", MISTAKES)
def test_javac_finds_the_mistake(name: str, workspace: Path) -> None:
    folder = workspace / name.replace(" ", "-")
    folder.mkdir()
    plant_mistake(FOLDER / "Scenario.java", folder / "Scenario.java", MISTAKES[name])
    command = [*_COMPILE, "-cp", _make_class_path(workspace), "-d", "classes", "Scenario.java"]
    assert "Scenario.java" in run_failing(command, folder)
