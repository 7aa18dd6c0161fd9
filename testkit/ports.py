"""Free ports of this machine."""

import contextlib
import random
import socket

# Below the ephemeral ports. Otherwise a connection could take the port before the test does.
_FIRST_PORT, _LAST_PORT = 10_000, 32_000


def find_free_port(*, neighbours: int = 0) -> int:
    """Return a free port.

    Args:
        neighbours: the number of ports directly after it that must be free too.
    """
    while True:
        first = random.SystemRandom().randint(_FIRST_PORT, _LAST_PORT)
        with contextlib.ExitStack() as sockets, contextlib.suppress(OSError):
            for port in range(first, first + 1 + neighbours):
                sockets.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
