"""The capacity of blocks, removals, reports, decisions and suspensions."""

from app.members.blocks import MAX_BLOCKS
from testkit.api_client import MemberClient
from testkit.cost_recorder import CostRecorder
from testkit.engine import Engine
from testkit.moderation import Moderation
from testkit.operation_rows import MAX_LENGTH_HANDLE, PAGE_SIZE, TEXT, write_blocks

_COUNT_UNITS = 1  # The update that counts a write, and the one that takes the count back.


async def measure_reads_with_blocks(
    recorder: CostRecorder, engine: Engine, author: MemberClient, reader: MemberClient
) -> None:
    """Measure reads and reactions by a reader with the maximum number of blocks."""
    dwipp = await author.post_dwipp(TEXT)
    await write_blocks(engine, reader)
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


async def measure_top_with_blocks(recorder: CostRecorder, engine: Engine, stranger: MemberClient) -> None:
    """Measure a page of top for a reader without reactions, and with the maximum number of blocks."""
    await write_blocks(engine, stranger)
    name = f"page of top, without reactions, {MAX_BLOCKS} blocks"
    await recorder.request(name, stranger, "GET", "/v1/dwipps?sort=top")


async def measure_blocks(recorder: CostRecorder, engine: Engine, blocker: MemberClient) -> None:
    """Measure a block and an unblock by a member with one block less than the maximum."""
    await write_blocks(engine, blocker, MAX_BLOCKS - 1)
    path = f"/v1/users/{MAX_LENGTH_HANDLE}/block"
    for name, method in (("block", "PUT"), ("unblock", "DELETE")):
        await recorder.request(name, blocker, method, path)
        # A failed condition costs as much as the write of the same row.
        row_units = recorder.costs[name].written - _COUNT_UNITS
        await recorder.request(f"{name} again", blocker, method, path, failed_condition_units=row_units)


async def measure_removed_dwipp(recorder: CostRecorder, engine: Engine, author: MemberClient) -> None:
    """Measure reads of a removed Dwipp by its author, without blocks and with the maximum number of blocks."""
    dwipp = await author.post_dwipp(TEXT)
    Moderation.from_tables(engine.client, engine.settings).remove(dwipp["id"])
    path = f"/v1/dwipps/{dwipp['id']}"
    await recorder.request("one removed Dwipp", author, "GET", path)
    await write_blocks(engine, author)
    await recorder.request(f"one removed Dwipp, {MAX_BLOCKS} blocks", author, "GET", path)


async def measure_moderation(
    recorder: CostRecorder, author: MemberClient, reporter: MemberClient, moderator: MemberClient
) -> None:
    """Measure reports, decisions and suspensions. A comment or a note has the maximum length."""
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
