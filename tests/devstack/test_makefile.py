"""The Makefile lists its commands, keeps earlier names, and explains what is missing on a machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from devstack.paths import ROOT


def _make(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    make = shutil.which("make") or "make"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "COVERAGE"))}
    command = [make, "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def _copy_makefile(folder: Path) -> Path:
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements").mkdir()
    for name in ("local.txt", "dev.txt"):
        (folder / "requirements" / name).touch()
    return folder


ALIASES = {"attack": "test-security", "deployable": "test-infra", "deployed": "test-e2e"}


def test_help_lists_every_command_but_no_alias() -> None:
    (phony,) = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = [line.split()[1] for line in _make().stdout.splitlines()]
    assert set(listed) == set(phony.replace("\\\n", " ").split()) - ALIASES.keys()


@pytest.mark.parametrize("alias", ALIASES)
def test_alias_runs_the_same_commands(alias: str) -> None:
    assert _make("--dry-run", alias).stdout == _make("--dry-run", ALIASES[alias]).stdout


def test_ci_runs_the_fast_tests_once() -> None:
    (command,) = re.findall(r"^make (.+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert command.split() == ["test", "check", "COVERAGE=1"]
    assert _make("--dry-run", *command.split()).stdout.count("pytest -n 3 --dist worksteal --cov") == 1


def test_only_the_gate_measures_the_coverage() -> None:
    assert "--cov" not in _make("--dry-run", "test").stdout
    assert _make("--dry-run", "check").stdout.count("pytest -n 3 --dist worksteal --cov") == 1


# With `-o`, make treats the environments as up to date, and installs nothing.
_UP_TO_DATE = [f"-o{name}" for name in (".venv/installed-local", ".venv/installed", "node_modules/.package-lock.json")]


@pytest.mark.parametrize(
    "arguments",
    [
        ("deploy", "STAGE=", "IMAGE=x", "AWS_REGION=x"),
        ("deploy", "STAGE=dev", "IMAGE=", "AWS_REGION=x"),
        ("deploy", "STAGE=dev", "IMAGE=x", "AWS_REGION="),
        ("remove", "STAGE=", "AWS_REGION=x"),
        ("remove", "STAGE=dev", "AWS_REGION="),
        ("template", "STAGE="),
        ("restore", "STAGE=", "AWS_REGION=x", "TIME=x"),
        ("restore", "STAGE=dev", "AWS_REGION=", "TIME=x"),
        ("restore", "STAGE=dev", "AWS_REGION=x", "TIME="),
        ("outputs", "STAGE=", "AWS_REGION=x"),
        ("outputs", "STAGE=dev", "AWS_REGION="),
        ("moderator", "EMAIL="),
        ("moderator", "EMAIL=x", "STAGE=dev", "AWS_REGION="),
        ("smoke", "URL="),
    ],
    ids=" ".join,
)
def test_missing_variable_is_an_error_with_the_usage(arguments: tuple[str, ...]) -> None:
    result = _make(*_UP_TO_DATE, *arguments)
    assert result.returncode == 2
    assert result.stdout.startswith(f"Usage: make {arguments[0]} ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("EMAIL=x",), 'add "x" ""'),
        (("EMAIL=x", "REMOVE=1"), 'remove "x" ""'),
        (("EMAIL=x", "STAGE=dev", "AWS_REGION=y"), 'add "x" "dev"'),
    ],
    ids=str,
)
def test_moderator_runs_the_script(arguments: tuple[str, ...], expected: str) -> None:
    output = _make(*_UP_TO_DATE, "--dry-run", "moderator", *arguments).stdout
    assert output.rstrip().endswith(f"-m scripts.moderators {expected}")


def test_missing_python_is_an_error_with_an_install_hint(tmp_path: Path) -> None:
    result = _make("install", "PYTHON_BOOTSTRAP=no-python", folder=_copy_makefile(tmp_path))
    assert result.returncode != 0
    assert result.stdout.startswith("Python was not found: install 3.11 or newer")
    assert not (tmp_path / ".venv").exists()


def test_old_python_is_an_error_with_an_install_hint(tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = _make("install", f"PYTHON_BOOTSTRAP={old}", folder=_copy_makefile(tmp_path))
    assert result.returncode != 0
    assert result.stdout.startswith(f"{old} is too old: install 3.11 or newer")


def test_incomplete_venv_module_is_an_error_with_an_install_hint(tmp_path: Path) -> None:
    bare = tmp_path / "bare-python"
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    bare.chmod(0o755)
    result = _make("install", f"PYTHON_BOOTSTRAP={bare}", folder=_copy_makefile(tmp_path))
    assert result.returncode != 0
    assert "apt-get install python3-venv" in result.stdout
