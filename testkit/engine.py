"""An engine: the AWS that one test stands on, and what its tables really hold."""

import socket
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize
from app.settings import Settings
from devstack import clients, environment

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Engine:
    """Tables of a test's own in the store at one endpoint, and a user pool of its own at another."""

    settings: Settings
    aws: str
    store: str

    @cached_property
    def client(self) -> "DynamoDBClient":
        """A way to the tables past the app."""
        return clients.dynamodb(self.store, self.settings.region)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a process of the app."""
        return environment.variables(self.settings, self.aws, self.store) | {
            "AWS_EC2_METADATA_DISABLED": "true",
            "FEED_SHARDS": str(self.settings.feed_shards),
        }

    def dwipps(self) -> dict[str, dict[str, Any]]:
        """All Dwipps that are stored, by id."""
        return {item["dwipp_id"]: item for item in self._all(self.settings.dwipps_table)}

    def reactions(self) -> list[dict[str, Any]]:
        """All rows of reactions."""
        return self._all(self.settings.reactions_table)

    def assert_counts_equal_rows(self) -> None:
        """The count in every Dwipp is that of the rows with an upvote; no row is left without a reaction."""
        rows = self.reactions()
        assert all("upvoted_at" in row or "favorited_at" in row for row in rows)
        upvoted = Counter(row["dwipp_id"] for row in rows if "upvoted_at" in row)
        stored = {dwipp_id: int(dwipp["upvotes"]) for dwipp_id, dwipp in self.dwipps().items()}
        assert stored == {dwipp_id: upvoted[dwipp_id] for dwipp_id in stored}

    def _all(self, table: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [deserialize(item) for page in pages for item in page["Items"]]


def free_port() -> int:
    """A port of this machine that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
