"""What leaves the process: requests to AWS or to the pool's keys, on new connections or kept ones, and look-ups."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from urllib3.connectionpool import HTTPConnectionPool


@contextmanager
def record_outbound() -> Iterator[list[str]]:
    """Note each, in any thread."""
    left: list[str] = []

    def noted(call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def noting(*arguments: Any, **options: Any) -> Any:
            left.append(f"{name} {arguments[1:]}")
            return call(*arguments, **options)

        return noting

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((HTTPConnectionPool, "urlopen"), (socket.socket, "connect"), (socket, "getaddrinfo")):
            patch.setattr(owner, name, noted(getattr(owner, name), name))
        yield left
