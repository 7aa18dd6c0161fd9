"""A port is free if this process can listen on it and no other process does."""

import re
import socket

import pytest

from devstack.errors import LocalError
from devstack.ports import is_listening, require_free
from testkit.ports import find_free_port


def _require_free(port: int) -> None:
    require_free(port, lambda other: f"make run PORT={other}")


def test_free_port_is_accepted(free_port: int) -> None:
    _require_free(free_port)
    assert not is_listening(free_port)


def test_busy_port_is_refused_and_the_next_free_one_is_proposed() -> None:
    first = find_free_port(neighbours=2)
    with socket.create_server(("127.0.0.1", first)), socket.create_server(("127.0.0.1", first + 1)):
        assert is_listening(first)
        with pytest.raises(LocalError, match=re.escape(f"Port {first} is in use")) as raised:
            _require_free(first)
    assert str(raised.value).endswith(f": `make run PORT={first + 2}`.")


def test_port_that_is_busy_on_all_interfaces_is_refused() -> None:
    with socket.create_server(("", 0)) as server, pytest.raises(LocalError):
        _require_free(server.getsockname()[1])


def test_bound_port_without_a_listener_is_refused() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(LocalError):
            _require_free(bound.getsockname()[1])
