"""An export contains all data of one member, page by page."""

from typing import Any

import pytest

from app.me import export
from app.pagination.cursors import encode_cursor
from testkit.api_client import Api, MemberClient


async def _read_export_pages(member: MemberClient) -> list[dict[str, Any]]:
    """Follow the cursors, and return all pages of the export."""
    pages = [await member.get("/v1/me/export")]
    while pages[-1]["next_cursor"]:
        pages.append(await member.get("/v1/me/export", cursor=pages[-1]["next_cursor"]))
    return pages


async def test_export_has_profile_dwipps_and_reactions_with_times(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    first, second = await kay.post_dwipp("First"), await kay.post_dwipp("Second")
    third = await lee.post_dwipp("Third")
    second = (await kay.http.patch(f"/v1/dwipps/{second['id']}", json={"text": "Second!"})).json()
    for dwipp in (first, third):
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
    await kay.http.put(f"/v1/dwipps/{third['id']}/favorite")
    await lee.http.put(f"/v1/dwipps/{second['id']}/favorite")

    pages = await _read_export_pages(kay)

    assert {page["profile"]["email"] for page in pages} == {kay.email}
    assert pages[0]["profile"] | {"moderator": False, "suspension": None} == await kay.get("/v1/me")
    dwipps = [dwipp for page in pages for dwipp in page["dwipps"]]
    assert dwipps == (await kay.get("/v1/me/dwipps"))["items"]
    upvotes = [mark for page in pages for mark in page["upvotes"]]
    favorites = [mark for page in pages for mark in page["favorites"]]
    assert [mark["dwipp_id"] for mark in upvotes] == [first["id"], third["id"]]
    assert [mark["dwipp_id"] for mark in favorites] == [third["id"]]
    for mark in upvotes + favorites:
        assert set(mark) == {"dwipp_id", "at"}
        assert mark["at"] > first["created_at"]


async def test_small_account_is_exported_by_one_call(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp = await lee.post_dwipp("Ann's only upvote and favorite")
    await kay.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
    await kay.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")
    own = await kay.post_dwipp("Kay's only Dwipp")
    part = await kay.get("/v1/me/export")
    assert part["next_cursor"] is None
    assert [item["id"] for item in part["dwipps"]] == [own["id"]]
    assert [mark["dwipp_id"] for mark in part["upvotes"] + part["favorites"]] == [dwipp["id"]] * 2


async def test_new_member_export_has_only_a_profile(api: Api) -> None:
    kay = await api.create_member("kay")
    part = await kay.get("/v1/me/export")
    assert part["dwipps"] == part["upvotes"] == part["favorites"] == []
    assert part["next_cursor"] is None
    assert part["profile"]["handle"] == "kay"


async def test_export_cursor_belongs_to_one_member(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    await kay.post_dwipp("Mine")
    cursor = encode_cursor(f"export {(await kay.get('/v1/me'))['id']}", "reactions", "0")
    await kay.get("/v1/me/export", cursor=cursor)
    feed = await kay.http.get("/v1/dwipps", params={"cursor": cursor})
    assert feed.status_code == 400
    name = f"export {(await lee.get('/v1/me'))['id']}"
    forged = [
        encode_cursor(name, section, position)
        for section in ("dwipps", "reactions")
        for position in ("x", "a" * 2000, "\0")
    ]
    forged += [encode_cursor(name, "reactions", ""), encode_cursor(name, "members", ""), encode_cursor(name, "dwipps")]
    for invalid_cursor in (cursor, "", "x", "A" * 60, *forged):
        response = await lee.http.get("/v1/me/export", params={"cursor": invalid_cursor})
        assert (response.status_code, response.json()["type"]) == (400, "urn:dwipper:problem:invalid-cursor")


class TestSmallPages:
    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "MAX_EXPORT_ITEMS", 3)

    async def test_export_has_every_item_once(self, api: Api) -> None:
        kay = await api.create_member("kay")
        ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(7)]
        for dwipp_id in ids:
            await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
        for dwipp_id in ids[::2]:
            await kay.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
        handles = ["lee", "max", "pat", "zoe"]
        for handle in handles:
            await (await api.create_member(handle)).get("/v1/me")
            assert (await kay.http.put(f"/v1/users/{handle}/block")).status_code == 204
        pages = await _read_export_pages(kay)
        assert [dwipp["id"] for page in pages for dwipp in page["dwipps"]] == ids[::-1]
        assert [mark["dwipp_id"] for page in pages for mark in page["upvotes"]] == ids
        assert [mark["dwipp_id"] for page in pages for mark in page["favorites"]] == ids[::2]
        assert [handle for page in pages for handle in page["blocks"]] == handles
        assert all(len(page["dwipps"]) + len(page["blocks"]) + len(page["upvotes"]) <= 3 for page in pages)

    @pytest.mark.parametrize("dwipps", [2, 3, 4])
    async def test_part_is_filled_across_sections(self, dwipps: int, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        own = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(dwipps)]
        upvoted = [(await lee.post_dwipp(f"Thought {number}"))["id"] for number in range(2)]
        for dwipp_id in upvoted:
            await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
        pages = await _read_export_pages(kay)
        sizes = [(len(page["dwipps"]), len(page["upvotes"])) for page in pages]
        assert sizes == {2: [(2, 1), (0, 1)], 3: [(3, 0), (0, 2)], 4: [(3, 0), (1, 2)]}[dwipps]
        assert [item["id"] for page in pages for item in page["dwipps"]] == own[::-1]
        assert [mark["dwipp_id"] for page in pages for mark in page["upvotes"]] == upvoted
