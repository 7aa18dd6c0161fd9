"""The API in processes of its own: under uvicorn, and as several instances of the Lambda function."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx

from devstack.api import ROOT
from devstack.mail import everything
from devstack.process import Service, end, started
from testkit.api_client import Api
from testkit.engine import Engine, free_port
from testkit.gateway import Authorizer, GatewayTransport
from testkit.leak_scan import LeakScan
from testkit.transcript import Transcript

# What API Gateway waits for.
_PATIENCE_SECONDS = 29.0
_IN_PROCESS = "https://dwipper.test"


@contextlib.contextmanager
def run_uvicorn(engine: Engine, folder: Path) -> Iterator[Service]:
    """Serve the API on loopback until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "uvicorn.log"
    # A client that is slow on a busy machine must not find its idle connection closed as it begins to send.
    patient = ["--no-access-log", "--timeout-keep-alive", "120"]
    with started([*command, *patient], folder=folder, environment=_environment(engine), log=log) as process:
        service = Service("The API", f"http://127.0.0.1:{port}", process, log)
        service.wait_until(lambda response: response.is_success, "/health")
        yield service


class Instances:
    """Instances of the Lambda function: processes that take an event at a time each."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self.count = len(processes)
        self._free: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        for process in processes:
            self._free.put(process)

    def __call__(self, event: Any, _context: Any) -> dict[str, Any]:
        """Have an event handled by the next instance that is free."""
        process = self._free.get()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(event) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        self._free.put(process)
        return answer


@contextlib.contextmanager
def run_lambda_instances(engine: Engine, count: int, folder: Path) -> Iterator[Instances]:
    """Run so many instances of the Lambda function until the block ends."""
    with contextlib.ExitStack() as running:
        log = running.enter_context((folder / "instances.log").open("wb"))
        processes = [running.enter_context(_instance(engine, log)) for _ in range(count)]
        yield Instances(processes)


@contextlib.contextmanager
def _instance(engine: Engine, log: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "testkit.lambda_instance"],
        cwd=ROOT,
        env=_environment(engine),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            end(process)


def _environment(engine: Engine) -> Mapping[str, str]:
    return engine.variables | {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT)}


@contextlib.asynccontextmanager
async def connect_to_server(engine: Engine, server: Service) -> AsyncIterator[Api]:
    """A api that is reached over real connections, and writes no transcript."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with _world(engine, httpx.AsyncHTTPTransport(limits=limits, trust_env=False), server.endpoint) as api:
        yield api


@contextlib.asynccontextmanager
async def connect_behind_gateway(engine: Engine, instances: Instances) -> AsyncIterator[Api]:
    """A api that is reached through API Gateway's events, and writes no transcript."""
    authorizer = Authorizer(engine.settings, f"{engine.aws}/{engine.settings.user_pool_id}/.well-known/jwks.json")
    async with _world(engine, GatewayTransport(instances, authorizer, instances=instances.count)) as api:
        yield api


@contextlib.asynccontextmanager
async def connect_in_process(engine: Engine, app: Any) -> AsyncIterator[Api]:
    """A api whose app is in this process, and writes no transcript."""
    async with _world(engine, httpx.ASGITransport(app)) as api:
        yield api


@contextlib.asynccontextmanager
async def _world(engine: Engine, carrier: httpx.AsyncBaseTransport, base_url: str = _IN_PROCESS) -> AsyncIterator[Api]:
    scan = LeakScan(engine.settings)

    def open_client(**options: Any) -> httpx.AsyncClient:
        hooks = {"response": [scan.look]}
        return httpx.AsyncClient(
            transport=carrier, base_url=base_url, timeout=_PATIENCE_SECONDS, event_hooks=hooks, **options
        )

    async with carrier:
        before = len(everything(engine.aws))
        yield Api(engine.settings, engine.aws, open_client(), Transcript(), open_client, before)
