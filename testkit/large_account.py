"""An account with many rows, written to the tables directly."""

from typing import Any

from app.aws.timestamps import now, to_text
from app.dwipps.ids import feed_shard, new_id
from testkit.engine import Engine


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
    engine.write_rows(engine.settings.dwipps_table, own + foreign)
    engine.write_rows(engine.settings.reactions_table, rows)


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
