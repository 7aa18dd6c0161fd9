"""A proxy in front of AWS, which injects random faults into a share of the calls.

`python -m tests.resilience.unreliable_proxy PORT SERVICE_PORT SEED` listens on loopback.
`GET /_faults/3` sets the fault rate to one call in three, `GET /_faults/0` to none. The response has the number of
calls so far by fault.
"""

import asyncio
import contextlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from devstack.process import Service
from testkit import faults, http_proxy
from testkit.faults import AwsService, Fault

_NO_FAULT = "no fault"
_CONTROL_REQUEST = re.compile(rb"GET /_faults/(\d+) ")


@dataclass(frozen=True, slots=True)
class UnreliableProxy:
    """A running proxy."""

    service: Service

    @property
    def endpoint(self) -> str:
        """Return the URL of the proxy."""
        return self.service.endpoint

    def set_fault_rate(self, one_in: int) -> Counter[str]:
        """Inject a fault into one call in `one_in`, 0 for none. Return the number of calls so far by fault."""
        response = httpx.get(f"{self.endpoint}/_faults/{one_in}", trust_env=False)
        return Counter(response.raise_for_status().json())


@contextlib.contextmanager
def run_unreliable_proxy(service: Service, seed: int, folder: Path) -> Iterator[UnreliableProxy]:
    """Run a proxy until the block ends. It injects no faults until a fault rate is set.

    Args:
        service: the service behind the proxy, such as MiniStack.
        seed: the seed of the faults.
        folder: the folder for the log.
    """
    port = service.endpoint.rpartition(":")[2]
    with http_proxy.run_proxy("tests.resilience.unreliable_proxy", port, seed, folder=folder) as proxy:
        yield UnreliableProxy(proxy)
        assert "Traceback" not in proxy.log.read_text()


class FaultyForwarder:
    """The proxy: it forwards calls to the service, and injects faults."""

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._random = random.Random(seed)  # noqa: S311 -- not a secret
        self._one_in = 0
        self._counts = Counter[str]()

    async def respond(self, request: bytes, reader: asyncio.StreamReader) -> bytes:
        """Return the bytes that the client receives. Empty to close the connection."""
        if control := _CONTROL_REQUEST.match(request):
            self._one_in = int(control[1])
            return http_proxy.make_response(200, json.dumps(self._counts).encode())
        fault = self._choose_fault(request)
        if fault is None:
            return await http_proxy.forward(self._port, request)
        response = await http_proxy.forward(self._port, request) if fault.takes_effect else b""
        if fault.is_timeout:
            await reader.read()  # Until the client times out.
        if fault.is_timeout or fault.is_disconnect:
            return b""
        if fault.takes_effect:
            return http_proxy.replace_body(response, faults.corrupt(fault, http_proxy.get_body(response)))
        return http_proxy.make_response(*self._make_response(fault, request))

    def _choose_fault(self, request: bytes) -> Fault | None:
        operation = http_proxy.get_operation(request)
        if not operation:  # The request for the pool's public keys is not a call.
            return None
        is_faulty = self._one_in and self._random.randrange(self._one_in) == 0
        possible = faults.list_possible_faults(_find_service(request), operation)
        fault = self._random.choice(possible) if is_faulty else None
        self._counts[fault.name if fault else _NO_FAULT] += 1
        return fault

    def _make_response(self, fault: Fault, request: bytes) -> tuple[int, bytes]:
        pick = self._random.randrange(100)
        return faults.make_fault_response(
            fault, _find_service(request), http_proxy.get_operation(request), http_proxy.get_body(request), pick
        )


def _find_service(request: bytes) -> AwsService:
    return faults.find_service(http_proxy.get_header(request, "x-amz-target"))


if __name__ == "__main__":
    port, service_port, seed = map(int, sys.argv[1:])
    http_proxy.serve(port, FaultyForwarder(service_port, seed).respond)
