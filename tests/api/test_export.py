"""A member takes along everything that is held about them."""

from typing import Any

import pytest

from app.me import export
from app.pagination.cursors import encode_cursor
from testkit.api_client import Api, MemberClient


async def _export(member: MemberClient) -> list[dict[str, Any]]:
    parts = [await member.get("/v1/me/export")]
    while parts[-1]["next_cursor"]:
        parts.append(await member.get("/v1/me/export", cursor=parts[-1]["next_cursor"]))
    return parts


async def test_an_export_has_everything_with_its_times(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    first, second = await kay.post_dwipp("First"), await kay.post_dwipp("Second")
    third = await lee.post_dwipp("Third")
    second = (await kay.http.patch(f"/v1/dwipps/{second['id']}", json={"text": "Second!"})).json()
    for dwipp in (first, third):
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
    await kay.http.put(f"/v1/dwipps/{third['id']}/favorite")
    await lee.http.put(f"/v1/dwipps/{second['id']}/favorite")

    parts = await _export(kay)

    assert {part["profile"]["email"] for part in parts} == {kay.email}
    assert parts[0]["profile"] == await kay.get("/v1/me")
    dwipps = [dwipp for part in parts for dwipp in part["dwipps"]]
    assert dwipps == (await kay.get("/v1/me/dwipps"))["items"]
    upvotes = [mark for part in parts for mark in part["upvotes"]]
    favorites = [mark for part in parts for mark in part["favorites"]]
    assert [mark["dwipp_id"] for mark in upvotes] == [first["id"], third["id"]]
    assert [mark["dwipp_id"] for mark in favorites] == [third["id"]]
    for mark in upvotes + favorites:
        assert set(mark) == {"dwipp_id", "at"}
        assert mark["at"] > first["created_at"]


async def test_an_export_of_nothing_has_a_profile(api: Api) -> None:
    kay = await api.member("kay")
    parts = await _export(kay)
    assert all(part["dwipps"] == part["upvotes"] == part["favorites"] == [] for part in parts)
    assert parts[0]["profile"]["handle"] == "kay"


async def test_a_cursor_of_an_export_is_its_members_alone(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    await kay.post_dwipp("Mine")
    cursor = (await kay.get("/v1/me/export"))["next_cursor"]
    feed = await kay.http.get("/v1/dwipps", params={"cursor": cursor})
    assert feed.status_code == 400
    name = f"export {(await lee.get('/v1/me'))['id']}"
    made = [encode_cursor(name, part, place) for part in ("dwipps", "reactions") for place in ("x", "a" * 2000, "\0")]
    made += [encode_cursor(name, "reactions", "0"), encode_cursor(name, "members", ""), encode_cursor(name, "dwipps")]
    for wrong in (cursor, "", "x", "A" * 60, *made):
        answer = await lee.http.get("/v1/me/export", params={"cursor": wrong})
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:dwipper:problem:invalid-cursor")


class TestInSmallParts:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "MAX_EXPORT_ITEMS", 3)

    async def test_an_export_has_everything_once(self, api: Api) -> None:
        kay = await api.member("kay")
        ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(7)]
        for dwipp_id in ids:
            await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
        for dwipp_id in ids[::2]:
            await kay.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
        parts = await _export(kay)
        assert [dwipp["id"] for part in parts for dwipp in part["dwipps"]] == ids[::-1]
        assert [mark["dwipp_id"] for part in parts for mark in part["upvotes"]] == ids
        assert [mark["dwipp_id"] for part in parts for mark in part["favorites"]] == ids[::2]
        assert all(len(part["dwipps"]) <= 3 and len(part["upvotes"]) <= 3 for part in parts)
