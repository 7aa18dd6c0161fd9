"""Fixtures of the operator's commands: a stage in the embedded AWS, and a recorded osls."""

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devstack import clients
from devstack.process import Service
from scripts import osls, stacks
from tests.conftest import REGION

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

# Prints its arguments and its environment as JSON.
_FAKE_OSLS = """\
#!/usr/bin/env python3
import json, os, pathlib, sys
pathlib.Path({record!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ)]))
sys.exit({code})
"""


class FakeOsls:
    """A program that records its arguments and its environment in place of osls."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "osls"
        self._record = folder / "osls.json"
        self.fail(0)

    def fail(self, code: int) -> None:
        """Let the program end with this exit code."""
        self.program.write_text(_FAKE_OSLS.format(record=str(self._record), code=code))
        self.program.chmod(0o755)

    def read_call(self) -> tuple[list[str], Mapping[str, str]] | None:
        """Return the arguments and the environment of the last call. None if there was none."""
        if not self._record.exists():
            return None
        arguments, environment = json.loads(self._record.read_text())
        return arguments, environment


@pytest.fixture
def fake_osls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeOsls:
    fake = FakeOsls(tmp_path)
    monkeypatch.setattr(osls, "_PROGRAM", fake.program)
    return fake


@pytest.fixture
def cloudformation(embedded: Service) -> "CloudFormationClient":
    return clients.cloudformation_client(embedded.endpoint, REGION)


@pytest.fixture
def stage(cloudformation: "CloudFormationClient") -> Iterator[str]:
    """Return the name of a stage that no other test uses. Its stacks are deleted after the test."""
    name = f"t{uuid.uuid4().hex[:10]}"
    yield name
    for stack in (stacks.get_service_name(name), stacks.get_data_name(name)):
        if stacks.find(cloudformation, stack):
            cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
            cloudformation.delete_stack(StackName=stack)


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
