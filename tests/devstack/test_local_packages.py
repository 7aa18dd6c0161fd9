"""The commands that need only the packages of `make run` import no others."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from packaging.utils import canonicalize_name

from devstack.paths import ROOT

# The children of `make run`: the API, the worker, the seed and the embedded AWS.
_CHILDREN = ("uvicorn", "app.main", "app.worker", "devstack.seed", "ministack.app")
_RULE = re.compile(r"^([a-z-]+): \$\(LOCAL\).*\n((?:\t.*\n)+)", re.MULTILINE)
_IMPORT_WITHOUT = """
import importlib, sys
names, hidden = (set(argument.split()) for argument in sys.argv[1:])
class Hiding:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is not in requirements/local.txt")
sys.meta_path.insert(0, Hiding())
for name in names:
    importlib.import_module(name)
"""


def _list_local_commands() -> dict[str, str]:
    """Return the module that each of these commands of make runs."""
    rules = {
        target: re.search(r"-m (\S+)", recipe) for target, recipe in _RULE.findall((ROOT / "Makefile").read_text())
    }
    return {target: found[1] for target, found in rules.items() if found}


def _list_other_modules() -> list[str]:
    """Return the top-level modules of all installed packages that are not in the lock file of `make run`."""
    lock = (ROOT / "requirements" / "local.txt").read_text()
    locked = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    return [
        module
        for module, packages in packages_distributions().items()
        if not locked & {canonicalize_name(name) for name in packages}
    ]


def _import(*modules: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", _IMPORT_WITHOUT, " ".join(modules), " ".join(_list_other_modules())]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_local_commands_import_only_packages_of_make_run() -> None:
    commands = _list_local_commands()
    assert {"run", "aws", "deploy-local", "deploy", "moderator", "smoke", "openapi"} <= commands.keys()
    assert "test" not in commands
    packages = {"devstack", "tests.e2e.smoke"}
    modules = {f"{name}.__main__" if name in packages else name for name in commands.values()}
    result = _import(*sorted(modules), *_CHILDREN)
    assert result.returncode == 0, result.stderr


def test_import_of_a_test_tool_is_found() -> None:
    assert "pytest is not in requirements/local.txt" in _import("pytest").stderr
