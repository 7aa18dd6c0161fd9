"""Where a build on this machine gets what it is made of."""

from pathlib import Path

import pytest

from tests.infrastructure import machine
from tests.infrastructure.machine import Pip

_STANZAS = """\
# Not this one: it has sources alone.
Types: deb-src
URIs: http://sources.test/debian

Types: deb
URIs: http://disabled.test/debian
Enabled: no

Types: deb deb-src
# Nor http://comment.test
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
"""
_LINES = """\
# deb http://comment.test/debian bookworm main
deb-src http://sources.test/debian bookworm main
deb [arch=amd64 signed-by=/a/key] http://mirror.test/debian bookworm main
"""


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text"),
    [("sources.list.d/debian.sources", _STANZAS), ("sources.list.d/debian.list", _LINES), ("sources.list", _LINES)],
)
def test_the_mirror_is_the_one_that_apt_uses(file: str, text: str, apt: Path) -> None:
    (apt / file).write_text(text)
    assert machine.mirror(apt) == "http://mirror.test/debian"


def test_where_apt_names_none_it_says_so(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text("Types: deb-src\nURIs: http://sources.test/debian\n")
    with pytest.raises(AssertionError, match=f"{apt} names no mirror of Debian"):
        machine.mirror(apt)


def test_pip_gets_packages_as_it_does_here_and_keeps_other_wishes_to_itself(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    listed = {
        ":env:.find-links": f"'{wheels} /no/such/folder'",
        ":env:.require-virtualenv": "'true'",
        "global.index-url": "'https://index.test/simple'",
        "install.user": "'true'",
    }
    pip = Pip.of(listed)
    expected = f"[global]\nfind-links = {wheels} /no/such/folder\nindex-url = https://index.test/simple\n\n"
    assert pip.configuration == expected
    assert pip.files == (Path("/etc/ssl/certs"), wheels)
    assert pip.mounts(tmp_path)[0] == f"{tmp_path}/pip.conf:/etc/pip.conf:ro"
    assert pip.mounts(tmp_path)[-1] == f"{wheels}:{wheels}:ro"
    assert (tmp_path / "pip.conf").read_text() == expected


def test_who_lacks_a_tool_is_told_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match="apt-get install buildah debootstrap"):
        machine.require_tools()


def test_who_is_not_root_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for tool in ("buildah", "debootstrap"):
        (tmp_path / tool).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(AssertionError, match="run these tests as root"):
        machine.require_tools()
