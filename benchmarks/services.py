"""The services that the benchmarks run on: a user pool in MiniStack, and tables in DynamoDB Local."""

import contextlib
import dataclasses
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from devstack import clients, dynamodb_local, ministack, stack, tables
from devstack.paths import ROOT
from devstack.process import Service
from devstack.state import StateFolder
from testkit.engine import Engine
from testkit.limits import with_high_limits
from testkit.ports import find_free_port

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

REGION = "us-east-1"
STATE = StateFolder(ROOT / ".local")


@dataclass(frozen=True, slots=True)
class Services:
    """The running services.

    Attributes:
        aws: MiniStack.
        store: DynamoDB Local.
        folder: a temporary folder, which is deleted after the run.
    """

    aws: Service
    store: Service
    folder: Path

    def create_engine(self, *, feed_shards: int = 1) -> Engine:
        """Create tables and a user pool for one measurement. Return their engine."""
        settings = stack.deploy(self.aws.endpoint, REGION, name=f"bench-{uuid.uuid4().hex}")
        tables.mirror(clients.dynamodb_client(self.aws.endpoint, REGION), self.create_client(), settings.tables)
        settings = dataclasses.replace(with_high_limits(settings), feed_shards=feed_shards)
        return Engine(settings, self.aws.endpoint, self.store.endpoint)

    def create_client(self) -> "DynamoDBClient":
        """Return a client of DynamoDB Local that the app does not use."""
        return clients.dynamodb_client(self.store.endpoint, REGION)


@contextlib.contextmanager
def run_services() -> Iterator[Services]:
    """Run both services until the block ends. Within the block, the apps of this process call these services only.

    Raises:
        LocalError: if Java or Maven is missing, or if a service does not start.
    """
    STATE.path.mkdir(mode=0o700, exist_ok=True)
    jars = dynamodb_local.install(STATE.jars)
    with tempfile.TemporaryDirectory(prefix="dwipper-bench-") as name:
        folder = Path(name)
        with (
            ministack.run(find_free_port(), folder / "aws", region=REGION, saves=False) as aws,
            dynamodb_local.run(find_free_port(), jars, folder / "dynamodb", in_memory=True) as store,
            patch.dict(os.environ, _make_environment(aws, store)),
        ):
            yield Services(aws, store, folder)


def _make_environment(aws: Service, store: Service) -> Mapping[str, str]:
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": store.endpoint,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": aws.endpoint,
        "AWS_ENDPOINT_URL_SQS": aws.endpoint,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
