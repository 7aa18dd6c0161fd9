"""The capacity of the ways to find Dwipps: since a Dwipp, by ids, at random, by upvotes, and by rank."""

from app.dwipps.ids import highest_id, milliseconds
from app.dwipps.lists import OVERLAP_MILLISECONDS
from app.members.blocks import MAX_BLOCKS
from app.rankings.candidates import MAX_RANKED
from testkit.api_client import MemberClient
from testkit.cost_recorder import CostRecorder
from testkit.engine import Engine
from testkit.operation_rows import FAVORITES_BETWEEN, MAX_LENGTH_HANDLE, PAGE_SIZE, TEXT, write_blocks
from testkit.rankings import write_snapshot

_UPVOTES_WITH_FAVORITES = f"page of upvotes, {FAVORITES_BETWEEN} favorites between"


async def measure_finding(
    recorder: CostRecorder, author: MemberClient, reader: MemberClient, stranger: MemberClient
) -> None:
    """Measure the lists since a Dwipp and by ids, and the random Dwipp."""
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


async def measure_upvote_lists(
    recorder: CostRecorder, engine: Engine, reader: MemberClient, voter: MemberClient
) -> None:
    """Measure a page without favorites between its upvotes, and pages with many, without and with blocks."""
    await recorder.request("page of upvotes", reader, "GET", "/v1/me/upvotes")
    await recorder.request(_UPVOTES_WITH_FAVORITES, voter, "GET", "/v1/me/upvotes")
    await write_blocks(engine, voter)
    name = f"{_UPVOTES_WITH_FAVORITES}, {MAX_BLOCKS} blocks"
    page = await recorder.request(name, voter, "GET", "/v1/me/upvotes")
    assert len(page["items"]) == PAGE_SIZE


async def measure_rankings(
    recorder: CostRecorder, engine: Engine, reader: MemberClient, stranger: MemberClient
) -> None:
    """Measure pages of the largest snapshot. The reader reacted to many other Dwipps between its first ones."""
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
