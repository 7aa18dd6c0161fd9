"""Moderators remove and restore a Dwipp: only its author and moderators see it meanwhile, and nothing of it is lost.

The tables of test_read_paths.py have the response of each operation.
"""

from typing import Any, get_args

import pytest

from app.bootstrap import Container
from app.openapi.formats import ModerationReason
from testkit.api_client import Api, MemberClient
from testkit.moderation import Moderation

pytestmark = pytest.mark.slow

_KEY = {"Idempotency-Key": "key"}


@pytest.fixture
def moderation(api: Api) -> Moderation:
    return Moderation.from_settings(api.settings)


async def _create_members(api: Api, *handles: str) -> list[MemberClient]:
    """Create members with profiles."""
    members = [await api.create_member(handle) for handle in handles]
    for member in members:
        await member.get("/v1/me")
    return members


async def _get_problem(member: MemberClient, method: str, path: str, **options: Any) -> tuple[int, str]:
    response = await member.http.request(method, path, **options)
    return response.status_code, response.json()["type"].removeprefix("urn:dwipper:problem:")


class TestRemoval:
    async def test_author_sees_the_latest_removal(self, api: Api, moderation: Moderation) -> None:
        (kay,) = await _create_members(api, "kay")
        dwipp = await kay.post_dwipp("Removed again and again")
        assert dwipp["removed"] is None
        for reason in get_args(ModerationReason):
            shown = dwipp | {"removed": moderation.remove(dwipp["id"], reason)}
            assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == shown
            assert (await kay.get("/v1/me/dwipps"))["items"] == [shown]
            assert (await kay.get("/v1/me/export"))["dwipps"] == [shown]
        moderation.restore(dwipp["id"])
        assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == dwipp

    async def test_others_cannot_tell_it_from_a_deleted_dwipp(self, api: Api, moderation: Moderation) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        removed, deleted = await kay.post_dwipp("Removed"), await kay.post_dwipp("Deleted")
        moderation.remove(removed["id"])
        assert (await kay.http.delete(f"/v1/dwipps/{deleted['id']}")).status_code == 204
        body = {"text": "Edited"}
        for method, path, json in (
            *(("GET", "", None), ("HEAD", "", None), ("PATCH", "", body), ("PATCH", "", body | {"version": 9})),
            *(("DELETE", "", None), ("PUT", "/upvote", None), ("POST", "/upvote", None), ("DELETE", "/upvote", None)),
            *(("PUT", "/favorite", None), ("POST", "/favorite", None), ("DELETE", "/favorite", None)),
        ):
            first, second = [
                await lee.http.request(method, f"/v1/dwipps/{dwipp['id']}{path}", json=json)
                for dwipp in (removed, deleted)
            ]
            assert first.status_code == second.status_code == 404
            if method != "HEAD":
                assert first.json() | {"request_id": ""} == second.json() | {"request_id": ""}

    async def test_edit_by_the_author_is_403_after_the_body_is_valid(self, api: Api, moderation: Moderation) -> None:
        (kay,) = await _create_members(api, "kay")
        path = f"/v1/dwipps/{(await kay.post_dwipp('Mine'))['id']}"
        moderation.remove(path.rpartition("/")[2])
        assert await _get_problem(kay, "PATCH", path, json={"text": "Mine!"}) == (403, "removed")
        # The refusal comes before that of a stale version, and after that of an invalid body.
        assert await _get_problem(kay, "PATCH", path, json={"text": "Mine!", "version": 9}) == (403, "removed")
        assert await _get_problem(kay, "PATCH", path, json={"text": ""}) == (422, "invalid-request")

    async def test_moderator_who_is_the_author_can_read_and_delete(self, api: Api, moderation: Moderation) -> None:
        moderator = await api.create_moderator()
        dwipp = await moderator.post_dwipp("By a moderator")
        path = f"/v1/dwipps/{dwipp['id']}"
        shown = dwipp | {"removed": moderation.remove(dwipp["id"], "other")}
        assert await moderator.get(path) == shown
        assert (await moderator.get("/v1/me/dwipps"))["items"] == [shown]
        assert (await moderator.get("/v1/dwipps"))["items"] == []
        assert await _get_problem(moderator, "PUT", f"{path}/upvote") == (403, "removed")
        assert (await moderator.http.delete(path)).status_code == 204

    async def test_replayed_create_returns_the_first_response(self, api: Api, moderation: Moderation) -> None:
        (kay,) = await _create_members(api, "kay")
        created = await kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_KEY)
        moderation.remove(created.json()["id"])
        replayed = await kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_KEY)
        assert (replayed.status_code, replayed.json()) == (201, created.json())
        assert replayed.headers["idempotent-replayed"] == "true"
        assert (await kay.get(f"/v1/dwipps/{created.json()['id']}"))["removed"]

    async def test_newcomer_does_not_find_it(self, api: Api, moderation: Moderation) -> None:
        (kay,) = await _create_members(api, "kay")
        newcomer = await api.create_member()  # Without a profile, so without a row that tells the handle.
        dwipp = await kay.post_dwipp("Removed")
        moderation.remove(dwipp["id"])
        assert await _get_problem(newcomer, "GET", f"/v1/dwipps/{dwipp['id']}") == (404, "dwipp-not-found")


