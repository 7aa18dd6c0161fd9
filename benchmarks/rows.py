"""Rows that fill Dwipper's tables without the app, in the form in which the app would write them."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.aws.items import serialize
from app.aws.timestamps import now, to_text

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TEXT = "The word 'short' is longer than the word 'long'. ".ljust(280, "!")  # The maximum length, in ASCII.
HANDLE = "everybody_else_here_"
_BATCH_SIZE = 25
_WRITERS = 4
# The time of the first id, in milliseconds since the epoch, as in a UUIDv7. It is in 2024, before any benchmark.
_FIRST_TIME = 0x0190_0000_0000


def make_old_id(number: int) -> str:
    """Return an id that is older than those of the benchmark. Higher numbers are newer."""
    return str(UUID(int=((_FIRST_TIME + number) << 80) | (7 << 76) | (2 << 62) | number))


def make_dwipp(dwipp_id: str, upvotes: int = 1) -> dict[str, Any]:
    """Return a Dwipp of another member."""
    values = {"author_handle": HANDLE, "feed_shard": 0, "text": TEXT, "version": 1, "upvotes": upvotes}
    return {"dwipp_id": dwipp_id, **values}


def make_reaction(member_id: str, dwipp_id: str) -> dict[str, Any]:
    """Return a member's upvote."""
    return {"member_id": member_id, "dwipp_id": dwipp_id, "upvoted_at": to_text(now())}


def write(client: "DynamoDBClient", table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write all rows, several batches at a time.

    Raises:
        RuntimeError: if DynamoDB Local left rows out.
    """
    with ThreadPoolExecutor(_WRITERS) as writers:
        for response in writers.map(
            lambda batch: client.batch_write_item(RequestItems={table: batch}), _make_batches(rows)
        ):
            if response["UnprocessedItems"]:
                raise RuntimeError(f"DynamoDB Local did not write all rows of {table}")


def _make_batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    puts = ({"PutRequest": {"Item": serialize(row)}} for row in rows)
    while batch := list(islice(puts, _BATCH_SIZE)):
        yield batch
