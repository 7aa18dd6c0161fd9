"""A block is one-way and private: only the blocker sees a difference. A member has at most 500 blocks."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.dwipps import listing
from app.me import deletions
from app.members import blocks
from testkit.api_client import Api, MemberClient


async def _create_members(api: Api, *handles: str) -> list[MemberClient]:
    """Create members with profiles."""
    members = [await api.create_member(handle) for handle in handles]
    for member in members:
        await member.get("/v1/me")
    return members


async def _block(member: MemberClient, handle: str) -> None:
    response = await member.http.put(f"/v1/users/{handle}/block")
    assert (response.status_code, response.content) == (204, b""), response.text


async def _unblock(member: MemberClient, handle: str) -> None:
    response = await member.http.delete(f"/v1/users/{handle}/block")
    assert (response.status_code, response.content) == (204, b""), response.text


def _fill_blocks(api: Api, member_id: str, count: int) -> list[str]:
    """Write this number of blocks into the member's row, and return their handles in order."""
    handles = [f"blocked_member_{number:05}" for number in range(count)]
    dynamodb_client(api.settings.region).put_item(
        TableName=api.settings.members_table, Item={"pk": {"S": f"blocks#{member_id}"}, "handles": {"SS": handles}}
    )
    return handles


async def _list_blocks(member: MemberClient, limit: int = 100) -> list[str]:
    return [item["handle"] for item in await member.list_all("/v1/me/blocks", limit)]


async def _get_problem(member: MemberClient, method: str, path: str) -> tuple[int, str]:
    response = await member.http.request(method, path)
    return response.status_code, response.json()["type"].removeprefix("urn:dwipper:problem:")


