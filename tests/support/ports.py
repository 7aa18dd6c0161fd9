"""Ports that nobody uses."""

import contextlib
import socket


def free_port(*, neighbours: int = 0) -> int:
    """A port of this machine's that was free a moment ago, and so were so many that follow it."""
    while True:
        with contextlib.ExitStack() as held, contextlib.suppress(OSError, OverflowError):
            port = _held(held, 0)
            for neighbour in range(port + 1, port + 1 + neighbours):
                _held(held, neighbour)
            return port


def _held(held: contextlib.ExitStack, port: int) -> int:
    probe = held.enter_context(socket.socket())
    probe.bind(("127.0.0.1", port))
    return int(probe.getsockname()[1])
