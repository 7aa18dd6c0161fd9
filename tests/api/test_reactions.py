"""An upvote counts once per member. Favorites are private to a member."""

import pytest

from app.dwipps import listing
from testkit.api_client import Api, MemberClient


async def test_upvote_counts_once_per_member(api: Api) -> None:
    kay, lee, max_ = [await api.create_member(handle) for handle in ("kay", "lee", "max")]
    path = f"/v1/dwipps/{(await kay.post_dwipp('Count me'))['id']}"
    for upvotes, member in enumerate((kay, lee, max_), start=1):
        for _ in range(2):
            response = await member.http.put(f"{path}/upvote")
            dwipp = response.json()
            assert (response.status_code, dwipp["upvotes"], dwipp["upvoted"]) == (200, upvotes, True)
    for upvotes, member in ((2, lee), (1, max_), (0, kay)):
        for _ in range(2):
            response = await member.http.delete(f"{path}/upvote")
            dwipp = response.json()
            assert (response.status_code, dwipp["upvotes"], dwipp["upvoted"]) == (200, upvotes, False)


async def test_post_toggles_the_upvote(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    path = f"/v1/dwipps/{(await kay.post_dwipp('Toggle me'))['id']}"
    for expected in (True, False, True):
        dwipp = (await lee.http.post(f"{path}/upvote")).json()
        assert (dwipp["upvoted"], dwipp["upvotes"]) == (expected, int(expected))
        assert await lee.get(path) == dwipp
        assert (await kay.get(path))["upvoted"] is False


async def test_favorites_are_newest_first_and_keep_their_position(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(5)]
    order = [ids[index] for index in (2, 0, 4, 1)]
    for dwipp_id in order:
        assert (await lee.http.put(f"/v1/dwipps/{dwipp_id}/favorite")).json()["favorited"] is True
    await lee.http.put(f"/v1/dwipps/{ids[0]}/upvote")
    await lee.http.put(f"/v1/dwipps/{ids[2]}/favorite")

    for limit in (1, 3, 100):
        favorites = await lee.list_all("/v1/me/favorites", limit)
        assert [dwipp["id"] for dwipp in favorites] == order[::-1]
        assert all(dwipp["favorited"] for dwipp in favorites)
        assert [dwipp["upvoted"] for dwipp in favorites] == [dwipp["id"] == ids[0] for dwipp in favorites]

    await lee.http.delete(f"/v1/dwipps/{ids[4]}/favorite")
    await lee.http.delete(f"/v1/dwipps/{ids[2]}/favorite")
    await lee.http.put(f"/v1/dwipps/{ids[2]}/favorite")
    favorites = await lee.list_all("/v1/me/favorites", 2)
    assert [dwipp["id"] for dwipp in favorites] == [ids[2], ids[1], ids[0]]


async def test_favorites_are_private(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp = await kay.post_dwipp("Private")
    await lee.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")
    assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == dwipp
    assert (await kay.get("/v1/me/favorites"))["items"] == []


async def test_post_put_and_delete_toggle_set_and_clear_a_favorite(api: Api) -> None:
    kay = await api.create_member("kay")
    path = f"/v1/dwipps/{(await kay.post_dwipp('Toggle me'))['id']}"
    for method, expected in (
        *(("POST", True), ("POST", False), ("POST", True), ("PUT", True), ("DELETE", False)),
        *(("DELETE", False), ("PUT", True), ("PUT", True), ("POST", False)),
    ):
        dwipp = (await kay.http.request(method, f"{path}/favorite")).json()
        assert dwipp["favorited"] is expected
        assert await kay.get(path) == dwipp
        assert (await kay.get("/v1/me/favorites"))["items"] == ([dwipp] if expected else [])


async def test_upvote_and_favorite_are_independent(api: Api) -> None:
    kay = await api.create_member("kay")
    path = f"/v1/dwipps/{(await kay.post_dwipp('Both'))['id']}"
    upvoted = favorited = False
    for reaction in ("upvote", "favorite", "upvote", "upvote", "favorite", "favorite", "upvote", "favorite"):
        upvoted ^= reaction == "upvote"
        favorited ^= reaction == "favorite"
        dwipp = (await kay.http.post(f"{path}/{reaction}")).json()
        assert (dwipp["upvoted"], dwipp["favorited"], dwipp["upvotes"]) == (upvoted, favorited, int(upvoted))
        assert await kay.get(path) == dwipp


class TestDeletedDwipps:
    """Reactions to a deleted Dwipp can be cleared, and its favorites do not end a list early."""

    @pytest.mark.parametrize("cleared", ["upvote", "favorite"])
    @pytest.mark.parametrize("held", [("upvote",), ("favorite",), ("upvote", "favorite"), ()], ids="+".join)
    async def test_clearing_removes_the_row_and_is_404(self, held: tuple[str, ...], cleared: str, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        path = f"/v1/dwipps/{(await lee.post_dwipp('Soon gone'))['id']}"
        for reaction in held:
            await kay.http.put(f"{path}/{reaction}")
        await lee.http.delete(path)
        for _ in range(2):
            response = await kay.http.delete(f"{path}/{cleared}")
            assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
            export = await kay.get("/v1/me/export")
            assert (export["upvotes"], export["favorites"]) == ([], [])

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    @pytest.mark.parametrize("reaction", ["upvote", "favorite"])
    async def test_other_changes_are_404_and_keep_the_row(self, reaction: str, method: str, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        path = f"/v1/dwipps/{(await lee.post_dwipp('Soon gone'))['id']}"
        await kay.http.put(f"{path}/upvote")
        await kay.http.put(f"{path}/favorite")
        await lee.http.delete(path)
        assert (await kay.http.request(method, f"{path}/{reaction}")).status_code == 404
        export = await kay.get("/v1/me/export")
        assert (len(export["upvotes"]), len(export["favorites"])) == (1, 1)

    async def test_favorites_read_on_to_the_next_existing_dwipp(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        oldest = await _add_favorites(kay, lee, 1)
        deleted = await _add_favorites(kay, lee, 22)
        for dwipp_id in deleted:
            await lee.http.delete(f"/v1/dwipps/{dwipp_id}")
        for limit in (1, 20, 22, 23):
            page = await kay.get("/v1/me/favorites", limit=limit)
            assert [item["id"] for item in page["items"]] == oldest
            assert page["next_cursor"] is None

    async def test_walk_over_deleted_favorites_has_each_item_once(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        ids = await _add_favorites(kay, lee, 20)
        deleted = [*ids[:3], *ids[5:12], *ids[14:16]]
        for dwipp_id in deleted:
            await lee.http.delete(f"/v1/dwipps/{dwipp_id}")
        for limit in (1, 2, 3, 5, 20):
            items = await kay.list_all("/v1/me/favorites", limit)
            assert [item["id"] for item in items] == [each for each in reversed(ids) if each not in deleted]

    async def test_search_for_an_existing_favorite_is_bounded(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "FURTHER_READ_ROWS", 2)
        monkeypatch.setattr(listing, "MAX_FURTHER_READS", 2)
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        oldest = await _add_favorites(kay, lee, 1)
        for dwipp_id in await _add_favorites(kay, lee, 6):
            await lee.http.delete(f"/v1/dwipps/{dwipp_id}")
        page = await kay.get("/v1/me/favorites", limit=1)
        assert page["items"] == []
        page = await kay.get("/v1/me/favorites", limit=1, cursor=page["next_cursor"])
        assert [item["id"] for item in page["items"]] == oldest
        assert page["next_cursor"] is None


async def _add_favorites(member: MemberClient, author: MemberClient, count: int) -> list[str]:
    """Create Dwipps by the author, make them the member's favorites, and return their ids."""
    ids = []
    for number in range(count):
        ids.append((await author.post_dwipp(f"Thought {number}"))["id"])
        await member.http.put(f"/v1/dwipps/{ids[-1]}/favorite")
    return ids
