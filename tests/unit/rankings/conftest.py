"""A stopped time, and a table without rows of earlier tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.settings import Settings
from testkit.rankings import RankingTime, stop_time


@pytest.fixture
def time() -> Iterator[RankingTime]:
    with stop_time() as time:
        yield time


@pytest.fixture
def table(client: Any, shared_settings: Settings) -> str:
    """Return the name of the safety table, which is empty."""
    name = shared_settings.safety_table
    for row in client.scan(TableName=name)["Items"]:
        client.delete_item(TableName=name, Key={key: row[key] for key in ("pk", "sk")})
    return name
