"""The packed TypeScript client is strictly typed, and works against a running API."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from app import __version__
from devstack.paths import ROOT
from testkit.processes import run_command
from tests.conftest import Figures
from tests.e2e.clients.conftest import RunningApi
from tests.e2e.clients.processes import NODE_PROGRAMS, run_failing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FOLDER = Path(__file__).parent
SOURCE = FOLDER / "typescript"
EMAIL = "tess@example.org"
SECOND_EMAIL = "theo@example.org"
# Changes to scenario.ts that contradict the OpenAPI document.
MISTAKES = {
    "unknown problem type": ("problem:edit-conflict", "problem:conflict"),
    "problem type of another operation": ("problem:edit-conflict", "problem:handle-taken"),
    "status of another problem type": ("const conflict: 409", "const conflict: 404"),
    "unknown path": ('"/v1/auth/refresh"', '"/v1/auth/renew"'),
    "unknown method": ('.PUT("/v1/dwipps/{dwipp_id}/favorite"', '.PATCH("/v1/dwipps/{dwipp_id}/favorite"'),
    "missing request field": ("body: { email, password }", "body: { email }"),
    "unknown response field": ("page.next_cursor", "page.nextCursor"),
    "missing parameter": ('favorite", { params }', 'favorite", {}'),
    "nullable field without null": ("let cursor: string | null", "let cursor: string"),
    "array item without a check": ("favorites.items[0]?.id", "favorites.items[0].id"),
}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the packed client in a folder as npm would, and return the folder."""
    folder = tmp_path_factory.mktemp("typescript")
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "openapi-fetch").symlink_to(ROOT / "node_modules" / "openapi-fetch")
    run_command(["bash", FOLDER / "pack.sh", folder / "client"])
    (package,) = folder.glob("*.tgz")
    with tarfile.open(package) as packed:
        packed.extractall(folder, filter="data")
    shutil.copytree(folder / "package", modules / "dwipper-client")
    return folder


def _write_project(workspace: Path, name: str, code: str) -> Path:
    """Write a project with this code as `scenario.ts`, and return the project's folder."""
    folder = workspace / name
    folder.mkdir()
    (folder / "scenario.ts").write_text(code)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(SOURCE / "tsconfig.json", folder)
    return folder


def test_scenario_compiles_and_runs(
    workspace: Path, api: RunningApi, figures: Figures, request: pytest.FixtureRequest
) -> None:
    project = _write_project(workspace, request.node.name, (SOURCE / "scenario.ts").read_text())
    run_command([NODE_PROGRAMS / "tsc", "--project", project])
    assert run_command(["node", project / "scenario.js", api.url, api.code, EMAIL]) == "done\n"
    assert api.has_mailed_code(EMAIL)
    figures("lines of types", len((workspace / "client" / "schema.d.ts").read_text().splitlines()))


def test_responses_to_the_scenario_pass_prism(
    workspace: Path, observed_api: RunningApi, request: pytest.FixtureRequest
) -> None:
    project = _write_project(workspace, request.node.name, (SOURCE / "scenario.ts").read_text())
    run_command([NODE_PROGRAMS / "tsc", "--project", project])
    arguments = [observed_api.url, observed_api.code, SECOND_EMAIL]
    assert run_command(["node", project / "scenario.js", *arguments]) == "done\n"


@pytest.mark.parametrize("name", MISTAKES)
def test_typescript_finds_the_mistake(name: str, workspace: Path) -> None:
    correct, wrong = MISTAKES[name]
    scenario = (SOURCE / "scenario.ts").read_text()
    assert correct in scenario
    project = _write_project(workspace, name.replace(" ", "-"), scenario.replace(correct, wrong))
    assert "scenario.ts" in run_failing([NODE_PROGRAMS / "tsc", "--noEmit", "--project", project], project)


def test_package_has_the_api_version_and_only_its_files(workspace: Path) -> None:
    package = json.loads((workspace / "package" / "package.json").read_text())
    dependencies = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    assert package["version"] == __version__
    assert package["dependencies"] == {"openapi-fetch": dependencies["openapi-fetch"]}
    names = {file.name for file in (workspace / "package").iterdir()}
    assert names == {"package.json", "README.md", "LICENSE", "index.js", "index.d.ts", "schema.d.ts"}


def test_readme_example_compiles(workspace: Path) -> None:
    readme = (SOURCE / "README.md").read_text()
    _, example, _ = readme.replace("```ts", "```").split("```")
    run_command([NODE_PROGRAMS / "tsc", "--noEmit", "--project", _write_project(workspace, "readme", example)])
