"""A proxy in front of the embedded AWS that halts at one call, so that a test can kill the caller there.

`python -m tests.resilience.halting_proxy PORT SERVICE_PORT MOMENT OPERATION TEXT` listens on loopback. It halts at each
call of the operation whose body contains the text, before or after the call takes effect. Other calls pass.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devstack.process import Service
from testkit import http_proxy

HaltMoment = Literal["before", "after"]

_HALT_LINE = "halted"
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class HaltingProxy:
    """A running proxy."""

    service: Service

    @property
    def endpoint(self) -> str:
        """Return the URL of the proxy."""
        return self.service.endpoint

    def wait_until_halted(self) -> None:
        """Wait until the proxy has halted at a call."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while _HALT_LINE not in self.service.log.read_text():
            assert time.monotonic() < deadline, "the call was never made"
            time.sleep(0.01)


@contextlib.contextmanager
def run_halting_proxy(
    endpoint: str, moment: HaltMoment, operation: str, text: str, folder: Path
) -> Iterator[HaltingProxy]:
    """Run the proxy until the block ends.

    Args:
        endpoint: the URL of the service behind the proxy.
        moment: whether to halt before or after the call takes effect.
        operation: the operation of the call.
        text: a text in the body of the call.
        folder: the folder for the log.
    """
    arguments = (endpoint.rpartition(":")[2], moment, operation, text)
    with http_proxy.run_proxy("tests.resilience.halting_proxy", *arguments, folder=folder) as service:
        yield HaltingProxy(service)


class HaltingForwarder:
    """The proxy: it forwards calls, except for those at which it halts."""

    def __init__(self, service_port: int, moment: str, operation: str, text: bytes) -> None:
        self._port = service_port
        self._moment = moment
        self._operation = operation
        self._text = text

    async def respond(self, request: bytes, reader: asyncio.StreamReader) -> bytes:
        """Return the response of the service. Empty after a halt, which ends when the caller closes the connection."""
        if http_proxy.get_operation(request) != self._operation or self._text not in http_proxy.get_body(request):
            return await http_proxy.forward(self._port, request)
        if self._moment == "after":
            await http_proxy.forward(self._port, request)
        sys.stdout.write(f"{_HALT_LINE}\n")
        sys.stdout.flush()
        await reader.read()
        return b""


if __name__ == "__main__":
    port, service_port, moment, operation, text = sys.argv[1:]
    http_proxy.serve(int(port), HaltingForwarder(int(service_port), moment, operation, text.encode()).respond)
