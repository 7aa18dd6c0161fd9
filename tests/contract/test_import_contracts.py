"""The import linter finds misplaced imports, and modules of app that no contract places."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "benchmarks", "devstack", "testkit")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# The file, the added line, and the contract that the line breaks. An empty line stands for a new module.
VIOLATIONS = [
    ("app/echo/__init__.py", "", "The packages of app"),
    ("app/clock.py", "", "The packages of app"),
    ("app/aws/items.py", "import app.members.models", "The packages of app"),
    ("app/accounts/sessions.py", "import app.dwipps.feed", "The packages of app"),
    ("app/jobs/worker.py", "import app.me.erasure", "The packages of app"),
    ("app/worker.py", "import app.worker_handler", "The packages of app"),
    ("app/me/schemas.py", "import app.me.export", "The modules of me"),
    ("app/me/deletion.py", "import app.me.erasure", "The modules of me"),
    ("app/dwipps/echo.py", "", "The modules of dwipps"),
    ("app/dwipps/schemas.py", "import app.dwipps.feed", "The modules of dwipps"),
    ("app/dwipps/repository.py", "import app.dwipps.schemas", "The modules of dwipps"),
    ("app/dwipps/listing.py", "import app.dwipps.lists", "The modules of dwipps"),
    ("app/accounts/schemas.py", "import app.accounts.sessions", "The modules of accounts"),
    ("app/members/models.py", "import app.members.directory", "The modules of members"),
    ("app/moderation/dependencies.py", "import app.moderation.router", "The modules of moderation"),
    ("app/cases/repository.py", "import app.cases.reports", "The modules of cases"),
    ("app/rankings/lists.py", "import app.rankings.snapshots", "The modules of rankings"),
    ("app/rankings/renewal.py", "import app.dwipps.ids", "The packages of app"),
    ("app/safety/clock.py", "", "The modules of safety"),
    ("app/limits/policies.py", "import app.limits.counters", "The modules of limits"),
    ("app/pages/assets.py", "import app.pages.problems_page", "The modules of pages"),
    ("app/auth/jwks.py", "import app.auth.tokens", "The modules of auth"),
    ("app/openapi/links.py", "import app.openapi.headers", "The modules of openapi"),
    ("app/pagination/cursors.py", "import app.pagination.dependencies", "The modules of pagination"),
    ("app/web/problems.py", "import app.web.middleware", "The modules of web"),
    ("app/jobs/echo.py", "", "The modules of jobs"),
    ("app/jobs/queue.py", "import app.jobs.pending", "The modules of jobs"),
    ("app/cognito/error_mapping.py", "import app.cognito.user_pool", "The modules of cognito"),
    ("app/aws/items.py", "import app.aws.clients", "The modules of aws"),
    ("app/observability/metrics.py", "import app.observability.json_logging", "The modules of observability"),
    ("app/observability/log_lines.py", "import app.observability.metrics", "The modules of observability"),
    ("app/dwipps/repository.py", "import fastapi", "Only the modules of HTTP know HTTP"),
    ("app/worker.py", "import app.web.problems", "Only the modules of HTTP know HTTP"),
    ("app/aws/items.py", "import starlette.types", "Only the modules of HTTP know HTTP"),
    ("app/aws/concurrency.py", "import anyio", "Only the modules of HTTP know HTTP"),
    ("app/members/directory.py", "import app.web.problems", "Only the modules of HTTP know HTTP"),
    ("app/me/export.py", "import mangum", "Only the modules of HTTP know HTTP"),
    ("app/me/router.py", "import app.dwipps.router", "Only main imports routers"),
    ("app/settings.py", "import boto3", "Only storage and the user pool call AWS"),
    ("app/jobs/worker.py", "import botocore.exceptions", "Only storage and the user pool call AWS"),
    ("app/bootstrap/jobs.py", "import app.bootstrap.accounts", "The modules of bootstrap"),
    ("app/pages/assets.py", "import app.bootstrap", "Only entry points import bootstrap"),
    ("app/api_gateway.py", "import app.worker_bootstrap", "Only entry points import bootstrap"),
    ("app/settings.py", "import dotenv", "The app needs no code that it is not shipped with"),
    ("app/settings.py", "import devstack.ports", "The packages of the repository"),
    ("devstack/ports.py", "import testkit.ports", "The packages of the repository"),
    ("testkit/ports.py", "import benchmarks.rows", "The packages of the repository"),
    ("benchmarks/rows.py", "import tests.conftest", "Benchmarks and the test kit need no tests"),
]


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _lint(folder: Path) -> tuple[int, str]:
    """Return the exit status and the output of the import linter."""
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [lint_imports, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    return result.returncode, result.stdout


def test_each_package_has_an_exhaustive_contract() -> None:
    packages = {f"app.{init.parent.name}" for init in (ROOT / "app").glob("*/__init__.py")}
    covered = {
        container for contract in CONTRACTS if contract.get("exhaustive") for container in contract["containers"]
    }
    assert covered == packages | {"app"}, "Give each package of app a contract with `exhaustive = true`."


def test_each_contract_has_a_violation() -> None:
    names = {contract["name"] for contract in CONTRACTS}
    tested = {broken_contract for _, _, broken_contract in VIOLATIONS}
    assert tested == names, "Add to VIOLATIONS an import that the new contract forbids."


@pytest.mark.slow
@pytest.mark.parametrize(("path", "line", "broken_contract"), VIOLATIONS)
def test_misplaced_module_or_import_is_found(path: str, line: str, broken_contract: str, project_copy: Path) -> None:
    file = project_copy / path
    file.parent.mkdir(exist_ok=True)
    with file.open("a") as source:
        source.write(f"\n{line}\n")
    status, output = _lint(project_copy)
    assert status == 1, output
    assert f"{broken_contract} BROKEN" in output
