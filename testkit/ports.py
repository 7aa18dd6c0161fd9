"""Ports that nobody uses."""

import contextlib
import random
import socket

# Below those that systems hand out to connections, one of which could take a port before the test does.
_FIRST, _LAST = 10_000, 32_000


def free_port(*, neighbours: int = 0) -> int:
    """A port of this machine's that was free a moment ago, and so were so many that follow it."""
    while True:
        first = random.SystemRandom().randint(_FIRST, _LAST)
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + 1 + neighbours):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
