"""Builds use apt's mirror and pip's access options. A machine that cannot build images gets instructions."""

from pathlib import Path

import pytest

from tests.infrastructure import machine
from tests.infrastructure.machine import PipConfiguration

_STANZAS = """\
# Ignored: it has only sources.
Types: deb-src
URIs: http://sources.test/debian

Types: deb
URIs: http://disabled.test/debian
Enabled: no

Types: deb deb-src
# Ignored: http://comment.test
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
"""
_LINES = """\
# deb http://comment.test/debian bookworm main
deb-src http://sources.test/debian bookworm main
deb [arch=amd64 signed-by=/a/key] http://mirror.test/debian bookworm main
"""


class TestFindMirror:
    @pytest.fixture
    def apt(self, tmp_path: Path) -> Path:
        """Return an empty configuration folder of apt."""
        (tmp_path / "sources.list.d").mkdir()
        return tmp_path

    @pytest.mark.parametrize(
        ("file", "text"),
        [("sources.list.d/debian.sources", _STANZAS), ("sources.list.d/debian.list", _LINES), ("sources.list", _LINES)],
        ids=["deb822", "sources.list.d", "sources.list"],
    )
    def test_mirror_is_the_first_enabled_one_of_apt(self, file: str, text: str, apt: Path) -> None:
        (apt / file).write_text(text)
        assert machine.find_mirror(apt) == "http://mirror.test/debian"

    def test_missing_mirror_is_reported(self, apt: Path) -> None:
        (apt / "sources.list.d" / "debian.sources").write_text("Types: deb-src\nURIs: http://sources.test/debian\n")
        with pytest.raises(AssertionError, match=f"{apt} names no mirror of Debian"):
            machine.find_mirror(apt)


def test_pip_configuration_keeps_only_access_options(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    settings = {
        ":env:.find-links": f"'{wheels} /no/such/folder'",
        ":env:.require-virtualenv": "'true'",
        "global.index-url": "'https://index.test/simple'",
        "install.user": "'true'",
    }
    pip = PipConfiguration.from_settings(settings)
    expected = f"[global]\nfind-links = {wheels} /no/such/folder\nindex-url = https://index.test/simple\n\n"
    assert pip.text == expected
    assert pip.files == (Path("/etc/ssl/certs"), wheels)
    mounts = pip.write_mounts(tmp_path)
    assert mounts[0] == f"{tmp_path}/pip.conf:/etc/pip.conf:ro"
    assert mounts[-1] == f"{wheels}:{wheels}:ro"
    assert (tmp_path / "pip.conf").read_text() == expected


class TestRequireTools:
    def test_missing_tool_is_reported_with_its_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(AssertionError, match="apt-get install buildah debootstrap"):
            machine.require_tools()

    def test_missing_root_is_reported(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for tool in ("buildah", "debootstrap"):
            (tmp_path / tool).touch(mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        with pytest.raises(AssertionError, match="run these tests as root"):
            machine.require_tools()
