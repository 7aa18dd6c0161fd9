"""The tables and the user pool of a test, and the content of the tables."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize
from app.settings import Settings
from devstack import clients, environment
from testkit.limits import limit_variables

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_BATCH_SIZE = 25  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
_THREADS = 8


@dataclass(frozen=True)
class Engine:
    """Tables and a user pool that other tests do not use.

    Attributes:
        settings: the names of the tables and of the user pool.
        aws: the URL of the user pool's service.
        store: the URL of the tables' service, such as DynamoDB Local.
    """

    settings: Settings
    aws: str
    store: str

    @cached_property
    def client(self) -> "DynamoDBClient":
        """Return a DynamoDB client for the tables."""
        return clients.dynamodb_client(self.store, self.settings.region)

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment variables for a process of the app."""
        return environment.make_variables(self.settings, self.aws, self.store) | {
            "AWS_EC2_METADATA_DISABLED": "true",
            "FEED_SHARDS": str(self.settings.feed_shards),
            **limit_variables(self.settings.limits),
        }

    def load_dwipps(self) -> dict[str, dict[str, Any]]:
        """Return all stored Dwipps by id."""
        return {item["dwipp_id"]: item for item in self.scan(self.settings.dwipps_table)}

    def load_reactions(self) -> list[dict[str, Any]]:
        """Return all rows of the reactions table."""
        return self.scan(self.settings.reactions_table)

    def assert_counts_equal_rows(self) -> None:
        """Assert that each Dwipp's count of upvotes equals its rows, and that each row has a reaction."""
        rows = self.load_reactions()
        assert all("upvoted_at" in row or "favorited_at" in row for row in rows)
        upvote_rows = Counter(row["dwipp_id"] for row in rows if "upvoted_at" in row)
        counts = {dwipp_id: int(dwipp["upvotes"]) for dwipp_id, dwipp in self.load_dwipps().items()}
        assert counts == {dwipp_id: upvote_rows[dwipp_id] for dwipp_id in counts}

    def scan(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of a table."""
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [deserialize(item) for page in pages for item in page["Items"]]

    def write_rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows to a table."""
        write_rows(self.client, table, rows)


def write_rows(client: "DynamoDBClient", table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to a table, in concurrent batches."""
    requests = ({"PutRequest": {"Item": serialize(row)}} for row in rows)
    batches = iter(lambda: list(itertools.islice(requests, _BATCH_SIZE)), [])

    def write_batch(batch: list[Any]) -> None:
        assert not client.batch_write_item(RequestItems={table: batch})["UnprocessedItems"]

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(write_batch, batches))
