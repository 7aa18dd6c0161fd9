"""Free ports of this machine."""

import contextlib
import random
import socket

# Below the ephemeral ports of systems, which a connection could take before the test does.
_FIRST_PORT, _LAST_PORT = 10_000, 32_000


def free_port(*, neighbours: int = 0) -> int:
    """Return a port of this machine that is free now.

    Args:
        neighbours: the number of ports after it that are free too.
    """
    while True:
        first = random.SystemRandom().randint(_FIRST_PORT, _LAST_PORT)
        with contextlib.ExitStack() as sockets, contextlib.suppress(OSError):
            for port in range(first, first + 1 + neighbours):
                sockets.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
