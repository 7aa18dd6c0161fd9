"""Fixtures of the devstack tests: ports, a search path for programs, and a developer at a terminal."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit import ports
from testkit.terminal import Developer


@pytest.fixture
def free_port() -> int:
    return ports.find_free_port()


@pytest.fixture
def free_ports() -> tuple[int, int]:
    return ports.find_free_port(), ports.find_free_port()


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the whole search path for programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def developer(tmp_path: Path, free_ports: tuple[int, int]) -> Developer:
    return Developer(tmp_path / ".local", *free_ports)
