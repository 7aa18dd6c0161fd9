import socket

import pytest

from devstack.errors import LocalError
from devstack.ports import listens, require_free


def test_a_free_port_is_taken(free_port: int) -> None:
    require_free(free_port, "PORT", "run")
    assert not listens(free_port)


def test_a_busy_port_is_refused_with_another_proposed(busy_port: int) -> None:
    assert listens(busy_port)
    with pytest.raises(LocalError, match=f"Port {busy_port} .*: `PORT={busy_port + 1} make run`"):
        require_free(busy_port, "PORT", "run")


def test_so_is_one_that_is_busy_on_all_interfaces() -> None:
    with socket.create_server(("", 0)) as server, pytest.raises(LocalError):
        require_free(server.getsockname()[1], "PORT", "run")


def test_so_is_one_that_somebody_is_about_to_use() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(LocalError):
            require_free(bound.getsockname()[1], "PORT", "run")
