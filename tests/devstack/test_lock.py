"""The lock files match pyproject.toml, as far as a test without a package index can check."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devstack.paths import ROOT

_PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_GROUPS = _PYPROJECT["dependency-groups"]
_RUNTIME = [Requirement(line) for line in _PYPROJECT["project"]["dependencies"]]
_DEV = [*_RUNTIME, *(Requirement(line) for group in ("local", "test", "lint") for line in _GROUPS[group])]
_LOCAL = [*_RUNTIME, *(Requirement(line) for line in _GROUPS["local"])]
_REQUIREMENTS = {"runtime": _RUNTIME, "local": _LOCAL, "dev": _DEV}
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^ ;]+)", re.MULTILINE)


def _read(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def _read_pins(name: str) -> dict[str, str]:
    return {canonicalize_name(package): version for package, version in _PIN.findall(_read(name))}


def _list_direct_dependencies(name: str) -> set[str]:
    """Return the packages that the lock file attributes to pyproject.toml, not to another package."""
    entries = re.split(r"\n(?=\S)", _read(name))
    return {
        canonicalize_name(pin[1])
        for entry in entries
        if "dwipper (pyproject.toml" in entry and (pin := _PIN.match(entry))
    }


@pytest.mark.parametrize("name", _REQUIREMENTS)
class TestLockFile:
    def test_every_requirement_is_locked_in_a_matching_version(self, name: str) -> None:
        pins = _read_pins(name)
        for requirement in _REQUIREMENTS[name]:
            version = pins.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is not locked: run make lock"
            fits = requirement.specifier.contains(version, prereleases=True)
            assert fits, f"{requirement} is locked as {version}: run make lock"

    def test_no_removed_requirement_is_locked(self, name: str) -> None:
        assert _list_direct_dependencies(name) == {
            canonicalize_name(requirement.name) for requirement in _REQUIREMENTS[name]
        }

    def test_every_pin_has_a_hash_and_no_host_or_path(self, name: str) -> None:
        entries = [entry for entry in re.split(r"\n(?=\S)", _read(name)) if _PIN.match(entry)]
        assert entries
        assert all("--hash=sha256:" in entry for entry in entries)
        assert not re.search(r"://|--index|--extra-index|--find-links|file:| /", _read(name))


def test_development_uses_the_versions_of_the_lambda_function() -> None:
    assert _read_pins("runtime").items() <= _read_pins("dev").items()


def test_make_run_uses_the_versions_of_development() -> None:
    assert _read_pins("runtime").items() <= _read_pins("local").items() <= _read_pins("dev").items()
