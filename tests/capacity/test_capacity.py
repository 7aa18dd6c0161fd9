"""No operation consumes more capacity of DynamoDB than its bound, as reported by DynamoDB Local."""

import asyncio
import dataclasses
from collections.abc import Mapping

import pytest

from app.main import create_app
from app.settings import MemberLimits
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.limits import with_high_limits
from testkit.operation_costs import measure_operations
from testkit.servers import connect_in_process
from tests.conftest import Figures, NewEngine

pytestmark = pytest.mark.slow  # The test requires Java and Maven.

# The maximum write request units and read request units of each operation.
MAX_UNITS: Mapping[str, tuple[float, float]] = {
    "create": (4, 1),
    "create with a key": (9, 1),
    "create again with the key": (9, 1),
    "page of the feed, few rows behind it": (0, 3),
    "page of the feed": (0, 3),
    "page of the feed, without reactions": (0, 3),
    "page of one author, without reactions": (0, 12),
    "page of one author, reactions to all between": (0, 12),
    "own page": (0, 12),
    "page of favorites": (0, 12),
    "page since a Dwipp": (0, 4),
    "page since a Dwipp, none new": (0, 4),
    "20 by ids": (0, 13),
    "20 by ids, reactions to all between": (0, 23),
    "random": (0, 5),
    "page of upvotes": (0, 14),
    "page of upvotes, 100 favorites between": (0, 14),
    "page of upvotes, 100 favorites between, 500 blocks": (0, 14),
    "page of top, without reactions": (0, 14),
    "page of top, reactions to all between": (0, 24),
    "second page of top, reactions to all": (0, 24),
    "one Dwipp": (0, 4),
    "upvote": (9, 5),
    "upvote again": (2, 5),
    "take the upvote back": (9, 5),
    "upvote a favorite": (11, 5),
    "take the upvote of a favorite back": (11, 5),
    "favorite": (3, 5),
    "favorite again": (2, 5),
    "take the favorite back": (3, 5),
    "favorite what is upvoted": (3, 5),
    "take the favorite of what is upvoted back": (3, 5),
    "edit": (4, 2),
    "edit, the same text": (3, 2),
    "delete": (4, 4),
    "page of the feed, 500 blocks": (0, 4),
    "page of one author, reactions to all between, 500 blocks": (0, 13),
    "page of favorites, 500 blocks": (0, 13),
    "page since a Dwipp, 500 blocks": (0, 4),
    "20 by ids, reactions to all between, 500 blocks": (0, 23),
    "random, 500 blocks": (0, 5),
    "page of top, without reactions, 500 blocks": (0, 14),
    "page of top, reactions to all between, 500 blocks": (0, 24),
    "one Dwipp, 500 blocks": (0, 4),
    "profile, 500 blocks": (0, 4),
    "upvote, 500 blocks": (9, 5),
    "favorite, 500 blocks": (3, 5),
    "take the upvote of a favorite back, 500 blocks": (11, 5),
    "take the favorite back, 500 blocks": (3, 5),
    "page of blocks, 500 blocks": (0, 4),
    "one removed Dwipp": (0, 4),
    "one removed Dwipp, 500 blocks": (0, 4),
    "block": (12, 4),
    "block again": (12, 4),
    "unblock": (12, 4),
    "unblock again": (12, 4),
    "report": (11, 3),
    "report again": (2, 3),
    "change a report": (11, 3),
    "open a decided case": (11, 3),
    "withdraw a report": (11, 3),
    "remove a reported Dwipp": (12, 4),
    "restore a Dwipp": (12, 4),
    "remove a Dwipp without reports": (12, 4),
    "restore a Dwipp without reports": (12, 4),
    "page of cases": (0, 24),
    "suspend a member": (10, 4),
    "lift a suspension": (10, 4),
    "suspend a member and remove the Dwipps": (10, 4),
    "lift a suspension and restore the Dwipps": (10, 4),
}


def test_operations_stay_within_their_capacity_bounds(new_engine: NewEngine, figures: Figures) -> None:
    engine = new_engine("memory_store")
    app = create_app(with_high_limits(engine.settings))
    meter = CapacityMeter.from_container(app.state.container)

    async def run() -> dict[str, ConsumedCapacity]:
        async with connect_in_process(engine, app) as api:
            return await measure_operations(api, engine, meter)

    consumed = asyncio.run(run())
    for name, (max_written, max_read) in MAX_UNITS.items():
        units = consumed[name]
        figures(name, f"{units.written:g} WRU of {max_written:g}, {units.read:g} RRU of {max_read:g}")
    assert consumed.keys() == MAX_UNITS.keys()
    exceeding = [
        name
        for name, (max_written, max_read) in MAX_UNITS.items()
        if consumed[name].written > max_written or consumed[name].read > max_read
    ]
    assert not exceeding
    assert consumed["page of the feed"] == consumed["page of the feed, few rows behind it"]
    # Two updates of the count, and the failed condition on a row of 10 KB.
    assert consumed["block again"].written == consumed["unblock again"].written == 2 + 10


def test_creates_beyond_the_limit_stay_within_their_bounds(new_engine: NewEngine) -> None:
    engine = new_engine("memory_store")
    app = create_app(dataclasses.replace(engine.settings, limits=MemberLimits(dwipps_hour=0, dwipps_day=1)))
    meter = CapacityMeter.from_container(app.state.container)

    async def run() -> dict[str, tuple[int, ConsumedCapacity]]:
        async with connect_in_process(engine, app) as api:
            member = await api.create_member()
            await member.get("/v1/me")  # Creates the member's row.

            async def create(key: str | None = None) -> tuple[int, ConsumedCapacity]:
                headers = {"Idempotency-Key": key} if key else {}
                with meter.measure() as consumed:
                    response = await member.http.post("/v1/dwipps", json={"text": "Hm."}, headers=headers)
                return response.status_code, consumed

            assert (await create("one"))[0] == 201
            return {"without a key": await create(), "new key": await create("two"), "replay": await create("one")}

    assert asyncio.run(run()) == {
        "without a key": (429, ConsumedCapacity(written=1, read=1)),
        "new key": (429, ConsumedCapacity(written=1, read=2)),
        "replay": (201, ConsumedCapacity(written=1, read=2)),
    }
