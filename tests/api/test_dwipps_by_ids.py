"""`GET /v1/dwipps?ids=` reads Dwipps in the order of the request."""

import pytest

from app.dwipps.ids import new_id
from testkit.api_client import Api, MemberClient
from testkit.dwipps import store_dwipp

PATH = "/v1/dwipps"
_ID, _OTHER_ID = "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"


async def _read(member: MemberClient, *dwipp_ids: str) -> list[str]:
    page = await member.get(PATH, ids=",".join(dwipp_ids))
    assert page["next_cursor"] is None
    return [item["id"] for item in page["items"]]


async def test_order_is_that_of_the_request(api: Api) -> None:
    kay = await api.create_member("kay")
    first, second, third = [(await kay.post_dwipp("Hm."))["id"] for _ in range(3)]
    for order in ((second, third, first), (third, second), (first,)):
        assert await _read(kay, *order) == list(order)
    store_dwipp(api, _ID)
    assert await _read(kay, _ID.upper(), second) == [_ID, second]


async def test_gone_removed_and_hidden_dwipps_are_left_out(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    moderator = await api.create_moderator()
    visible, gone, removed = [(await kay.post_dwipp("Hm."))["id"] for _ in range(3)]
    hidden = (await lee.post_dwipp("Hm."))["id"]
    await kay.http.delete(f"{PATH}/{gone}")
    await kay.http.put("/v1/users/lee/block")
    path = f"/v1/moderation/cases/{removed}/decision"
    assert (await moderator.http.put(path, json={"action": "remove", "reason": "spam"})).status_code == 200
    all_ids = (removed, hidden, visible, gone, new_id())
    assert await _read(kay, *all_ids) == [visible]
    assert await _read(lee, *all_ids) == [hidden, visible]
    assert await _read(moderator, *all_ids) == [hidden, visible]
    assert await _read(kay, gone, removed) == []


async def test_dwipps_show_the_readers_reactions(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    ids = [(await kay.post_dwipp("Hm."))["id"] for _ in range(3)]
    for reaction in ("upvote", "favorite"):
        await lee.http.put(f"{PATH}/{ids[1]}/{reaction}")
    items = (await lee.get(PATH, ids=",".join(ids)))["items"]
    assert items == [await lee.get(f"{PATH}/{dwipp_id}") for dwipp_id in ids]
    assert [item["upvoted"] for item in items] == [False, True, False]


async def test_100_ids_are_allowed(api: Api) -> None:
    kay = await api.create_member("kay")
    dwipp_id = (await kay.post_dwipp("Hm."))["id"]
    assert await _read(kay, *(new_id() for _ in range(99)), dwipp_id) == [dwipp_id]


@pytest.mark.parametrize(
    ("ids", "detail"),
    [
        ("", "Id 1 is not"),
        ("x", "Id 1 is not"),
        (f"{_ID},", "Id 2 is not"),
        (f",{_ID}", "Id 1 is not"),
        (f"{_ID}, {_OTHER_ID}", "Id 2 is not"),
        (f"{_ID};{_OTHER_ID}", "Id 1 is not"),
        ("01890a5d-ac96-474b-bcce-b302099a8057", "Id 1 is not"),
        (f"{_ID},{_OTHER_ID},{_ID}", "Id 3 is repeated."),
        (f"{_ID},{_ID.upper()}", "Id 2 is repeated."),
        (
            ",".join(f"01890a5d-ac96-774b-bcce-b302099a{number:04}" for number in range(101)),
            "A request has at most 100",
        ),
    ],
)
async def test_malformed_repeated_or_too_many_ids_are_422(ids: str, detail: str, api: Api) -> None:
    kay = await api.create_member("kay")
    response = await kay.http.get(PATH, params={"ids": ids})
    assert (response.status_code, response.json()["type"]) == (422, "urn:dwipper:problem:invalid-request")
    (flaw,) = response.json()["errors"]
    assert flaw["pointer"] == "query/ids"
    assert flaw["detail"].startswith(detail)
