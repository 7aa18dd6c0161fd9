"""Concurrent blocks never exceed the maximum, and each acknowledged one is stored."""

import asyncio

import pytest

from app.aws.items import serialize
from app.main import create_app
from app.members.blocks import MAX_BLOCKS
from testkit.servers import connect_in_process
from tests.conftest import Figures, NewEngine

PARALLEL_BLOCKS = 20
ROOM = 10


@pytest.mark.slow
@pytest.mark.parametrize("store", ["embedded", "memory_store"])
def test_concurrent_blocks_stay_within_the_maximum(store: str, new_engine: NewEngine, figures: Figures) -> None:
    engine = new_engine(store)
    handles = {f"blocked_member_{number:05}" for number in range(MAX_BLOCKS - ROOM)}

    async def run() -> tuple[list[int], list[str]]:
        async with connect_in_process(engine, create_app(engine.settings)) as api:
            blocker = await api.create_member()
            blocked = [await api.create_member() for _ in range(PARALLEL_BLOCKS)]
            others = [(await member.get("/v1/me"))["handle"] for member in blocked]
            row = {"pk": f"blocks#{(await blocker.get('/v1/me'))['id']}", "handles": handles}
            engine.client.put_item(TableName=engine.settings.members_table, Item=serialize(row))
            requests = (blocker.http.put(f"/v1/users/{handle}/block") for handle in others)
            statuses = [response.status_code for response in await asyncio.gather(*requests)]
            acknowledged = [handle for handle, status in zip(others, statuses, strict=True) if status == 204]
            listed = [item["handle"] for item in await blocker.list_all("/v1/me/blocks", 100)]
            assert listed == sorted([*handles, *acknowledged])
            return statuses, listed

    statuses, listed = asyncio.run(run())
    assert sorted(statuses) == [204] * ROOM + [422] * (PARALLEL_BLOCKS - ROOM)
    assert len(listed) == MAX_BLOCKS
    figures("responses", {status: statuses.count(status) for status in set(statuses)})
