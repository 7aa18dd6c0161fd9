"""Generators of TypeScript clients accept the document. What they generate is strictly typed, and has a base URL."""

import json
from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_PACKAGES = ("orval@7.13.2", "swagger-typescript-api@13.13.0", "@hey-api/openapi-ts@0.95.0", "typescript@5.9.3")
_ORVAL_CONFIG = {"dwipper": {"input": str(DOCUMENT), "output": {"target": "orval/api.ts", "client": "fetch"}}}
_COMMANDS = {
    "orval": ["orval", "--config", "orval.config.cjs"],
    "swagger-typescript-api": [
        "swagger-typescript-api",
        "generate",
        "-p",
        str(DOCUMENT),
        "-o",
        "swagger",
        "-n",
        "api.ts",
    ],
    "hey-api": ["openapi-ts", "-i", str(DOCUMENT), "-o", "hey"],
}
_ENTRY_POINTS = {"orval": "orval/api.ts", "swagger-typescript-api": "swagger/api.ts", "hey-api": "hey/index.ts"}
_BASE_URLS = {"swagger-typescript-api": "swagger/api.ts", "hey-api": "hey/client.gen.ts"}
_COMPILER_OPTIONS = {
    "strict": True,
    "noEmit": True,
    "noUncheckedIndexedAccess": True,
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the generators in a folder, and return it."""
    folder = tmp_path_factory.mktemp("generators")
    run_command(["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", *_PACKAGES], folder)
    (folder / "orval.config.cjs").write_text(f"module.exports = {json.dumps(_ORVAL_CONFIG)};")
    return folder


def _run(workspace: Path, program: str, *arguments: str) -> None:
    run_command([workspace / "node_modules" / ".bin" / program, *arguments], workspace)


@pytest.mark.parametrize("name", _COMMANDS)
def test_generated_code_is_strictly_typed(name: str, workspace: Path) -> None:
    _run(workspace, *_COMMANDS[name])
    project = {"compilerOptions": _COMPILER_OPTIONS, "files": [_ENTRY_POINTS[name]]}
    (workspace / "tsconfig.json").write_text(json.dumps(project))
    _run(workspace, "tsc", "--project", "tsconfig.json")
    if name in _BASE_URLS:
        assert "http://127.0.0.1:8000" in (workspace / _BASE_URLS[name]).read_text()