class TestBlocking:
    async def test_blocks_are_listed_in_order_of_handle(self, api: Api) -> None:
        kay, *_ = await _create_members(api, "kay", "zoe", "max", "lee")
        assert await kay.get("/v1/me/blocks") == {"items": [], "next_cursor": None}
        for handle in ("max", "zoe", "lee"):
            await _block(kay, handle)
        page = await kay.get("/v1/me/blocks")
        assert page == {"items": [{"handle": "lee"}, {"handle": "max"}, {"handle": "zoe"}], "next_cursor": None}
        for limit in (1, 2, 3):
            assert await _list_blocks(kay, limit) == ["lee", "max", "zoe"]

    async def test_block_and_unblock_are_safe_to_repeat(self, api: Api) -> None:
        kay, _ = await _create_members(api, "kay", "lee")
        for _ in range(2):
            await _block(kay, "lee")
            assert await _list_blocks(kay) == ["lee"]
        for _ in range(2):
            await _unblock(kay, "lee")
            assert await _list_blocks(kay) == []

    async def test_handles_are_case_insensitive(self, api: Api) -> None:
        kay, _ = await _create_members(api, "kay", "lee")
        await _block(kay, "LEE")
        assert await _list_blocks(kay) == ["lee"]
        assert (await kay.http.get("/v1/users/Lee")).status_code == 404
        await _unblock(kay, "lEe")
        assert await _list_blocks(kay) == []

    @pytest.mark.parametrize("handle", ["nobody_here", "ka", "x" * 21, "___", "🦆", "%00", "admin", "kay%20"])
    async def test_unknown_handle_is_404_and_its_unblock_is_204(self, handle: str, api: Api) -> None:
        (kay,) = await _create_members(api, "kay")
        assert await _get_problem(kay, "PUT", f"/v1/users/{handle}/block") == (404, "member-not-found")
        await _unblock(kay, handle)
        assert await _list_blocks(kay) == []

    @pytest.mark.parametrize("handle", ["kay", "KAY"])
    async def test_blocking_oneself_is_422(self, handle: str, api: Api) -> None:
        (kay,) = await _create_members(api, "kay")
        assert await _get_problem(kay, "PUT", f"/v1/users/{handle}/block") == (422, "own-profile")
        await _unblock(kay, handle)
        assert (await kay.http.get("/v1/users/kay")).status_code == 200

    async def test_new_member_can_block_and_unblock_first(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        await _unblock(lee, "kay")
        await _block(kay, "lee")
        assert await _list_blocks(kay) == ["lee"]

    async def test_cursor_belongs_to_the_blocks_of_one_member(self, api: Api) -> None:
        kay, lee, _, _ = await _create_members(api, "kay", "lee", "max", "zoe")
        for member in (kay, lee):
            await _block(member, "max")
            await _block(member, "zoe")
        cursor = (await kay.get("/v1/me/blocks", limit=1))["next_cursor"]
        assert (await kay.get("/v1/me/blocks", cursor=cursor))["items"] == [{"handle": "zoe"}]
        for member, path, value in (
            (lee, "/v1/me/blocks", cursor),
            (kay, "/v1/dwipps", cursor),
            (kay, "/v1/me/blocks", ""),
        ):
            response = await member.http.get(path, params={"cursor": value})
            assert (response.status_code, response.json()["type"]) == (400, "urn:dwipper:problem:invalid-cursor")


class TestMaximum:
    async def test_block_beyond_the_maximum_is_422(self, api: Api) -> None:
        kay, _, _ = await _create_members(api, "kay", "lee", "max")
        handles = _fill_blocks(api, (await kay.get("/v1/me"))["id"], blocks.MAX_BLOCKS - 1)
        await _block(kay, "lee")
        assert await _get_problem(kay, "PUT", "/v1/users/max/block") == (422, "too-many-blocks")
        await _block(kay, "lee")  # A repeated block succeeds.
        await _unblock(kay, handles[0])
        await _block(kay, "max")
        assert await _list_blocks(kay) == [*handles[1:], "lee", "max"]
        export = await kay.get("/v1/me/export")
        assert export["blocks"] == [*handles[1:], "lee", "max"]

    async def test_concurrent_blocks_stay_within_the_maximum(self, api: Api) -> None:
        kay, *_ = await _create_members(api, "kay", *(f"visitor{number}" for number in range(20)))
        handles = _fill_blocks(api, (await kay.get("/v1/me"))["id"], blocks.MAX_BLOCKS - 10)
        api.transcript.pause()
        requests = (kay.http.put(f"/v1/users/visitor{number}/block") for number in range(20))
        statuses = [response.status_code for response in await asyncio.gather(*requests)]
        assert sorted(statuses) == [204] * 10 + [422] * 10
        blocked = [f"visitor{number}" for number in range(20) if statuses[number] == 204]
        assert await _list_blocks(kay) == sorted([*handles, *blocked])


class TestPrivacy:
    async def test_others_see_no_difference(self, api: Api) -> None:
        kay, lee, max_ = await _create_members(api, "kay", "lee", "max")
        by_kay, by_lee = await kay.post_dwipp("Of Kay"), await lee.post_dwipp("Of Lee")
        await kay.http.put(f"/v1/dwipps/{by_lee['id']}/upvote")
        paths = (
            *("/v1/dwipps", "/v1/users/kay", "/v1/users/kay/dwipps", "/v1/users/lee", "/v1/users/lee/dwipps"),
            *(f"/v1/dwipps/{by_kay['id']}", f"/v1/dwipps/{by_lee['id']}"),
            *("/v1/me", "/v1/me/dwipps", "/v1/me/favorites", "/v1/me/upvotes", "/v1/me/blocks", "/v1/me/export"),
        )

        async def read_all() -> list[Any]:
            return [await member.get(path) for member in (lee, max_) for path in paths]

        before = await read_all()
        await _block(kay, "lee")
        assert await read_all() == before
        for reaction in ("upvote", "favorite"):
            for method in ("POST", "PUT", "DELETE"):
                assert (await lee.http.request(method, f"/v1/dwipps/{by_kay['id']}/{reaction}")).status_code == 200
        for path in (f"/v1/dwipps/{by_kay['id']}", "/v1/users/kay"):
            assert (await lee.http.get(path)).status_code == 200

    async def test_both_can_block_each_other(self, api: Api) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        await _block(kay, "lee")
        await _block(lee, "kay")
        assert (await lee.http.get("/v1/users/kay")).status_code == 404
        await _unblock(kay, "lee")
        assert (await kay.http.get("/v1/users/lee")).status_code == 200
        assert (await lee.http.get("/v1/users/kay")).status_code == 404

    async def test_cached_page_of_the_feed_is_filtered_for_each_reader(self, api: Api) -> None:
        kay, lee, max_ = await _create_members(api, "kay", "lee", "max")
        by_lee, by_max = await lee.post_dwipp("Of Lee"), await max_.post_dwipp("Of Max")
        await _block(kay, "lee")
        for _ in range(2):
            assert [item["id"] for item in (await kay.get("/v1/dwipps"))["items"]] == [by_max["id"]]
            assert [item["id"] for item in (await max_.get("/v1/dwipps"))["items"]] == [by_max["id"], by_lee["id"]]


@pytest.mark.slow
class TestReadingOn:
    """A page that would be empty has the next visible Dwipps instead."""

    @pytest.fixture
    async def kay(self, api: Api) -> MemberClient:
        """Return a member who blocks Lee. Max wrote 3 Dwipps, then Lee wrote 12. The member favorites all of them."""
        kay, lee, max_ = await _create_members(api, "kay", "lee", "max")
        for author, count in ((max_, 3), (lee, 12)):
            for number in range(count):
                dwipp = await author.post_dwipp(f"Thought {number}")
                await kay.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")
                await kay.http.put(f"/v1/dwipps/{dwipp['id']}/upvote")
        await _block(kay, "lee")
        return kay

    @pytest.mark.parametrize("path", ["/v1/dwipps", "/v1/me/favorites", "/v1/me/upvotes"])
    async def test_empty_page_reads_on(self, path: str, kay: MemberClient) -> None:
        for limit in (1, 2, 3, 12):
            page = await kay.get(path, limit=limit)
            assert [item["text"] for item in page["items"]] == ["Thought 2", "Thought 1", "Thought 0"][:limit]
            assert all(item["upvoted"] and item["favorited"] for item in page["items"])
            assert (page["next_cursor"] is None) == (limit >= 3)
            assert len(await kay.list_all(path, limit)) == 3

    @pytest.mark.parametrize("path", ["/v1/dwipps", "/v1/me/favorites", "/v1/me/upvotes"])
    async def test_partly_visible_page_is_short(self, path: str, kay: MemberClient) -> None:
        page = await kay.get(path, limit=13)
        assert [item["text"] for item in page["items"]] == ["Thought 2"]
        page = await kay.get(path, limit=13, cursor=page["next_cursor"])
        assert [item["text"] for item in page["items"]] == ["Thought 1", "Thought 0"]

    @pytest.mark.parametrize("path", ["/v1/dwipps", "/v1/me/favorites", "/v1/me/upvotes"])
    async def test_reading_on_is_bounded(self, path: str, kay: MemberClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "FURTHER_READ_ROWS", 2)
        monkeypatch.setattr(listing, "MAX_FURTHER_READS", 2)
        first = await kay.get(path, limit=1)
        assert first["items"] == []
        assert first["next_cursor"]
        items = await kay.list_all(path, 1)
        assert [item["text"] for item in items] == ["Thought 2", "Thought 1", "Thought 0"]


class TestDeletion:
    @pytest.fixture(autouse=True)
    def no_drain_period(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Set the drain period to 0, because no other write is in progress when a deletion starts."""
        monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))

    async def _delete_account(self, api: Api, member: MemberClient) -> None:
        assert (await member.http.delete("/v1/me")).status_code == 202
        await api.finish_jobs()
        assert (await member.http.delete("/v1/me")).status_code == 204

    async def test_deletion_of_the_blocker_erases_the_blocks(self, api: Api) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        await _block(kay, "lee")
        await _block(lee, "kay")
        await self._delete_account(api, kay)
        rows = dynamodb_client(api.settings.region).scan(TableName=api.settings.members_table)["Items"]
        lee_id = (await lee.get("/v1/me"))["id"]
        assert [row["pk"]["S"] for row in rows if row["pk"]["S"].startswith("blocks#")] == [f"blocks#{lee_id}"]

    async def test_block_of_a_deleted_member_can_be_undone(self, api: Api) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        await _block(kay, "lee")
        await self._delete_account(api, lee)
        assert await _list_blocks(kay) == ["lee"]
        assert await _get_problem(kay, "PUT", "/v1/users/lee/block") == (404, "member-not-found")
        await _unblock(kay, "lee")
        assert await _list_blocks(kay) == []
