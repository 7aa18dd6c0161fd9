"""`GET /v1/me/upvotes` lists the Dwipps that the member upvoted, newest Dwipp first."""

from typing import Any

from testkit.api_client import Api, MemberClient

PATH = "/v1/me/upvotes"


async def _react(member: MemberClient, dwipp: dict[str, Any], *reactions: str) -> None:
    for reaction in reactions:
        assert (await member.http.put(f"/v1/dwipps/{dwipp['id']}/{reaction}")).status_code == 200


async def test_list_has_upvoted_dwipps_newest_first(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    first, second, third, fourth = [await kay.post_dwipp(f"Thought {number}") for number in range(4)]
    await _react(lee, third, "upvote")
    await _react(lee, second, "favorite")
    await _react(lee, first, "upvote", "favorite")
    await _react(kay, fourth, "upvote")
    expected = [
        third | {"upvotes": 1, "upvoted": True},
        first | {"upvotes": 1, "upvoted": True, "favorited": True},
    ]
    for limit in (1, 2, 3):
        assert await lee.list_all(PATH, limit) == expected
    await lee.http.delete(f"/v1/dwipps/{first['id']}/upvote")
    assert await lee.list_all(PATH, 1) == expected[:1]


async def test_own_dwipp_is_in_the_list(api: Api) -> None:
    kay = await api.create_member("kay")
    dwipp = await kay.post_dwipp("Mine")
    await _react(kay, dwipp, "upvote")
    assert (await kay.get(PATH))["items"] == [dwipp | {"upvotes": 1, "upvoted": True}]


async def test_deleted_and_hidden_dwipps_are_left_out(api: Api) -> None:
    kay, lee, max_ = [await api.create_member(handle) for handle in ("kay", "lee", "max")]
    by_lee, by_max, gone = await lee.post_dwipp("Hm."), await max_.post_dwipp("Hm."), await max_.post_dwipp("Gone")
    for dwipp in (by_lee, by_max, gone):
        await _react(kay, dwipp, "upvote")
    await max_.http.delete(f"/v1/dwipps/{gone['id']}")
    await kay.http.put("/v1/users/lee/block")
    assert [item["id"] for item in await kay.list_all(PATH, 1)] == [by_max["id"]]
    await kay.http.delete("/v1/users/lee/block")
    assert [item["id"] for item in await kay.list_all(PATH, 1)] == [by_max["id"], by_lee["id"]]
