"""An account with many rows, written to the tables directly."""

import itertools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.aws.items import serialize
from app.aws.timestamps import now, to_text
from app.dwipps.ids import feed_shard, new_id
from testkit.engine import Engine

_BATCH_SIZE = 25
_THREADS = 8


def write_account(
    engine: Engine, member_id: str, handle: str, other_handle: str, *, dwipps: int, reactions: int
) -> None:
    """Write Dwipps by a member, and Dwipps by another author with one reaction of the member each.

    A third of the reactions are upvotes, a third are favorites, and a third are both. The upvote count of each
    Dwipp is correct.
    """
    now_text = to_text(now())
    own = [_make_dwipp(engine, handle, 0) for _ in range(dwipps)]
    foreign = [_make_dwipp(engine, other_handle, int(number % 3 != 1)) for number in range(reactions)]
    rows = [
        {"member_id": member_id, "dwipp_id": dwipp["dwipp_id"]}
        | ({"upvoted_at": now_text} if number % 3 != 1 else {})
        | ({"favorited_at": now_text} if number % 3 != 0 else {})
        for number, dwipp in enumerate(foreign)
    ]
    _write(engine, engine.settings.dwipps_table, own + foreign)
    _write(engine, engine.settings.reactions_table, rows)


def _make_dwipp(engine: Engine, handle: str, upvotes: int) -> dict[str, Any]:
    dwipp_id = new_id()
    return {
        "dwipp_id": dwipp_id,
        "author_handle": handle,
        "feed_shard": feed_shard(dwipp_id, engine.settings.feed_shards),
        "text": "A thought among thousands of thoughts, " * 3,
        "version": 1,
        "upvotes": upvotes,
    }


def _write(engine: Engine, table: str, rows: Iterable[dict[str, Any]]) -> None:
    requests = ({"PutRequest": {"Item": serialize(row)}} for row in rows)
    batches = iter(lambda: list(itertools.islice(requests, _BATCH_SIZE)), [])
    client = engine.client

    def write_batch(batch: list[Any]) -> None:
        response = client.batch_write_item(RequestItems={table: batch})
        assert not response["UnprocessedItems"]

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(write_batch, batches))
