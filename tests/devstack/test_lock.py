"""The lock files are those of pyproject.toml, as far as can be told without asking an index."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[2]
_PYPROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())
_GROUPS = _PYPROJECT["dependency-groups"]
_RUNTIME = [Requirement(each) for each in _PYPROJECT["project"]["dependencies"]]
_DEV = [*_RUNTIME, *(Requirement(each) for group in ("local", "test", "lint") for each in _GROUPS[group])]
_WANTED = {"runtime": _RUNTIME, "dev": _DEV}
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^ ;]+)", re.MULTILINE)


def _text(name: str) -> str:
    return (_ROOT / "requirements" / f"{name}.txt").read_text()


def _pins(name: str) -> dict[str, str]:
    return {canonicalize_name(package): version for package, version in _PIN.findall(_text(name))}


def _asked_for(name: str) -> set[str]:
    """Give the packages that the lock file says are there for pyproject.toml itself."""
    entries = re.split(r"\n(?=\S)", _text(name))
    return {
        canonicalize_name(found[1])
        for entry in entries
        if "dwipper (pyproject.toml" in entry and (found := _PIN.match(entry))
    }


@pytest.mark.parametrize("name", ["runtime", "dev"])
class TestLock:
    def test_it_holds_what_is_wanted_in_a_version_that_fits(self, name: str) -> None:
        pins = _pins(name)
        for wanted in _WANTED[name]:
            version = pins.get(canonicalize_name(wanted.name))
            assert version, f"{wanted.name} is not locked: make lock"
            assert wanted.specifier.contains(version, prereleases=True), f"{wanted} is not {version}: make lock"

    def test_it_holds_nothing_that_is_no_longer_wanted(self, name: str) -> None:
        assert _asked_for(name) == {canonicalize_name(wanted.name) for wanted in _WANTED[name]}

    def test_every_pin_has_a_hash_and_no_host_or_path_is_named(self, name: str) -> None:
        entries = [entry for entry in re.split(r"\n(?=\S)", _text(name)) if _PIN.match(entry)]
        assert entries
        assert all("--hash=sha256:" in entry for entry in entries)
        assert not re.search(r"://|--index|--extra-index|--find-links|file:| /", _text(name))


def test_a_developer_has_the_versions_that_run_in_lambda() -> None:
    assert _pins("runtime").items() <= _pins("dev").items()
