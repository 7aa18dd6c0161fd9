"""The installation of a lock file prints what it does, and shows its progress at a terminal."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import install_packages

_LOCK = "a==1.0 \\\n    --hash=sha256:00\n    # via b\nb[c]==2.0 ; python_version < '3.0' \\\n    --hash=sha256:00\n"
_PIP_OUTPUT = """\
Collecting a==1.0 (from -r local.txt)
  Downloading a-1.0-py3-none-any.whl (1 kB)
Ignoring b: markers 'python_version < "3.0"' don't match your environment
Installing collected packages: a
Successfully installed a-1.0
"""


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def lock_file(tmp_path: Path) -> Path:
    file = tmp_path / "local.txt"
    file.write_text(_LOCK)
    return file


def _make_pip(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(install_packages, "_PIP", (sys.executable, "-c", code))


def test_number_of_packages_and_duration_are_printed(lock_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make_pip(monkeypatch, f"print({_PIP_OUTPUT!r})")
    output = io.StringIO()
    assert install_packages.install(lock_file, output) == 0
    first, last = output.getvalue().splitlines()
    assert first == f"Installing 2 packages from {lock_file} ..."
    assert last.startswith("Installed 2 packages in ")


def test_terminal_shows_how_many_packages_are_fetched() -> None:
    output = Terminal()
    with subprocess.Popen([sys.executable, "-c", f"print({_PIP_OUTPUT!r})"], stdout=subprocess.PIPE, text=True) as pip:
        install_packages.show_progress(pip, 2, output)
    shown = output.getvalue().split("\r\033[K")
    assert [text for text in dict.fromkeys(shown) if text] == [
        "  fetching 1 of 2 ...",
        "  fetching 2 of 2 ...",
        "  unpacking ...",
    ]
    assert shown[-1] == ""


def test_failure_of_pip_is_the_exit_code(lock_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make_pip(monkeypatch, "raise SystemExit(3)")
    output = io.StringIO()
    assert install_packages.install(lock_file, output) == 3
    assert "Installed" not in output.getvalue()


def test_packages_are_installed_exactly_as_locked() -> None:
    assert {"--no-deps", "--require-hashes"} <= set(install_packages._PIP)
