"""A proxy before an AWS service that spoils one call in so many, each in a way that chance picks.

`python -m tests.resilience.unreliable_proxy PORT SERVICE_PORT SERVICE SEED` listens on loopback.
`GET /_faults/3` has it spoil one call in three from then on, `GET /_faults/0` none; it answers
with what has happened so far.
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
from typing import cast

import httpx

from devstack.process import Service
from testkit import faults, http_proxy
from testkit.faults import AwsService, Fault

_NONE = "no fault"
_ORDER = re.compile(rb"GET /_faults/(\d+) ")


@dataclass(frozen=True, slots=True)
class Unreliable:
    """The proxy, as a test that runs it has it."""

    service: Service

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return self.service.endpoint

    def spoil(self, one_in: int) -> Counter[str]:
        """Spoil one call in so many from now on; how many calls met what until now."""
        answer = httpx.get(f"{self.endpoint}/_faults/{one_in}", trust_env=False)
        return Counter(answer.raise_for_status().json())


@contextlib.contextmanager
def unreliable(service: Service, kind: AwsService, seed: int, folder: Path) -> Iterator[Unreliable]:
    """Run the proxy until the block ends; at first it spoils nothing."""
    port = service.endpoint.rpartition(":")[2]
    with http_proxy.proxy("tests.resilience.unreliable_proxy", port, kind, seed, folder=folder) as proxy:
        yield Unreliable(proxy)
        assert "Traceback" not in proxy.log.read_text()


class Proxy:
    """Carries calls on, or does to them what chance wants."""

    def __init__(self, port: int, service: AwsService, seed: int) -> None:
        self._port = port
        self._service: AwsService = service
        self._random = random.Random(seed)  # noqa: S311 -- guards nothing
        self._one_in = 0
        self._met = Counter[str]()

    async def answer(self, request: bytes, reader: asyncio.StreamReader) -> bytes:
        """What arrives at the one who asked."""
        if order := _ORDER.match(request):
            self._one_in = int(order[1])
            return http_proxy.response(200, json.dumps(self._met).encode())
        fault = self._fault(http_proxy.operation(request))
        if fault is None:
            return await http_proxy.forward(self._port, request)
        answered = await http_proxy.forward(self._port, request) if fault.is_after else b""
        if fault.is_timeout:
            await reader.read()  # Until whoever asked gives up.
        if fault.is_timeout or fault.is_cut:
            return b""
        if fault.is_after:
            return http_proxy.with_body(answered, faults.corrupt(fault, http_proxy.body(answered)))
        return http_proxy.response(*self._instead(fault, request))

    def _fault(self, operation: str) -> Fault | None:
        if not operation:  # The pool's public keys, which are no call.
            return None
        spoilt = self._one_in and self._random.randrange(self._one_in) == 0
        fault = self._random.choice(faults.possible_faults(self._service, operation)) if spoilt else None
        self._met[fault.name if fault else _NONE] += 1
        return fault

    def _instead(self, fault: Fault, request: bytes) -> tuple[int, bytes]:
        pick = self._random.randrange(100)
        return faults.fault_response(
            fault, self._service, http_proxy.operation(request), http_proxy.body(request), pick
        )


if __name__ == "__main__":
    port, service_port, kind, seed = sys.argv[1:]
    http_proxy.run(int(port), Proxy(int(service_port), cast("AwsService", kind), int(seed)).answer)
