"""A members table for the tests of repositories, and a clock for the expiry of its rows."""

import time
import uuid
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit.doubles import Clock


@pytest.fixture
def row_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(time.time())
    monkeypatch.setattr("app.accounts.expiring_rows.time", clock)
    return clock


@pytest.fixture(scope="module")
def shared_settings(embedded: Service) -> Settings:
    return stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def client(shared_settings: Settings) -> Any:
    return dynamodb_client(shared_settings.region)


@pytest.fixture
def user_id() -> str:
    return str(uuid.uuid4())
