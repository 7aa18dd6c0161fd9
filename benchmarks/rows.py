"""Rows written past the apps, to have tables of a size; as each app would have written them."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.aws.items import serialize
from app.aws.timestamps import now, to_text

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TEXT = "The word 'short' is longer than the word 'long'. ".ljust(280, "!")  # The longest, in ASCII.
HANDLE = "everybody_else_here_"
_BATCH = 25
_WRITERS = 4
# The ids of rows that were there before anybody came: times of UUIDv7 that go up to this one.
_BEFORE = 0x0190_0000_0000


def old_id(number: int) -> str:
    """An id from before the benchmark, the higher the newer."""
    return str(UUID(int=((_BEFORE + number) << 80) | (7 << 76) | (2 << 62) | number))


def dwipp(dwipp_id: str, upvotes: int = 1) -> dict[str, Any]:
    """A Dwipp of somebody's."""
    values = {"author_handle": HANDLE, "feed_shard": 0, "text": TEXT, "version": 1, "upvotes": upvotes}
    return {"dwipp_id": dwipp_id, **values}


def reaction(member_id: str, dwipp_id: str) -> dict[str, Any]:
    """A member's upvote."""
    return {"member_id": member_id, "dwipp_id": dwipp_id, "upvoted_at": to_text(now())}


def write(client: "DynamoDBClient", table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write all of the rows, some batches at a time."""
    with ThreadPoolExecutor(_WRITERS) as writers:
        for answer in writers.map(lambda batch: client.batch_write_item(RequestItems={table: batch}), _batches(rows)):
            if answer["UnprocessedItems"]:
                raise RuntimeError(f"DynamoDB Local left rows of {table} unwritten")


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    puts = ({"PutRequest": {"Item": serialize(row)}} for row in rows)
    while batch := list(islice(puts, _BATCH)):
        yield batch
