"""The capacity units of DynamoDB that each operation of the API consumes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.aws.timestamps import now, to_text
from app.dwipps.ids import highest_id, milliseconds, new_id
from app.dwipps.repository import DwippRepository
from app.dwipps.since import OVERLAP_MILLISECONDS
from app.members.blocks import MAX_BLOCKS
from app.rankings.candidates import MAX_RANKED
from testkit.api_client import Api, MemberClient
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity
from testkit.engine import Engine
from testkit.moderation import Moderation
from testkit.rankings import write_snapshot

TEXT = "The word 'short' is longer than the word 'long'. ".ljust(280, "!")
OTHER_TEXT = TEXT.swapcase()
MAX_LENGTH_HANDLE = "a_handle_of_20_chars"
PAGE_SIZE = 20
DWIPPS_BY_AUTHOR = 21  # One more than fit on a page.
FAVORITES_BETWEEN = 100  # The number of favorites between the upvotes of a page.
UPVOTES_WITH_FAVORITES = f"page of upvotes, {FAVORITES_BETWEEN} favorites between"
OTHER_DWIPPS = 50  # The number of Dwipps by others after each Dwipp by the author.
COUNT_UNITS = 1  # The update that counts a write, and the one that takes the count back.
FAILED_TRANSACTION_UNITS = 4  # At most AWS charges both items, the key and the Dwipp, with 2 units each.


@dataclass(slots=True)
class CostRecorder:
    """A recorder of the capacity that each request consumes, by the name of the request."""

    meter: CapacityMeter
    costs: dict[str, ConsumedCapacity]

    async def request(
        self, name: str, member: MemberClient, method: str, path: str, failed_condition_units: float = 1, **options: Any
    ) -> Any:
        """Send a request, which must succeed. Return the body of the response. None if it is empty."""
        with self.meter.measure(failed_condition_units=failed_condition_units) as consumed:
            response = await member.http.request(method, path, **options)
        assert response.is_success, response.text
        self.costs[name] = consumed
        return response.json() if response.content else None


async def measure_operations(api: Api, engine: Engine, meter: CapacityMeter) -> dict[str, ConsumedCapacity]:
    """Measure the operations on Dwipps and the lists of Dwipps. Return the consumed capacity by name."""
    recorder = CostRecorder(meter, {})
    author = await api.create_member(MAX_LENGTH_HANDLE)
    reader, stranger, voter = [await api.create_member() for _ in range(3)]
    for member in (author, reader, stranger, voter):
        await member.get("/v1/me")  # Creates the member's row.
    await _fill_tables(recorder, engine, author, reader)
    await _write_voter_rows(engine, author, voter)
    await _measure_lists(recorder, author, reader, stranger)
    await _measure_rankings(recorder, engine, reader, stranger)
    await _measure_upvotes(recorder, author, reader)
    await _measure_favorites(recorder, author, reader)
    await _measure_finding(recorder, engine, author, reader, stranger, voter)
    await _measure_writes(recorder, author)
    await _measure_reads_with_blocks(recorder, engine, author, reader)
    await _measure_top_with_blocks(recorder, engine, stranger)
    await _measure_blocks(recorder, engine, stranger)
    await _measure_removed_dwipp(recorder, engine, author)
    await _measure_moderation(recorder, author, stranger, await api.create_moderator())
    return recorder.costs


async def _fill_tables(recorder: CostRecorder, engine: Engine, author: MemberClient, reader: MemberClient) -> None:
    """Write Dwipps by the author and many by others between them, and the reader's reaction to each.

    Measure the feed while few rows exist.
    """
    reader_id = (await reader.get("/v1/me"))["id"]
    for number in range(DWIPPS_BY_AUTHOR):
        dwipp = await author.post_dwipp(TEXT)
        assert (await reader.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")).is_success
        others = [new_id() for _ in range(OTHER_DWIPPS)]
        engine.write_rows(engine.settings.dwipps_table, map(_make_dwipp_row, others))
        engine.write_rows(
            engine.settings.reactions_table, (_make_reaction_row(reader_id, dwipp_id) for dwipp_id in others)
        )
        if number == 0:
            await recorder.request("page of the feed, few rows behind it", reader, "GET", "/v1/dwipps")


async def _write_voter_rows(engine: Engine, author: MemberClient, voter: MemberClient) -> None:
    """Write the voter's upvotes of the Dwipps by the author, and favorites of the Dwipps by others between them."""
    voter_id, by_author = (await voter.get("/v1/me"))["id"], await author.list_all("/v1/me/dwipps", 100)
    upvoted = [item["id"] for item in by_author]
    count = FAVORITES_BETWEEN // PAGE_SIZE
    favorites = [str(UUID(int=UUID(dwipp_id).int + number + 1)) for dwipp_id in upvoted for number in range(count)]
    rows = [_make_reaction_row(voter_id, dwipp_id) for dwipp_id in upvoted]
    rows += [_make_reaction_row(voter_id, dwipp_id, "favorited_at") for dwipp_id in favorites]
    engine.write_rows(engine.settings.reactions_table, rows)


