"""Exactly as many parallel writes succeed as the limit of a member allows, in several threads and processes."""

import asyncio
import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from app.aws.timestamps import now
from app.settings import MemberLimits
from testkit.api_client import Api
from testkit.engine import Engine
from testkit.servers import connect_behind_gateway, connect_to_server, run_lambda_instances, run_uvicorn
from tests.conftest import NewEngine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

INSTANCES = 8


@pytest.fixture
def engine(new_engine: NewEngine) -> Engine:
    """Return tables in DynamoDB Local, and settings with the default limits."""
    engine = new_engine("memory_store")
    return dataclasses.replace(engine, settings=dataclasses.replace(engine.settings, limits=MemberLimits()))


async def _create_hundred_within_an_hour(api: Api) -> tuple[Counter[int], int]:
    """Create a hundred Dwipps in parallel. Return the number of responses by status, and of the member's Dwipps.

    If the hour ends meanwhile, start again with another member.
    """
    while True:
        member, hour = await api.create_member(), now().hour
        await member.get("/v1/me")
        responses = await asyncio.gather(
            *(member.http.post("/v1/dwipps", json={"text": f"Thought {number}"}) for number in range(100))
        )
        if now().hour == hour:
            created = await member.list_all("/v1/me/dwipps", 100)
            return Counter(response.status_code for response in responses), len(created)


def test_hundred_creates_over_uvicorn_make_thirty_dwipps(engine: Engine, tmp_path: Path) -> None:
    async def run() -> None:
        async with connect_to_server(engine, server) as api:
            assert await _create_hundred_within_an_hour(api) == (Counter({201: 30, 429: 70}), 30)

    with run_uvicorn(engine, tmp_path) as server:
        asyncio.run(run())


def test_hundred_creates_over_8_lambda_instances_make_thirty_dwipps(engine: Engine, tmp_path: Path) -> None:
    async def run() -> None:
        async with connect_behind_gateway(engine, instances) as api:
            assert await _create_hundred_within_an_hour(api) == (Counter({201: 30, 429: 70}), 30)

    with run_lambda_instances(engine, INSTANCES, tmp_path) as instances:
        asyncio.run(run())
