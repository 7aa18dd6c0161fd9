"""Every operation of the API, each carried out once, and what it consumes of DynamoDB; knows not what it may."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.items import serialize
from app.aws.timestamps import now, to_text
from app.dwipps.ids import new_id
from testkit.api_client import Api, MemberClient
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.engine import Engine

TEXT = "The word 'short' is longer than the word 'long'. ".ljust(280, "!")
OTHER_TEXT = TEXT.swapcase()
LONGEST_HANDLE = "a_handle_of_20_chars"
PAGE = 20
ROUNDS = 21  # So many Dwipps of the author's, one more than a page has
CROWD = 50  # ... and so many of everybody else's after each of them.
BATCH = 25


@dataclass(slots=True)
class Till:
    """Makes requests, and keeps what each cost."""

    meter: CapacityMeter
    receipts: dict[str, ConsumedCapacity]

    async def pay(self, name: str, member: MemberClient, verb: str, path: str, **options: Any) -> Any:
        with self.meter.running() as spent:
            answer = await member.http.request(verb, path, **options)
        assert answer.is_success, answer.text
        self.receipts[name] = spent
        return answer.json() if answer.content else None


async def measure_operations(api: Api, engine: Engine, meter: CapacityMeter) -> dict[str, ConsumedCapacity]:
    """Carry out every operation of the table."""
    till = Till(meter, {})
    author, reader, stranger = await api.member(LONGEST_HANDLE), await api.member(), await api.member()
    for member in (author, reader, stranger):
        await member.get("/v1/me")  # Makes the member's row.
    await _fill(till, engine, author, reader)
    await _lists(till, author, reader, stranger)
    await _upvotes(till, author, reader)
    await _favorites(till, author, reader)
    await _writes(till, author)
    return till.receipts


async def _fill(till: Till, engine: Engine, author: MemberClient, reader: MemberClient) -> None:
    """Write the author's Dwipps, favorites of the reader, among many of others, to all of which the reader reacted."""
    reader_id = (await reader.get("/v1/me"))["id"]
    for number in range(ROUNDS):
        dwipp = await author.post_dwipp(TEXT)
        assert (await reader.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")).is_success
        crowd = [new_id() for _ in range(CROWD)]
        _write(engine, engine.settings.dwipps_table, map(_dwipp, crowd))
        _write(engine, engine.settings.reactions_table, (_reaction(reader_id, each) for each in crowd))
        if number == 0:
            await till.pay("page of the feed, few rows behind it", reader, "GET", "/v1/dwipps")


def _dwipp(dwipp_id: str) -> dict[str, Any]:
    values = {"author_handle": "everybody_else_here_", "feed_shard": 0, "text": TEXT, "version": 1, "upvotes": 1}
    return {"dwipp_id": dwipp_id, **values}


def _reaction(member_id: str, dwipp_id: str) -> dict[str, Any]:
    return {"member_id": member_id, "dwipp_id": dwipp_id, "upvoted_at": to_text(now())}


def _write(engine: Engine, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    puts = [{"PutRequest": {"Item": serialize(row)}} for row in rows]
    for start in range(0, len(puts), BATCH):
        batch: Any = {table: puts[start : start + BATCH]}
        assert not engine.client.batch_write_item(RequestItems=batch)["UnprocessedItems"]


async def _lists(till: Till, author: MemberClient, reader: MemberClient, stranger: MemberClient) -> None:
    by_author = f"/v1/users/{LONGEST_HANDLE}/dwipps"
    pages = [
        await till.pay("page of the feed", reader, "GET", "/v1/dwipps"),
        await till.pay("page of the feed, without reactions", stranger, "GET", "/v1/dwipps"),
        await till.pay("page of one author, without reactions", stranger, "GET", by_author),
        await till.pay("page of one author, reactions to all between", reader, "GET", by_author),
        await till.pay("own page", author, "GET", "/v1/me/dwipps"),
        await till.pay("page of favorites", reader, "GET", "/v1/me/favorites"),
    ]
    assert all(len(page["items"]) == PAGE and page["next_cursor"] for page in pages)
    one = pages[2]["items"][0]["id"]
    await till.pay("one Dwipp", reader, "GET", f"/v1/dwipps/{one}")


async def _upvotes(till: Till, author: MemberClient, reader: MemberClient) -> None:
    favorite = (await reader.get("/v1/me/favorites"))["items"][0]["id"]
    await till.pay("upvote a favorite", reader, "POST", f"/v1/dwipps/{favorite}/upvote")
    await till.pay("take the upvote of a favorite back", reader, "POST", f"/v1/dwipps/{favorite}/upvote")
    path = f"/v1/dwipps/{(await author.post_dwipp(TEXT))['id']}/upvote"
    await till.pay("upvote", reader, "POST", path)
    await till.pay("upvote again", reader, "PUT", path)
    await till.pay("take the upvote back", reader, "POST", path)


async def _favorites(till: Till, author: MemberClient, reader: MemberClient) -> None:
    path = f"/v1/dwipps/{(await author.post_dwipp(TEXT))['id']}"
    await till.pay("favorite", reader, "POST", f"{path}/favorite")
    await till.pay("favorite again", reader, "PUT", f"{path}/favorite")
    await till.pay("take the favorite back", reader, "POST", f"{path}/favorite")
    assert (await reader.http.put(f"{path}/upvote")).is_success
    await till.pay("favorite what is upvoted", reader, "POST", f"{path}/favorite")
    await till.pay("take the favorite of what is upvoted back", reader, "POST", f"{path}/favorite")


async def _writes(till: Till, author: MemberClient) -> None:
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    for name in ("create with a key", "create again with the key"):
        await till.pay(name, author, "POST", "/v1/dwipps", json={"text": TEXT}, headers=key)
    dwipp = await till.pay("create", author, "POST", "/v1/dwipps", json={"text": TEXT})
    path = f"/v1/dwipps/{dwipp['id']}"
    await till.pay("edit", author, "PATCH", path, json={"text": OTHER_TEXT})
    await till.pay("edit, the same text", author, "PATCH", path, json={"text": OTHER_TEXT})
    await till.pay("delete", author, "DELETE", path)
