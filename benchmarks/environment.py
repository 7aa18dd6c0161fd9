"""What the benchmarks stand on: a pool in MiniStack, tables in DynamoDB Local; knows not what is measured."""

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
from devstack.api import ROOT
from devstack.process import Service
from devstack.state import Home
from testkit.engine import Engine, free_port

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

REGION = "us-east-1"
HOME = Home(ROOT / ".local")


@dataclass(frozen=True, slots=True)
class Stage:
    """Both services, and a folder for what is thrown away afterwards."""

    aws: Service
    store: Service
    folder: Path

    def engine(self, *, feed_shards: int = 1) -> Engine:
        """Make tables and a pool that nobody else uses."""
        settings = stack.deploy(self.aws.endpoint, REGION, name=f"bench-{uuid.uuid4().hex}")
        names = (settings.dwipps_table, settings.reactions_table, settings.members_table)
        tables.mirror(clients.dynamodb(self.aws.endpoint, REGION), self.client(), names)
        settings = dataclasses.replace(settings, feed_shards=feed_shards)
        return Engine(settings, self.aws.endpoint, self.store.endpoint)

    def client(self) -> "DynamoDBClient":
        """A way to the store past the app."""
        return clients.dynamodb(self.store.endpoint, REGION)


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Run both until the block ends; in it, apps of this process go to them and to nobody else.

    Raises:
        LocalError: Java or Maven is missing, or a service does not start.
    """
    HOME.path.mkdir(mode=0o700, exist_ok=True)
    jars = dynamodb_local.install(HOME.jars)
    with tempfile.TemporaryDirectory(prefix="dwipper-bench-") as name:
        folder = Path(name)
        with (
            ministack.running(free_port(), folder / "aws", region=REGION) as aws,
            dynamodb_local.running(free_port(), jars, folder / "dynamodb", in_memory=True) as store,
            patch.dict(os.environ, _environment(aws, store)),
        ):
            yield Stage(aws, store, folder)


def _environment(aws: Service, store: Service) -> Mapping[str, str]:
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": store.endpoint,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": aws.endpoint,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