class TestRestoration:
    async def test_reactions_come_back_with_it(self, api: Api, moderation: Moderation) -> None:
        kay, lee, max_ = await _create_members(api, "kay", "lee", "max")
        dwipp_id = (await kay.post_dwipp("Popular"))["id"]
        for member in (kay, lee, max_):
            await member.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
            await member.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
        export = await lee.get("/v1/me/export")
        moderation.remove(dwipp_id)
        assert await lee.get("/v1/me/export") == export
        assert await _get_problem(max_, "DELETE", f"/v1/dwipps/{dwipp_id}/upvote") == (404, "dwipp-not-found")
        assert await _get_problem(max_, "DELETE", f"/v1/dwipps/{dwipp_id}/favorite") == (404, "dwipp-not-found")
        assert (await kay.get(f"/v1/dwipps/{dwipp_id}"))["upvotes"] == 2
        moderation.restore(dwipp_id)
        for member, has_reacted in ((lee, True), (max_, False)):
            dwipp = await member.get(f"/v1/dwipps/{dwipp_id}")
            assert (dwipp["upvotes"], dwipp["upvoted"], dwipp["favorited"]) == (2, has_reacted, has_reacted)
            for path in ("/v1/me/favorites", "/v1/me/upvotes"):
                assert (await member.get(path))["items"] == ([dwipp] if has_reacted else [])

    async def test_it_returns_to_its_place_and_can_be_changed(self, api: Api, moderation: Moderation) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(3)]
        paths = ("/v1/dwipps", "/v1/users/kay/dwipps")
        moderation.remove(ids[1])
        for path in paths:
            assert [item["id"] for item in await lee.list_all(path, 1)] == [ids[2], ids[0]]
        moderation.restore(ids[1])
        for path in paths:
            assert [item["id"] for item in await lee.list_all(path, 1)] == ids[::-1]
        edited = (await kay.http.patch(f"/v1/dwipps/{ids[1]}", json={"text": "Again", "version": 1})).json()
        assert (edited["text"], edited["version"], edited["removed"]) == ("Again", 2, None)
        assert (await lee.http.put(f"/v1/dwipps/{ids[1]}/upvote")).json()["upvotes"] == 1

    async def test_pages_read_on_over_removed_dwipps(self, api: Api, moderation: Moderation) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(6)]
        for dwipp_id in ids:
            await lee.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
            await lee.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
        for dwipp_id in ids[1:]:
            moderation.remove(dwipp_id)
        for path in ("/v1/dwipps", "/v1/users/kay/dwipps", "/v1/me/favorites", "/v1/me/upvotes"):
            page = await lee.get(path, limit=1)
            assert ([item["id"] for item in page["items"]], page["next_cursor"]) == (ids[:1], None)
        assert [item["id"] for item in await kay.list_all("/v1/me/dwipps", 1)] == ids[::-1]


class TestPersonalData:
    async def test_deletion_of_the_account_erases_removed_dwipps(self, api: Api, moderation: Moderation) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        kept, removed = [await kay.post_dwipp(text) for text in ("Kept", "Removed")]
        moderation.remove(removed["id"])
        assert (await kay.http.delete("/v1/me")).status_code == 202
        await api.finish_jobs()
        assert Container(api.settings).dwipps.get_many([kept["id"], removed["id"]]) == {}
        assert (await lee.get("/v1/dwipps"))["items"] == []

    async def test_deletion_of_the_account_clears_reactions_to_removed_dwipps(
        self, api: Api, moderation: Moderation
    ) -> None:
        kay, lee = await _create_members(api, "kay", "lee")
        dwipp_id = (await kay.post_dwipp("Removed"))["id"]
        for member in (kay, lee):
            await member.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
            await member.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
        moderation.remove(dwipp_id)
        assert (await lee.http.delete("/v1/me")).status_code == 202
        await api.finish_jobs()
        assert (await kay.get(f"/v1/dwipps/{dwipp_id}"))["upvotes"] == 1
