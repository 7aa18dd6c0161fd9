"""`GET /v1/dwipps?since=` lists the Dwipps that are newer than one, and those that are up to 30 seconds older."""

from typing import Any

import pytest

from app.dwipps.ids import MAX_ID, highest_id, lowest_id, milliseconds, new_id
from app.pagination.cursors import encode_cursor
from testkit.api_client import Api, MemberClient
from testkit.dwipps import store_dwipp

PATH = "/v1/dwipps"
OVERLAP = 30_000
SINCE = "01890a5d-ac96-774b-bcce-b302099a8057"


async def _list_ids(member: MemberClient, limit: int = 100, **params: str) -> list[str]:
    return [item["id"] for item in await member.list_all(PATH, limit, **params)]


async def test_list_goes_back_30_seconds_before_the_dwipp(api: Api) -> None:
    kay = await api.create_member("kay")
    moment = milliseconds(SINCE)
    store_dwipp(api, highest_id(moment - OVERLAP - 1))
    expected = [
        store_dwipp(api, dwipp_id)
        for dwipp_id in (
            highest_id(moment + 5_000),
            SINCE,
            highest_id(moment - 1),
            lowest_id(moment - OVERLAP + 1),
            lowest_id(moment - OVERLAP),
        )
    ]
    for limit in (1, 2, 5, 100):
        assert await _list_ids(kay, limit, since=SINCE) == expected
    assert await _list_ids(kay, since=SINCE.upper(), sort="new") == expected


async def test_id_of_a_gone_or_unknown_dwipp_is_allowed(api: Api) -> None:
    kay = await api.create_member("kay")
    newer = (await kay.post_dwipp("Hm."))["id"]
    moment = milliseconds(newer)
    gone = (await kay.post_dwipp("Gone"))["id"]
    await kay.http.delete(f"{PATH}/{gone}")
    assert await _list_ids(kay, since=gone) == [newer]
    assert await _list_ids(kay, since=lowest_id(0)) == [newer]
    assert await _list_ids(kay, since=highest_id(moment + OVERLAP)) == [newer]
    assert await _list_ids(kay, since=lowest_id(moment + OVERLAP + 1)) == []
    assert await _list_ids(kay, since=highest_id(milliseconds(MAX_ID))) == []


async def test_last_page_has_no_cursor(api: Api) -> None:
    kay = await api.create_member("kay")
    since = new_id()
    store_dwipp(api, highest_id(milliseconds(since) - OVERLAP - 1))
    for _ in range(2):
        await kay.post_dwipp("Hm.")
    page = await kay.get(PATH, since=since, limit=2)
    assert (len(page["items"]), page["next_cursor"]) == (2, None)


async def test_cursor_belongs_to_one_id(api: Api) -> None:
    kay = await api.create_member("kay")
    first, second = [(await kay.post_dwipp("Hm."))["id"] for _ in range(2)]
    response = await kay.http.get(PATH, params={"since": first, "limit": 1})
    assert response.links["next"]["url"].startswith(f"?since={first}&limit=1&cursor=")
    cursor, feed_cursor = response.json()["next_cursor"], (await kay.get(PATH, limit=1))["next_cursor"]
    assert [item["id"] for item in (await kay.get(PATH, since=first, cursor=cursor))["items"]] == [first]
    wrong: tuple[dict[str, str], ...] = (
        {"cursor": cursor},
        {"since": second, "cursor": cursor},
        {"since": first, "cursor": feed_cursor},
    )
    for params in wrong:
        response = await kay.http.get(PATH, params=params)
        assert (response.status_code, response.json()["type"]) == (400, "urn:dwipper:problem:invalid-cursor")


async def test_forged_cursor_beyond_the_end_gets_an_empty_page(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.post_dwipp("Hm.")
    for position in (lowest_id(0), lowest_id(milliseconds(SINCE) - OVERLAP)):
        cursor = encode_cursor(f"since {SINCE}", position)
        assert await kay.get(PATH, since=SINCE, cursor=cursor) == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "since", ["", "x", " ", "01890a5d-ac96-474b-bcce-b302099a8057", "01890a5dac96774bbcceb302099a8057"]
)
async def test_malformed_id_is_422(since: str, api: Api) -> None:
    kay = await api.create_member("kay")
    response = await kay.http.get(PATH, params={"since": since})
    assert (response.status_code, response.json()["type"]) == (422, "urn:dwipper:problem:invalid-request")
    assert [flaw["pointer"] for flaw in response.json()["errors"]] == ["query/since"]


async def test_hidden_dwipps_are_left_out(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    since = new_id()
    by_kay, _ = [(await member.post_dwipp("Hm."))["id"] for member in (kay, lee)]
    await kay.http.put("/v1/users/lee/block")
    assert await _list_ids(kay, limit=1, since=since) == [by_kay]
    assert len(await _list_ids(lee, since=since)) == 2


async def test_page_shows_the_readers_reactions(api: Api) -> None:
    kay = await api.create_member("kay")
    dwipp = await kay.post_dwipp("Hm.")
    upvoted: dict[str, Any] = (await kay.http.put(f"{PATH}/{dwipp['id']}/upvote")).json()
    assert (await kay.get(PATH, since=dwipp["id"]))["items"] == [upvoted]
