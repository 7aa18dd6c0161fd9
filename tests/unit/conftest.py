"""Tables, a user pool and a queue that the tests of one module share."""

import uuid
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.settings import Settings
from devstack import stack
from devstack.process import Service


@pytest.fixture(scope="module")
def shared_settings(embedded: Service) -> Settings:
    return stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def client(shared_settings: Settings) -> Any:
    return dynamodb_client(shared_settings.region)
