"""The Python client, as openapi-python-client generates it, is strictly typed, and tells the whole story."""

import shutil
import sys
import venv
from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from tests.conftest import Figures
from tests.e2e.clients.conftest import Running
from tests.e2e.clients.processes import complaints, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HERE = Path(__file__).parent / "python"
EMAIL = "pia@example.org"
MISTAKES = {
    "a problem of another operation": ("other = create_dwipp.sync(", "other: DwippView = create_dwipp.sync("),
    "a type of another problem": ("conflict.type_, ", "conflict.kind, "),
    "a field that is missing": ("LoginRequest(email=email, ", "LoginRequest("),
    "a field that there is not": ("page.next_cursor", "page.cursor"),
    "a parameter that there is not": ("limit=3, ", "size=3, "),
    "a parameter of another type": ("limit=3, ", 'limit="3", '),
    "what may be null": ("cursor: str | Unset | None", "cursor: str | Unset"),
    "what may be missing": ("    assert empty.errors\n", ""),
    "a stranger in place of a member": ("read_me.sync(client=stranger)", "read_me.sync(client=visitor)"),
    "an operation that there is not": ("import set_favorite, ", "import keep_favorite as set_favorite, "),
}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client, and an environment of its own."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder / "environment", with_pip=True)
    pip: list[str | Path] = [_python(folder), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    run([*pip, "-r", HERE / "requirements.txt"])
    generator = folder / "environment" / "bin" / "openapi-python-client"
    options = [f"--path={DOCUMENT}", f"--config={HERE / 'generator.yml'}", f"--output-path={folder / 'dwipper_client'}"]
    run([generator, "generate", "--meta=none", "--fail-on-warning", *options])
    return folder


def _python(workplace: Path) -> Path:
    return workplace / "environment" / "bin" / "python"


def _mypy(workplace: Path, *files: str) -> list[str | Path]:
    options = ["--strict", f"--python-executable={_python(workplace)}", "--config-file="]
    return [sys.executable, "-m", "mypy", *options, *files]


def test_its_types_hold_and_it_tells_the_story(workplace: Path, api: Running, figures: Figures) -> None:
    shutil.copy(HERE / "story.py", workplace)
    run(_mypy(workplace, "dwipper_client", "story.py"), workplace)
    run([_python(workplace), "story.py", api.url, api.code, EMAIL], workplace)
    assert api.mailed(EMAIL)
    figures("generated modules", len(list((workplace / "dwipper_client").rglob("*.py"))))


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_document_does_not_say_is_refused_by_mypy(name: str, workplace: Path) -> None:
    right, wrong = MISTAKES[name]
    story = (HERE / "story.py").read_text()
    assert right in story
    file = workplace / f"{name.replace(' ', '_')}.py"
    file.write_text(story.replace(right, wrong))
    assert file.name in complaints(_mypy(workplace, file.name), workplace)
