"""The TCP ports of this machine."""

import socket
from collections.abc import Callable

from devstack.errors import LocalError

LOOPBACK = "127.0.0.1"
# The two ports after AWS_PORT must exist as well: DynamoDB Local or the functions listen on them.
MAX_PORT = 65533
_LAST_PRIVILEGED_PORT = 1023


def require_free(port: int, make_command: Callable[[int], str]) -> None:
    """Check that a port is free for a server on loopback.

    Args:
        port: the port.
        make_command: returns the command that uses another port instead, for the message.

    Raises:
        LocalError: if the port is in use, or if this user may not listen on it.
    """
    if not _is_free(port):
        other = next(filter(_is_free, range(max(port, _LAST_PRIVILEGED_PORT) + 1, MAX_PORT)), port + 1)
        raise LocalError(f"Port {port} is in use or not permitted. Use another: `{make_command(other)}`.")


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
