"""A clock for the expiry of rows, and the id of a new user."""

import time
import uuid

import pytest

from testkit.doubles import Clock


@pytest.fixture
def row_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(time.time())
    monkeypatch.setattr("app.accounts.expiring_rows.time", clock)
    return clock


@pytest.fixture
def user_id() -> str:
    return str(uuid.uuid4())
