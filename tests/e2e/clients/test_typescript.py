"""The TypeScript client, generated and packed as a release has it, is strictly typed, and tells the whole story."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from app import __version__
from devstack.api import ROOT
from tests.conftest import Figures
from tests.e2e.clients.conftest import Running
from tests.e2e.clients.processes import PROGRAMS, complaints, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
SOURCE = HERE / "typescript"
EMAIL = "tess@example.org"
MISTAKES = {
    "a problem that there is not": ("problem:edit-conflict", "problem:conflict"),
    "a problem of another operation": ("problem:edit-conflict", "problem:handle-taken"),
    "a status of another problem": ("const conflict: 409", "const conflict: 404"),
    "a path that there is not": ('"/v1/auth/refresh"', '"/v1/auth/renew"'),
    "a method that there is not": ('.PUT("/v1/dwipps/{dwipp_id}/favorite"', '.PATCH("/v1/dwipps/{dwipp_id}/favorite"'),
    "a field that is missing": ("body: { email, password }", "body: { email }"),
    "a field that there is not": ("page.next_cursor", "page.nextCursor"),
    "a parameter that is missing": ('favorite", { params }', 'favorite", {}'),
    "what may be null": ("let cursor: string | null", "let cursor: string"),
    "what may be missing": ("favorites.items[0]?.id", "favorites.items[0].id"),
}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the client is installed, as npm would from its package."""
    folder = tmp_path_factory.mktemp("typescript")
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "openapi-fetch").symlink_to(ROOT / "node_modules" / "openapi-fetch")
    run(["bash", HERE / "pack.sh", folder / "client"])
    (package,) = folder.glob("*.tgz")
    with tarfile.open(package) as packed:
        packed.extractall(folder, filter="data")
    shutil.copytree(folder / "package", modules / "dwipper-client")
    return folder


def _written(workplace: Path, name: str, story: str) -> Path:
    folder = workplace / name
    folder.mkdir()
    (folder / "story.ts").write_text(story)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(SOURCE / "tsconfig.json", folder)
    return folder


def test_its_types_hold_and_it_tells_the_story(workplace: Path, api: Running, figures: Figures) -> None:
    story = _written(workplace, "story", (SOURCE / "story.ts").read_text())
    run([PROGRAMS / "tsc", "--project", story])
    assert run(["node", story / "story.js", api.url, api.code, EMAIL]) == "told\n"
    assert api.mailed(EMAIL)
    figures("lines of types", len((workplace / "client" / "schema.d.ts").read_text().splitlines()))


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_document_does_not_say_is_no_typescript(name: str, workplace: Path) -> None:
    right, wrong = MISTAKES[name]
    story = (SOURCE / "story.ts").read_text()
    assert right in story
    folder = _written(workplace, name.replace(" ", "-"), story.replace(right, wrong))
    assert "story.ts" in complaints([PROGRAMS / "tsc", "--noEmit", "--project", folder], folder)


def test_the_package_is_what_it_says(workplace: Path) -> None:
    package = json.loads((workplace / "package" / "package.json").read_text())
    ours = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    assert package["version"] == __version__
    assert package["dependencies"] == {"openapi-fetch": ours["openapi-fetch"]}
    names = {file.name for file in (workplace / "package").iterdir()}
    assert names == {"package.json", "README.md", "LICENSE", "index.js", "index.d.ts", "schema.d.ts"}


def test_what_its_readme_shows_is_typescript(workplace: Path) -> None:
    readme = (SOURCE / "README.md").read_text()
    _, example, _ = readme.replace("```ts", "```").split("```")
    run([PROGRAMS / "tsc", "--noEmit", "--project", _written(workplace, "readme", example)])
