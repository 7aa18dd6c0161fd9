"""The queue of the moderators with 10,000 open cases: a page costs no more, and a walk shows each case once."""

import asyncio
from collections.abc import Iterator
from dataclasses import astuple
from datetime import timedelta
from typing import Any

import pytest

from app.aws.timestamps import now, to_text
from app.dwipps.ids import new_id
from app.main import create_app
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.engine import Engine
from testkit.servers import connect_in_process
from tests.conftest import Figures, NewEngine

pytestmark = pytest.mark.slow  # The test requires Java and Maven.

CASES = 10_000
PAGE_SIZE = 20
MAX_PAGE = (0, 24)
TEXT = "Buy socks! ".ljust(280, "!")


def test_page_of_10_000_cases_stays_within_its_bound(new_engine: NewEngine, figures: Figures) -> None:
    engine = new_engine("memory_store")
    app = create_app(engine.settings)
    meter = CapacityMeter.from_container(app.state.container)
    expected = _write_cases(engine)

    async def run() -> tuple[ConsumedCapacity, ConsumedCapacity, list[str]]:
        async with connect_in_process(engine, app) as api:
            moderator = await api.create_moderator()
            await moderator.get("/v1/me")  # Creates the member's row.
            with meter.measure() as first:
                page = await moderator.get(f"/v1/moderation/cases?limit={PAGE_SIZE}")
            with meter.measure() as second:
                await moderator.get(f"/v1/moderation/cases?limit={PAGE_SIZE}&cursor={page['next_cursor']}")
            items = await moderator.list_all("/v1/moderation/cases", 100)
            return first, second, [item["dwipp_id"] for item in items]

    first, second, listed = asyncio.run(run())
    figures("first page", f"{first.read:g} RRU of {MAX_PAGE[1]}")
    assert first == second
    assert all(units <= bound for units, bound in zip(astuple(first), MAX_PAGE, strict=True))
    assert listed == expected


def _write_cases(engine: Engine) -> list[str]:
    """Write reported Dwipps, with their cases and entries. Return their ids, oldest first report first."""
    began_at = now() - timedelta(days=1)
    rows = [(new_id(), began_at + timedelta(seconds=number)) for number in range(CASES)]
    engine.write_rows(engine.settings.dwipps_table, ({**_DWIPP, "dwipp_id": dwipp_id} for dwipp_id, _ in rows))
    safety_rows = (row for dwipp_id, at in rows for row in _iter_case_rows(dwipp_id, to_text(at)))
    engine.write_rows(engine.settings.safety_table, safety_rows)
    return [dwipp_id for dwipp_id, _ in rows]


_DWIPP: dict[str, Any] = {"author_handle": "kay", "feed_shard": 0, "text": TEXT, "version": 1, "upvotes": 0}
_CASE: dict[str, Any] = {"sk": "case", "author": "kay", "text": TEXT, "reports": 1, "count_spam": 1, "opening": "x"}


def _iter_case_rows(dwipp_id: str, at: str) -> Iterator[dict[str, Any]]:
    expires_at = int((now() + timedelta(days=700)).timestamp())
    times = {"listed_at": at, "first_reported_at": at, "last_reported_at": at, "expires_at": expires_at}
    yield {**_CASE, **times, "pk": f"case#{dwipp_id}", "dwipp_id": dwipp_id}
    entry = f"{at}#{dwipp_id}"
    yield {"pk": "cases#open", "sk": entry, "opening": "x", "author": "kay", "expires_at": expires_at}
