"""What each operation may cost, by the reckoning of DynamoDB Local."""

import asyncio
from collections.abc import Mapping

import pytest

from app.main import create_app
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.operation_costs import measure_operations
from testkit.servers import connect_in_process
from tests.conftest import Figures
from tests.resilience.conftest import NewEngine

pytestmark = pytest.mark.slow  # It needs Java and Maven, which the suite may not.

# Units of writes and of reads, at most.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "create": (3, 1),
    "create with a key": (9, 1),
    "create again with the key": (9, 1),
    "page of the feed, few rows behind it": (0, 3),
    "page of the feed": (0, 3),
    "page of the feed, without reactions": (0, 3),
    "page of one author, without reactions": (0, 12),
    "page of one author, reactions to all between": (0, 12),
    "own page": (0, 12),
    "page of favorites": (0, 12),
    "one Dwipp": (0, 2),
    "upvote": (8, 3),
    "upvote again": (0, 3),
    "take the upvote back": (8, 3),
    "upvote a favorite": (10, 3),
    "take the upvote of a favorite back": (10, 3),
    "favorite": (2, 3),
    "favorite again": (0, 3),
    "take the favorite back": (2, 3),
    "favorite what is upvoted": (2, 3),
    "take the favorite of what is upvoted back": (2, 3),
    "edit": (3, 2),
    "edit, the same text": (3, 2),
    "delete": (3, 2),
}


def test_no_operation_costs_more_than_it_may(new_engine: NewEngine, figures: Figures) -> None:
    engine = new_engine("in_memory")
    app = create_app(engine.settings)
    meter = CapacityMeter(app.state.container.dwipps._client)

    async def story() -> dict[str, ConsumedCapacity]:
        async with connect_in_process(engine, app) as api:
            return await measure_operations(api, engine, meter)

    receipts = asyncio.run(story())
    for name, (written, read) in BOUNDS.items():
        spent = receipts[name]
        figures(name, f"{spent.written:g} WRU of {written:g}, {spent.read:g} RRU of {read:g}")
    assert receipts.keys() == BOUNDS.keys()
    over = [name for name, (w, r) in BOUNDS.items() if receipts[name].written > w or receipts[name].read > r]
    assert not over
    assert receipts["page of the feed"] == receipts["page of the feed, few rows behind it"]
