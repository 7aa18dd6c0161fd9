"""Requests a second under uvicorn, one process of it, on DynamoDB Local: all of it, and who asks, on the same cores."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator

from benchmarks import load, rows, tutorial_table
from benchmarks.environment import Stage
from benchmarks.folders import FUNCTIONS
from benchmarks.load import Load
from benchmarks.progress import Steps
from benchmarks.report import Part, Table
from devstack.process import Service, started
from testkit.engine import Engine, free_port
from testkit.servers import connect_to_server, run_uvicorn

CONNECTIONS = (1, 16, 64)
SECONDS = 4.0
_DWIPPS = 100

Asked = tuple[str, str, bytes]  # What, where, and the request.


def part(stage: Stage, steps: Steps) -> Part:
    """Ask both for pages of the feed, and Dwipper for what it writes."""
    engine = stage.engine()
    ids = [rows.old_id(number) for number in range(_DWIPPS)]
    rows.write(engine.client, engine.settings.dwipps_table, map(rows.dwipp, ids))
    tutorial_table.make(engine.client, _DWIPPS)
    with run_uvicorn(engine, stage.folder) as server, _tutorial(engine, stage) as tutorial:
        asked = [*_of_dwipper(engine, server, ids), _of_tutorial(tutorial)]
        planned = [(each, connections) for connections in CONNECTIONS for each in asked]
        done = [
            (name, connections, load.put_on(url, message, connections, SECONDS))
            for (name, url, message), connections in steps.of(planned, "Requests a second")
        ]
    return _told(done)


def _of_dwipper(engine: Engine, server: Service, ids: list[str]) -> Iterator[Asked]:
    token = asyncio.run(_token(engine, server))
    feed = f"{server.endpoint}/v1/dwipps"
    yield "page of the feed", server.endpoint, load.request("GET", feed, token)
    yield "create", server.endpoint, load.request("POST", feed, token, json.dumps({"text": rows.TEXT}).encode())
    yield "one Dwipp", server.endpoint, load.request("GET", f"{feed}/{ids[0]}", token)
    yield "favorite, already one", server.endpoint, load.request("PUT", f"{feed}/{ids[0]}/favorite", token)


def _of_tutorial(server: Service) -> Asked:
    return "the tutorial's page", server.endpoint, load.request("GET", f"{server.endpoint}/v1/dwipps", "none")


async def _token(engine: Engine, server: Service) -> str:
    async with connect_to_server(engine, server) as api:
        member = await api.member()
        await member.get("/v1/me")  # Makes the member's row.
        return str(member.tokens["access_token"])


@contextlib.contextmanager
def _tutorial(engine: Engine, stage: Stage) -> Iterator[Service]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", str(port)]
    variables = engine.variables | {
        "PATH": "/usr/bin:/bin",
        "AWS_DEFAULT_REGION": engine.settings.region,
        "TUTORIAL_TABLE": tutorial_table.NAME,
    }
    folder, log = FUNCTIONS / "tutorial", stage.folder / "tutorial-uvicorn.log"
    with started([*command, "--no-access-log"], folder=folder, environment=variables, log=log) as process:
        service = Service("The tutorial", f"http://127.0.0.1:{port}", process, log)
        service.wait_until(lambda response: response.is_success, "/v1/dwipps")
        yield service


def _told(done: list[tuple[str, int, Load]]) -> Part:
    lines = [
        (
            name,
            str(connections),
            f"{measured.rate:.0f}",
            f"{measured.quantile(50) * 1000:.0f} ms",
            f"{measured.quantile(99) * 1000:.0f} ms",
        )
        for name, connections, measured in sorted(done, key=lambda each: [name for name, *_ in done].index(each[0]))
    ]
    columns = ("request", "connections", "a second", "p50", "p99")
    table = Table("throughput", f"{SECONDS:.0f} seconds of the same request over and over", columns, lines)
    return Part("Requests a second", __doc__ or "", [table])