def _make_dwipp_row(dwipp_id: str) -> dict[str, Any]:
    values = {"author_handle": "everybody_else_here_", "feed_shard": 0, "text": TEXT, "version": 1, "upvotes": 1}
    return {"dwipp_id": dwipp_id, **values}


def _make_reaction_row(member_id: str, dwipp_id: str, attribute: str = "upvoted_at") -> dict[str, Any]:
    return {"member_id": member_id, "dwipp_id": dwipp_id, attribute: to_text(now())}


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


async def _measure_finding(
    recorder: CostRecorder,
    engine: Engine,
    author: MemberClient,
    reader: MemberClient,
    stranger: MemberClient,
    voter: MemberClient,
) -> None:
    ids = [item["id"] for item in (await stranger.get(f"/v1/users/{MAX_LENGTH_HANDLE}/dwipps"))["items"]]
    by_ids = f"/v1/dwipps?ids={','.join(ids)}"
    page = await recorder.request("page since a Dwipp", reader, "GET", f"/v1/dwipps?since={ids[-1]}")
    assert len(page["items"]) == PAGE_SIZE
    newest = (await author.post_dwipp(TEXT))["id"]
    since = highest_id(milliseconds(newest) + OVERLAP_MILLISECONDS)
    page = await recorder.request("page since a Dwipp, none new", stranger, "GET", f"/v1/dwipps?since={since}")
    assert [item["id"] for item in page["items"]] == [newest]
    page = await recorder.request("20 by ids", stranger, "GET", by_ids)
    assert len(page["items"]) == PAGE_SIZE
    await recorder.request("20 by ids, reactions to all between", reader, "GET", by_ids)
    await recorder.request("random", reader, "GET", "/v1/dwipps/random")
    await recorder.request("page of upvotes", reader, "GET", "/v1/me/upvotes")
    await recorder.request(UPVOTES_WITH_FAVORITES, voter, "GET", "/v1/me/upvotes")
    _write_blocks(engine, (await voter.get("/v1/me"))["id"], MAX_BLOCKS)
    name = f"{UPVOTES_WITH_FAVORITES}, {MAX_BLOCKS} blocks"
    page = await recorder.request(name, voter, "GET", "/v1/me/upvotes")
    assert len(page["items"]) == PAGE_SIZE


async def _measure_rankings(
    recorder: CostRecorder, engine: Engine, reader: MemberClient, stranger: MemberClient
) -> None:
    """Measure pages of the largest snapshot. Between the first Dwipps of it, the reader reacted to many others."""
    favorites = await reader.list_all("/v1/me/favorites", 100)
    others = sorted(engine.load_dwipps().keys() - {item["id"] for item in favorites}, reverse=True)
    ids = [*(item["id"] for item in favorites), *others][:MAX_RANKED]
    write_snapshot(engine.client, engine.settings, "day", ids)
    await recorder.request("page of top, without reactions", stranger, "GET", "/v1/dwipps?sort=top")
    page = await recorder.request("page of top, reactions to all between", reader, "GET", "/v1/dwipps?sort=top")
    assert [item["id"] for item in page["items"]] == ids[:PAGE_SIZE]
    url = f"/v1/dwipps?sort=top&cursor={page['next_cursor']}"
    page = await recorder.request("second page of top, reactions to all", reader, "GET", url)
    assert [item["id"] for item in page["items"]] == ids[PAGE_SIZE : 2 * PAGE_SIZE]


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
            failed_condition_units=FAILED_TRANSACTION_UNITS,
            json={"text": TEXT},
            headers=key,
        )
    dwipp = await recorder.request("create", author, "POST", "/v1/dwipps", json={"text": TEXT})
    path = f"/v1/dwipps/{dwipp['id']}"
    await recorder.request("edit", author, "PATCH", path, json={"text": OTHER_TEXT})
    await recorder.request("edit, the same text", author, "PATCH", path, json={"text": OTHER_TEXT})
    await recorder.request("delete", author, "DELETE", path)


def _write_blocks(engine: Engine, member_id: str, count: int) -> None:
    """Write blocks of members whose handles have the maximum length. None of these members wrote a Dwipp."""
    handles = {f"blocked_member_{number:05}" for number in range(count)}
    engine.write_rows(engine.settings.members_table, [{"pk": f"blocks#{member_id}", "handles": handles}])


