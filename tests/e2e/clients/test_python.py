"""The Python client that openapi-python-client generates is strictly typed, and works against a running API."""

import shutil
import sys
import venv
from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command
from tests.conftest import Figures
from tests.e2e.clients.conftest import RunningApi
from tests.e2e.clients.processes import run_failing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FOLDER = Path(__file__).parent / "python"
EMAIL = "pia@example.org"
SECOND_EMAIL = "paul@example.org"
# Changes to scenario.py that contradict the OpenAPI document.
MISTAKES = {
    "problems missing from a result type": ("other = create_dwipp.sync(", "other: DwippView = create_dwipp.sync("),
    "unknown field of a problem": ("conflict.type_, ", "conflict.kind, "),
    "missing request field": ("LoginRequest(email=email, ", "LoginRequest("),
    "unknown response field": ("page.next_cursor", "page.cursor"),
    "unknown parameter": ("limit=3, ", "size=3, "),
    "parameter of the wrong type": ("limit=3, ", 'limit="3", '),
    "nullable field without None": ("cursor: str | Unset | None", "cursor: str | Unset"),
    "optional field without a check": ("    assert empty.errors\n", ""),
    "client without a token": ("read_me.sync(client=stranger)", "read_me.sync(client=visitor)"),
    "unknown operation": ("import set_favorite, ", "import keep_favorite as set_favorite, "),
}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the client in a folder with its own virtual environment, and return the folder."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder / "environment", with_pip=True)
    pip: list[str | Path] = [_get_python(folder), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    run_command([*pip, "-r", FOLDER / "requirements.txt"])
    generator = folder / "environment" / "bin" / "openapi-python-client"
    options = [f"--path={DOCUMENT}", f"--config={FOLDER / 'generator.yml'}"]
    options += [f"--output-path={folder / 'dwipper_client'}", "--meta=none", "--fail-on-warning"]
    run_command([generator, "generate", *options])
    return folder


def _get_python(workspace: Path) -> Path:
    return workspace / "environment" / "bin" / "python"


def _make_mypy_command(workspace: Path, *files: str) -> list[str | Path]:
    options = ["--strict", f"--python-executable={_get_python(workspace)}", "--config-file="]
    return [sys.executable, "-m", "mypy", *options, *files]


def test_scenario_passes_mypy_and_runs(workspace: Path, api: RunningApi, figures: Figures) -> None:
    shutil.copy(FOLDER / "scenario.py", workspace)
    run_command(_make_mypy_command(workspace, "dwipper_client", "scenario.py"), workspace)
    run_command([_get_python(workspace), "scenario.py", api.url, api.code, EMAIL], workspace)
    assert api.has_mailed_code(EMAIL)
    figures("generated modules", len(list((workspace / "dwipper_client").rglob("*.py"))))


def test_responses_to_the_scenario_pass_prism(workspace: Path, observed_api: RunningApi) -> None:
    arguments = [observed_api.url, observed_api.code, SECOND_EMAIL]
    run_command([_get_python(workspace), FOLDER / "scenario.py", *arguments], workspace, PYTHONPATH=str(workspace))


@pytest.mark.parametrize("name", MISTAKES)
def test_mypy_finds_the_mistake(name: str, workspace: Path) -> None:
    correct, wrong = MISTAKES[name]
    scenario = (FOLDER / "scenario.py").read_text()
    assert correct in scenario
    file = workspace / f"{name.replace(' ', '_')}.py"
    file.write_text(scenario.replace(correct, wrong))
    assert file.name in run_failing(_make_mypy_command(workspace, file.name), workspace)
