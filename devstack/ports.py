"""The TCP ports of this machine."""

import socket

from devstack.errors import LocalError

LOOPBACK = "127.0.0.1"


def require_free(port: int, variable: str, command: str) -> None:
    """Check that a port is free for a server on loopback.

    Args:
        port: the port.
        variable: the environment variable that chooses the port, for the message.
        command: the target of `make`, for the message.

    Raises:
        LocalError: if the port is in use, or if this user may not listen on it.
    """
    if not _is_free(port):
        raise LocalError(
            f"Port {port} is in use or not permitted. Use another: `{variable}={port + 1} make {command}`."
        )


def is_listening(port: int) -> bool:
    """Return True if a server accepts connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    # On some systems the bind succeeds although another server listens on all interfaces.
    return not is_listening(port)
