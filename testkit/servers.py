"""The API under uvicorn, as instances of the Lambda function, or as an app of this process, with clients for each.

The worker runs as a process.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx

from devstack.paths import ROOT
from devstack.process import Service, run_process, start_process, stop_process
from testkit.api_client import Api
from testkit.engine import Engine
from testkit.gateway import GatewayTransport
from testkit.gateway_authorizer import Authorizer
from testkit.jobs import run_jobs_in_thread
from testkit.leak_scan import LeakScan
from testkit.ports import find_free_port
from testkit.transcript import Transcript

# That of API Gateway.
_TIMEOUT_SECONDS = 29.0
_ONCE_TIMEOUT_SECONDS = 60.0
_TEST_URL = "https://dwipper.test"


@contextlib.contextmanager
def run_uvicorn(engine: Engine, folder: Path) -> Iterator[Service]:
    """Serve the API with uvicorn on loopback until the block ends."""
    port = find_free_port()
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "uvicorn.log"
    # By default uvicorn could close an idle connection while a client on a busy machine begins to send.
    options = ["--no-access-log", "--timeout-keep-alive", "120"]
    with start_process([*command, *options], folder=folder, environment=_environment(engine), log=log) as process:
        service = Service("The API", f"http://127.0.0.1:{port}", process, log)
        service.wait_until(lambda response: response.is_success, "/health")
        yield service


@contextlib.contextmanager
def run_worker(
    engine: Engine, folder: Path, name: str = "worker", module: str = "app.worker", **variables: str
) -> Iterator[Service]:
    """Run a worker process until the block ends. It has no endpoint, and writes a log in JSON.

    Args:
        engine: the tables, the user pool and the queue.
        folder: the folder for the log.
        name: the name of the log, without its ending.
        module: the module to run.
        variables: further environment variables.
    """
    log = folder / f"{name}.log"
    environment = {**_environment(engine), "LOG_FORMAT": "json", **variables}
    with start_process([sys.executable, "-m", module], folder=folder, environment=environment, log=log) as process:
        yield Service("The worker", "", process, log)


def run_worker_once(engine: Engine, folder: Path) -> int:
    """Run a worker process that does what is due. Return its exit code."""
    return run_process(
        [sys.executable, "-m", "app.worker", "--once"],
        folder=folder,
        environment=_environment(engine),
        log=folder / "worker-once.log",
        timeout_seconds=_ONCE_TIMEOUT_SECONDS,
    )


class Instances:
    """Instances of the Lambda function. Each is a process that handles one event at a time."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self.count = len(processes)
        self._free: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        for process in processes:
            self._free.put(process)

    def __call__(self, event: Any, _context: Any) -> dict[str, Any]:
        """Handle an event in the next free instance, and return its result."""
        process = self._free.get()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(event) + "\n")
        process.stdin.flush()
        result: dict[str, Any] = json.loads(process.stdout.readline())
        self._free.put(process)
        return result


@contextlib.contextmanager
def run_lambda_instances(engine: Engine, count: int, folder: Path) -> Iterator[Instances]:
    """Run instances of the Lambda function until the block ends."""
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "instances.log").open("wb"))
        processes = [stack.enter_context(_run_instance(engine, log)) for _ in range(count)]
        yield Instances(processes)


@contextlib.contextmanager
def _run_instance(engine: Engine, log: Any) -> Iterator[subprocess.Popen[str]]:
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
            stop_process(process)


def _environment(engine: Engine) -> Mapping[str, str]:
    return engine.variables | {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT)}


@contextlib.asynccontextmanager
async def connect_to_server(engine: Engine, server: Service) -> AsyncIterator[Api]:
    """Connect to the API of a server. The transcript of the API stays empty."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with _open_api(engine, httpx.AsyncHTTPTransport(limits=limits, trust_env=False), server.endpoint) as api:
        yield api


@contextlib.asynccontextmanager
async def connect_behind_gateway(engine: Engine, instances: Instances) -> AsyncIterator[Api]:
    """Connect to the API of instances through a stand-in for API Gateway. The transcript of the API stays empty."""
    authorizer = Authorizer(engine.settings, f"{engine.aws}/{engine.settings.user_pool_id}/.well-known/jwks.json")
    async with _open_api(engine, GatewayTransport(instances, authorizer, instances=instances.count)) as api:
        yield api


@contextlib.asynccontextmanager
async def connect_in_process(engine: Engine, app: Any) -> AsyncIterator[Api]:
    """Connect to the API of an app in this process. The transcript of the API stays empty."""
    async with _open_api(engine, httpx.ASGITransport(app)) as api:
        yield api


@contextlib.asynccontextmanager
async def _open_api(
    engine: Engine, transport: httpx.AsyncBaseTransport, base_url: str = _TEST_URL
) -> AsyncIterator[Api]:
    scan = LeakScan(engine.settings)

    def open_client(**options: Any) -> httpx.AsyncClient:
        hooks = {"response": [scan.check_unread]}
        return httpx.AsyncClient(
            transport=transport, base_url=base_url, timeout=_TIMEOUT_SECONDS, event_hooks=hooks, **options
        )

    async with transport:
        finish_jobs = partial(run_jobs_in_thread, engine.settings)
        yield Api(engine.settings, engine.aws, open_client(), Transcript(), open_client, finish_jobs)
