"""Whether a port of this machine is free; knows not for what."""

import socket

from devstack.errors import LocalError

LOOPBACK = "127.0.0.1"


def require_free(port: int, variable: str, command: str) -> None:
    """Refuse a port that is taken, and say how to name another.

    Raises:
        LocalError: something listens there, or may not.
    """
    if not _is_free(port):
        raise LocalError(f"Port {port} cannot be used or is in use: `{variable}={port + 1} make {command}`.")


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    # Some systems let a single address be bound where somebody listens on all of them.
    return not listens(port)
