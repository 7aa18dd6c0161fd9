"""The capacity units of DynamoDB that each operation of the API consumes."""

from app.dwipps.ids import new_id
from testkit.api_client import Api, MemberClient
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.cost_recorder import CostRecorder
from testkit.engine import Engine
from testkit.finding_costs import measure_finding, measure_rankings, measure_upvote_lists
from testkit.operation_rows import (
    MAX_LENGTH_HANDLE,
    PAGE_SIZE,
    TEXT,
    make_dwipp_row,
    make_reaction_row,
    write_upvotes_and_favorites,
)
from testkit.safety_costs import (
    measure_blocks,
    measure_moderation,
    measure_reads_with_blocks,
    measure_removed_dwipp,
    measure_top_with_blocks,
)

_DWIPPS_BY_AUTHOR = 21  # One more than fit on a page.
_OTHER_DWIPPS = 50  # The number of Dwipps by others after each Dwipp by the author.
_FAILED_TRANSACTION_UNITS = 4  # AWS charges at most 2 units each for the key and the Dwipp.


async def measure_operations(api: Api, engine: Engine, meter: CapacityMeter) -> dict[str, ConsumedCapacity]:
    """Measure all operations. Return the consumed capacity by name."""
    recorder = CostRecorder(meter, {})
    author = await api.create_member(MAX_LENGTH_HANDLE)
    reader, stranger, voter = [await api.create_member() for _ in range(3)]
    for member in (author, reader, stranger, voter):
        await member.get("/v1/me")  # Creates the member's row.
    await _fill_tables(recorder, engine, author, reader)
    await write_upvotes_and_favorites(engine, author, voter)
    await _measure_lists(recorder, author, reader, stranger)
    await measure_rankings(recorder, engine, reader, stranger)
    await _measure_upvotes(recorder, author, reader)
    await _measure_favorites(recorder, author, reader)
    await measure_finding(recorder, author, reader, stranger)
    await measure_upvote_lists(recorder, engine, reader, voter)
    await _measure_writes(recorder, author)
    await measure_reads_with_blocks(recorder, engine, author, reader)
    await measure_top_with_blocks(recorder, engine, stranger)
    await measure_blocks(recorder, engine, stranger)
    await measure_removed_dwipp(recorder, engine, author)
    await measure_moderation(recorder, author, stranger, await api.create_moderator())
    return recorder.costs


async def _fill_tables(recorder: CostRecorder, engine: Engine, author: MemberClient, reader: MemberClient) -> None:
    """Write Dwipps by the author and many by others between them, and the reader's reaction to each.

    Measure the feed while few rows exist.
    """
    reader_id = (await reader.get("/v1/me"))["id"]
    for number in range(_DWIPPS_BY_AUTHOR):
        dwipp = await author.post_dwipp(TEXT)
        assert (await reader.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")).is_success
        others = [new_id() for _ in range(_OTHER_DWIPPS)]
        engine.write_rows(engine.settings.dwipps_table, map(make_dwipp_row, others))
        engine.write_rows(
            engine.settings.reactions_table, (make_reaction_row(reader_id, dwipp_id) for dwipp_id in others)
        )
        if number == 0:
            await recorder.request("page of the feed, few rows behind it", reader, "GET", "/v1/dwipps")


async def _measure_lists(
    recorder: CostRecorder, author: MemberClient, reader: MemberClient, stranger: MemberClient
) -> None:
    by_author = f"/v1/users/{MAX_LENGTH_HANDLE}/dwipps"
    pages = [
        await recorder.request("page of the feed", reader, "GET", "/v1/dwipps"),
        await recorder.request("page of the feed, without reactions", stranger, "GET", "/v1/dwipps"),
        await recorder.request("page of one author, without reactions", stranger, "GET", by_author),
        await recorder.request("page of one author, reactions to all between", reader, "GET", by_author),
        await recorder.request("own page", author, "GET", "/v1/me/dwipps"),
        await recorder.request("page of favorites", reader, "GET", "/v1/me/favorites"),
    ]
    assert all(len(page["items"]) == PAGE_SIZE and page["next_cursor"] for page in pages)
    dwipp_id = pages[2]["items"][0]["id"]
    await recorder.request("one Dwipp", reader, "GET", f"/v1/dwipps/{dwipp_id}")


async def _measure_upvotes(recorder: CostRecorder, author: MemberClient, reader: MemberClient) -> None:
    favorite = (await reader.get("/v1/me/favorites"))["items"][0]["id"]
    await recorder.request("upvote a favorite", reader, "POST", f"/v1/dwipps/{favorite}/upvote")
    await recorder.request("take the upvote of a favorite back", reader, "POST", f"/v1/dwipps/{favorite}/upvote")
    path = f"/v1/dwipps/{(await author.post_dwipp(TEXT))['id']}/upvote"
    await recorder.request("upvote", reader, "POST", path)
    await recorder.request("upvote again", reader, "PUT", path)
    await recorder.request("take the upvote back", reader, "POST", path)


async def _measure_favorites(recorder: CostRecorder, author: MemberClient, reader: MemberClient) -> None:
    path = f"/v1/dwipps/{(await author.post_dwipp(TEXT))['id']}"
    await recorder.request("favorite", reader, "POST", f"{path}/favorite")
    await recorder.request("favorite again", reader, "PUT", f"{path}/favorite")
    await recorder.request("take the favorite back", reader, "POST", f"{path}/favorite")
    assert (await reader.http.put(f"{path}/upvote")).is_success
    await recorder.request("favorite what is upvoted", reader, "POST", f"{path}/favorite")
    await recorder.request("take the favorite of what is upvoted back", reader, "POST", f"{path}/favorite")


async def _measure_writes(recorder: CostRecorder, author: MemberClient) -> None:
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    for name in ("create with a key", "create again with the key"):
        await recorder.request(
            name,
            author,
            *("POST", "/v1/dwipps"),
            failed_condition_units=_FAILED_TRANSACTION_UNITS,
            json={"text": TEXT},
            headers=key,
        )
    dwipp = await recorder.request("create", author, "POST", "/v1/dwipps", json={"text": TEXT})
    path = f"/v1/dwipps/{dwipp['id']}"
    await recorder.request("edit", author, "PATCH", path, json={"text": TEXT.swapcase()})
    await recorder.request("edit, the same text", author, "PATCH", path, json={"text": TEXT.swapcase()})
    await recorder.request("delete", author, "DELETE", path)
