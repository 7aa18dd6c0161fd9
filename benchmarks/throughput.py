"""Throughput: the requests per second of one uvicorn process on DynamoDB Local."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import load_generator, rows, tutorial_table
from benchmarks.function_folders import FUNCTIONS
from benchmarks.load_generator import LoadResult, encode_request
from benchmarks.progress import ProgressTracker
from benchmarks.report import Part, Table
from benchmarks.services import Services
from devstack.process import Service, start_process
from testkit.engine import Engine
from testkit.ports import find_free_port
from testkit.servers import connect_to_server, run_uvicorn

CONNECTIONS = (1, 16, 64)
SECONDS = 4.0
_DWIPPS = 100

_INTRODUCTION = """\
One process of uvicorn serves the requests, on DynamoDB Local. The server, the database and the load generator share the
same cores."""


@dataclass(frozen=True, slots=True)
class RepeatedRequest:
    """A request that the load generator repeats.

    Attributes:
        name: the name in the table.
        endpoint: the URL of the server.
        message: the encoded request.
    """

    name: str
    endpoint: str
    message: bytes


def run(services: Services, tracker: ProgressTracker) -> Part:
    """Send requests to Dwipper and to the tutorial's app, on different numbers of connections."""
    engine = services.create_engine()
    ids = [rows.make_old_id(number) for number in range(_DWIPPS)]
    rows.write(engine.client, engine.settings.dwipps_table, map(rows.make_dwipp, ids))
    tutorial_table.create(engine.client, _DWIPPS)
    with run_uvicorn(engine, services.folder) as server, _run_tutorial(engine, services) as tutorial:
        requests = [*_make_dwipper_requests(engine, server, ids), _make_tutorial_request(tutorial)]
        combinations = [(request, connections) for connections in CONNECTIONS for request in requests]
        results = {
            (request.name, connections): load_generator.generate_load(
                request.endpoint, request.message, connections, SECONDS
            )
            for request, connections in tracker.track(combinations, "Requests per second")
        }
    return _report([request.name for request in requests], results)


def _make_dwipper_requests(engine: Engine, server: Service, ids: list[str]) -> Iterator[RepeatedRequest]:
    token = asyncio.run(_get_token(engine, server))
    feed = f"{server.endpoint}/v1/dwipps"
    body = json.dumps({"text": rows.TEXT}).encode()
    yield RepeatedRequest("page of the feed", server.endpoint, encode_request("GET", feed, token))
    yield RepeatedRequest("create", server.endpoint, encode_request("POST", feed, token, body))
    yield RepeatedRequest("one Dwipp", server.endpoint, encode_request("GET", f"{feed}/{ids[0]}", token))
    favorite = encode_request("PUT", f"{feed}/{ids[0]}/favorite", token)
    yield RepeatedRequest("favorite, already set", server.endpoint, favorite)


def _make_tutorial_request(server: Service) -> RepeatedRequest:
    message = encode_request("GET", f"{server.endpoint}/v1/dwipps", "none")
    return RepeatedRequest("the tutorial's page", server.endpoint, message)


async def _get_token(engine: Engine, server: Service) -> str:
    async with connect_to_server(engine, server) as api:
        member = await api.create_member()
        await member.get("/v1/me")  # Creates the member's row.
        return str(member.tokens["access_token"])


@contextlib.contextmanager
def _run_tutorial(engine: Engine, services: Services) -> Iterator[Service]:
    port = find_free_port()
    command = [sys.executable, "-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", str(port)]
    variables = engine.variables | {
        "PATH": "/usr/bin:/bin",
        "AWS_DEFAULT_REGION": engine.settings.region,
        "TUTORIAL_TABLE": tutorial_table.TABLE,
    }
    folder, log = FUNCTIONS / "tutorial", services.folder / "tutorial-uvicorn.log"
    with start_process([*command, "--no-access-log"], folder=folder, environment=variables, log=log) as process:
        service = Service("The tutorial", f"http://127.0.0.1:{port}", process, log)
        service.wait_until(lambda response: response.is_success, "/v1/dwipps")
        yield service


def _report(names: list[str], results: dict[tuple[str, int], LoadResult]) -> Part:
    lines = [
        (
            name,
            str(connections),
            f"{results[name, connections].rate:.0f}",
            f"{results[name, connections].percentile(50) * 1000:.0f} ms",
            f"{results[name, connections].percentile(99) * 1000:.0f} ms",
        )
        for name in names
        for connections in CONNECTIONS
    ]
    columns = ("request", "connections", "requests per second", "p50", "p99")
    table = Table("throughput", f"The same request, repeated for {SECONDS:.0f} seconds", columns, lines)
    return Part("Throughput", _INTRODUCTION, [table])