async def _measure_reads_with_blocks(
    recorder: CostRecorder, engine: Engine, author: MemberClient, reader: MemberClient
) -> None:
    """Measure reads and reactions by a reader with the maximum number of blocks."""
    dwipp = await author.post_dwipp(TEXT)
    _write_blocks(engine, (await reader.get("/v1/me"))["id"], MAX_BLOCKS)
    by_author, path = f"/v1/users/{MAX_LENGTH_HANDLE}", f"/v1/dwipps/{dwipp['id']}"
    ids = [item["id"] for item in (await reader.get(f"{by_author}/dwipps"))["items"]]
    for name, method, url in (
        ("page of the feed", "GET", "/v1/dwipps"),
        ("page of one author, reactions to all between", "GET", f"{by_author}/dwipps"),
        ("page of favorites", "GET", "/v1/me/favorites"),
        ("page since a Dwipp", "GET", f"/v1/dwipps?since={ids[-1]}"),
        ("20 by ids, reactions to all between", "GET", f"/v1/dwipps?ids={','.join(ids)}"),
        ("random", "GET", "/v1/dwipps/random"),
        ("page of top, reactions to all between", "GET", "/v1/dwipps?sort=top"),
        ("one Dwipp", "GET", path),
        ("profile", "GET", by_author),
        ("upvote", "PUT", f"{path}/upvote"),
        ("favorite", "PUT", f"{path}/favorite"),
        ("take the upvote of a favorite back", "DELETE", f"{path}/upvote"),
        ("take the favorite back", "DELETE", f"{path}/favorite"),
        ("page of blocks", "GET", "/v1/me/blocks"),
    ):
        await recorder.request(f"{name}, {MAX_BLOCKS} blocks", reader, method, url)


async def _measure_top_with_blocks(recorder: CostRecorder, engine: Engine, stranger: MemberClient) -> None:
    """Measure a page of top for a reader without reactions, and with the maximum number of blocks."""
    _write_blocks(engine, (await stranger.get("/v1/me"))["id"], MAX_BLOCKS)
    name = f"page of top, without reactions, {MAX_BLOCKS} blocks"
    await recorder.request(name, stranger, "GET", "/v1/dwipps?sort=top")


async def _measure_blocks(recorder: CostRecorder, engine: Engine, blocker: MemberClient) -> None:
    """Measure a block and an unblock by a member with one block less than the maximum."""
    _write_blocks(engine, (await blocker.get("/v1/me"))["id"], MAX_BLOCKS - 1)
    path = f"/v1/users/{MAX_LENGTH_HANDLE}/block"
    for name, method in (("block", "PUT"), ("unblock", "DELETE")):
        await recorder.request(name, blocker, method, path)
        # A failed condition costs as much as the write of the same row.
        row_units = recorder.costs[name].written - COUNT_UNITS
        await recorder.request(f"{name} again", blocker, method, path, failed_condition_units=row_units)


async def _measure_removed_dwipp(recorder: CostRecorder, engine: Engine, author: MemberClient) -> None:
    """Measure reads of a removed Dwipp by its author, without blocks and with the maximum number of blocks."""
    dwipp = await author.post_dwipp(TEXT)
    dwipps = DwippRepository(engine.client, engine.settings.dwipps_table, engine.settings.feed_shards)
    Moderation(engine.client, dwipps).remove(dwipp["id"])
    path = f"/v1/dwipps/{dwipp['id']}"
    await recorder.request("one removed Dwipp", author, "GET", path)
    _write_blocks(engine, (await author.get("/v1/me"))["id"], MAX_BLOCKS)
    await recorder.request(f"one removed Dwipp, {MAX_BLOCKS} blocks", author, "GET", path)


async def _measure_moderation(
    recorder: CostRecorder, author: MemberClient, reporter: MemberClient, moderator: MemberClient
) -> None:
    handle = (await reporter.get("/v1/me"))["handle"]
    await moderator.get("/v1/me")
    own = await author.list_all("/v1/me/dwipps", 100)
    dwipp_ids = [item["id"] for item in own if not item["removed"]][:PAGE_SIZE]
    first, second, *_ = dwipp_ids
    report, comment = f"/v1/dwipps/{first}/report", "x" * 500

    async def send(name: str, reason: str) -> None:
        await recorder.request(name, reporter, "PUT", report, json={"reason": reason, "comment": comment})

    async def decide(name: str, dwipp_id: str, action: str) -> None:
        path, body = f"/v1/moderation/cases/{dwipp_id}/decision", {"action": action, "reason": "spam", "note": comment}
        await recorder.request(name, moderator, "PUT", path, json=body)

    await send("report", "spam")
    await send("report again", "spam")
    await send("change a report", "hate")
    await decide("remove a reported Dwipp", first, "remove")
    await decide("restore a Dwipp", first, "dismiss")
    await send("open a decided case", "other")
    await recorder.request("withdraw a report", reporter, "DELETE", report)
    await decide("remove a Dwipp without reports", second, "remove")
    await decide("restore a Dwipp without reports", second, "dismiss")
    for dwipp_id in dwipp_ids:
        body = {"reason": "illegal", "comment": comment}
        assert (await reporter.http.put(f"/v1/dwipps/{dwipp_id}/report", json=body)).is_success
    page = await recorder.request("page of cases", moderator, "GET", "/v1/moderation/cases")
    assert len(page["items"]) == PAGE_SIZE
    path = f"/v1/moderation/members/{handle}/suspension"
    suspension = {"until": None, "reason": "spam", "note": comment}
    await recorder.request("suspend a member", moderator, "PUT", path, json=suspension)
    await recorder.request("lift a suspension", moderator, "DELETE", path)
    removal = {**suspension, "remove_dwipps": True}
    await recorder.request("suspend a member and remove the Dwipps", moderator, "PUT", path, json=removal)
    restoration = f"{path}?restore_dwipps=true"
    await recorder.request("lift a suspension and restore the Dwipps", moderator, "DELETE", restoration)
