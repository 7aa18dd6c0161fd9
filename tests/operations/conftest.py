"""Fixtures of the operator's commands: a stage in the embedded AWS, and a recorded osls."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devstack import clients
from devstack.process import Service
from scripts import osls
from tests.conftest import REGION
from tests.operations.fake_osls import FakeOsls
from tests.operations.stage import Stage

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


@pytest.fixture
def fake_osls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeOsls:
    fake = FakeOsls(tmp_path)
    monkeypatch.setattr(osls, "_PROGRAM", fake.program)
    return fake


@pytest.fixture
def cloudformation(embedded: Service) -> "CloudFormationClient":
    return clients.cloudformation_client(embedded.endpoint, REGION)


@pytest.fixture
def environment(embedded: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment of an operator whose AWS is the embedded one."""
    variables: dict[str, Any] = {
        "AWS_ENDPOINT_URL": embedded.endpoint,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def stage(environment: dict[str, str], cloudformation: "CloudFormationClient", fake_osls: FakeOsls) -> Iterator[Stage]:
    """Return a new stage. Its stacks are deleted after the test."""
    stage = Stage(f"t{uuid.uuid4().hex[:10]}", environment, cloudformation, fake_osls)
    yield stage
    stage.delete_stacks()
