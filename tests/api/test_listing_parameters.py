"""Parameters of the list of all Dwipps that are invalid or do not go together are 422, and are named."""

import pytest

from app.dwipps.ids import new_id
from testkit.api_client import Api

_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_BESIDE_IDS = "This parameter is not allowed beside `ids`."
_ONLY_WITH_TOP = "This parameter is allowed with `sort=top` only."


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"ids={_ID}&limit=20", {"limit": _BESIDE_IDS}),
        (f"sort=new&ids={_ID}", {"sort": _BESIDE_IDS}),
        (f"ids={_ID}&since={_ID}&cursor=x", {"cursor": _BESIDE_IDS, "since": _BESIDE_IDS}),
        (f"ids={_ID}&period=day", {"period": _BESIDE_IDS}),
        (f"ids={_ID}&page/2=", {"page~12": _BESIDE_IDS}),
        (f"ids={_ID}&ids={_ID}", {"ids": "Send this parameter once, with commas between the ids."}),
        ("period=day", {"period": _ONLY_WITH_TOP}),
        ("sort=new&period=all", {"period": _ONLY_WITH_TOP}),
        ("sort=hot&period=day", {"period": _ONLY_WITH_TOP}),
        (f"period=all&sort=new&since={_ID}", {"period": _ONLY_WITH_TOP}),
    ],
)
async def test_combination_is_422_and_names_the_parameters(query: str, expected: dict[str, str], api: Api) -> None:
    kay = await api.create_member("kay")
    response = await kay.http.get(f"/v1/dwipps?{query}")
    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "urn:dwipper:problem:invalid-request")
    flaws = {flaw["pointer"]: flaw["detail"] for flaw in problem["errors"]}
    assert flaws == {f"query/{name}": detail for name, detail in expected.items()}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        *[(f"sort={value}", "sort") for value in ("old", "best", "", "NEW", "TOP")],
        *[(f"period={value}", "period") for value in ("", "hour")],
        ("sort=top&period=", "period"),
    ],
)
async def test_unknown_value_is_422(query: str, name: str, api: Api) -> None:
    kay = await api.create_member("kay")
    response = await kay.http.get(f"/v1/dwipps?{query}")
    assert response.status_code == 422
    assert [flaw["pointer"] for flaw in response.json()["errors"]] == [f"query/{name}"]


async def test_sort_new_is_the_default(api: Api) -> None:
    kay = await api.create_member("kay")
    for number in range(3):
        await kay.post_dwipp(f"Thought {number}")
    page = await kay.get("/v1/dwipps", limit=2)
    assert await kay.get("/v1/dwipps", sort="new", limit=2) == page
    last = await kay.get("/v1/dwipps", sort="new", limit=2, cursor=page["next_cursor"])
    assert (len(last["items"]), last["next_cursor"]) == (1, None)


async def test_combination_without_a_token_is_401(api: Api) -> None:
    assert (await api.http.get("/v1/dwipps", params={"ids": new_id(), "limit": 1})).status_code == 401
