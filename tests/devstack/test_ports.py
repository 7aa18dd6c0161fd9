"""A port is free if this process can listen on it and no other process does."""

import socket

import pytest

from devstack.errors import LocalError
from devstack.ports import is_listening, require_free


def test_free_port_is_accepted(free_port: int) -> None:
    require_free(free_port, "PORT", "run")
    assert not is_listening(free_port)


def test_busy_port_is_refused_and_another_is_proposed(busy_port: int) -> None:
    assert is_listening(busy_port)
    with pytest.raises(LocalError, match=f"Port {busy_port} .*: `PORT={busy_port + 1} make run`"):
        require_free(busy_port, "PORT", "run")


def test_port_that_is_busy_on_all_interfaces_is_refused() -> None:
    with socket.create_server(("", 0)) as server, pytest.raises(LocalError):
        require_free(server.getsockname()[1], "PORT", "run")


def test_bound_port_without_a_listener_is_refused() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(LocalError):
            require_free(bound.getsockname()[1], "PORT", "run")
