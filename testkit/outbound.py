"""A recorder of the network calls of this process: HTTP requests of urllib3, connections, and look-ups of hosts."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from urllib3.connectionpool import HTTPConnectionPool


@contextmanager
def record_outbound() -> Iterator[list[str]]:
    """Record the network calls of all threads until the block ends. Yield the list of calls, which grows."""
    calls: list[str] = []

    def record(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def recorder(*arguments: Any, **options: Any) -> Any:
            calls.append(f"{name} {arguments[1:]}")
            return function(*arguments, **options)

        return recorder

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((HTTPConnectionPool, "urlopen"), (socket.socket, "connect"), (socket, "getaddrinfo")):
            patch.setattr(owner, name, record(getattr(owner, name), name))
        yield calls
