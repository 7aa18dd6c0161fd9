"""`GET /v1/dwipps/random` shows a Dwipp from a random moment, if the caller may see any."""

import pytest

from app.dwipps import random_dwipp
from testkit.api_client import Api

PATH = "/v1/dwipps/random"


async def test_random_without_a_visible_dwipp_is_404(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    response = await kay.http.get(PATH)
    assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
    dwipp = await lee.post_dwipp("Hm.")
    assert await kay.get(PATH) == dwipp
    await kay.http.put("/v1/users/lee/block")
    assert (await kay.http.get(PATH)).status_code == 404
    assert await lee.get(PATH) == dwipp
    await lee.http.delete(f"/v1/dwipps/{dwipp['id']}")
    assert (await lee.http.get(PATH)).status_code == 404


async def test_random_dwipp_shows_the_readers_reactions(api: Api) -> None:
    kay = await api.create_member("kay")
    dwipp = await kay.post_dwipp("Hm.")
    for reaction in ("upvote", "favorite"):
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/{reaction}")
    assert await kay.get(PATH) == dwipp | {"upvotes": 1, "upvoted": True, "favorited": True}


@pytest.mark.in_process
async def test_each_dwipp_can_be_drawn(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    kay = await api.create_member("kay")
    first, *_, last = [await kay.post_dwipp(f"Thought {number}") for number in range(3)]
    monkeypatch.setattr(random_dwipp, "draw_moment", min)
    assert await kay.get(PATH) == first
    monkeypatch.setattr(random_dwipp, "draw_moment", max)
    assert await kay.get(PATH) == last


async def test_head_is_answered(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.post_dwipp("Hm.")
    head, get = await kay.http.head(PATH), await kay.http.get(PATH)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_other_methods_are_405(method: str, api: Api) -> None:
    kay = await api.create_member("kay")
    response = await kay.http.request(method, PATH, json={"text": "Hm."})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert response.json()["type"] == "urn:dwipper:problem:method-not-allowed"


@pytest.mark.parametrize("path", ["/v1/dwipps/Random", "/v1/dwipps/random/upvote"])
async def test_similar_paths_name_no_dwipp(path: str, api: Api) -> None:
    kay = await api.create_member("kay")
    response = await kay.http.request("DELETE", path)
    assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
