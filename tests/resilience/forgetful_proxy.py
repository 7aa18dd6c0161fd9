"""A proxy in front of Cognito that forgets each connection after one response, without closing it.

A peer does so while Lambda freezes the process: the connection looks alive until the next request over it is lost.
`python -m tests.resilience.forgetful_proxy PORT SERVICE_PORT` listens on loopback, and logs each forwarded operation.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakSet

from devstack.process import Service
from testkit import http_proxy


@contextlib.contextmanager
def run_forgetful_proxy(service: Service, folder: Path) -> Iterator[Service]:
    """Run the proxy in front of a service until the block ends. The folder is for the log."""
    port = service.endpoint.rpartition(":")[2]
    with http_proxy.run_proxy("tests.resilience.forgetful_proxy", port, folder=folder) as proxy:
        yield proxy


def list_operations(proxy: Service) -> list[str]:
    """Return the operations that the service received, in order."""
    return [line.partition(" ")[2] for line in proxy.log.read_text().splitlines() if line.startswith("forwarded ")]


class ForgetfulProxy:
    """The proxy: it forwards the first request of each connection, and loses all later ones."""

    def __init__(self, service_port: int) -> None:
        self._service_port = service_port
        self._forgotten: WeakSet[asyncio.StreamReader] = WeakSet()

    async def respond(self, request: bytes, reader: asyncio.StreamReader) -> bytes:
        """Return the response of the service. Empty for a forgotten connection."""
        if reader in self._forgotten:
            return b""
        self._forgotten.add(reader)
        if operation := http_proxy.get_operation(request):
            sys.stdout.write(f"forwarded {operation}\n")
            sys.stdout.flush()
        return await http_proxy.forward(self._service_port, request)


if __name__ == "__main__":
    port, service_port = map(int, sys.argv[1:])
    http_proxy.serve(port, ForgetfulProxy(service_port).respond)
