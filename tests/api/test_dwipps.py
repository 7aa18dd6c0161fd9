"""Members create and read Dwipps. Only the author of a Dwipp can edit or delete it."""

import unicodedata
from typing import Any

from testkit.api_client import Api

UNKNOWN_OR_MALFORMED_IDS = (
    "01890a5d-ac96-774b-bcce-b302099a8057",  # Well-formed but unknown. All others are malformed.
    "01890A5D-AC96-774B-BCCE-B302099A8057",
    "01890a5d-ac96-474b-bcce-b302099a8057",
    "01890a5dac96774bbcceb302099a8057",
    "x",
    "%00",
    "🦆",
)


async def test_created_dwipp_is_visible_to_every_member(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")

    response = await kay.http.post("/v1/dwipps", json={"text": "  Socks are\r\nfoot envelopes. \n"})

    dwipp = response.json()
    assert response.status_code == 201
    assert response.headers["location"].endswith(f"/v1/dwipps/{dwipp['id']}")
    assert dwipp["text"] == "Socks are\nfoot envelopes."
    assert dwipp["author"] == {"handle": "kay"}
    assert (dwipp["version"], dwipp["upvotes"], dwipp["edited_at"]) == (1, 0, None)
    assert (dwipp["upvoted"], dwipp["favorited"]) == (False, False)
    for reader in (kay, lee):
        assert await reader.get(f"/v1/dwipps/{dwipp['id']}") == dwipp
        assert await reader.get("/v1/dwipps") == {"items": [dwipp], "next_cursor": None}
        assert (await reader.get("/v1/users/kay/dwipps"))["items"] == [dwipp]
    assert (await kay.get("/v1/me/dwipps"))["items"] == [dwipp]
    assert (await lee.get("/v1/me/dwipps"))["items"] == []


async def test_normalized_text_may_have_1_to_280_code_points(api: Api) -> None:
    kay = await api.create_member()
    for text in ("x", "x" * 280, "🦆" * 280, " " + "x" * 280 + "\r\n", "e\u0301" * 280, "a\nb", "\u200d" * 3):
        dwipp = await kay.post_dwipp(text)
        assert dwipp["text"] == unicodedata.normalize("NFC", text.strip())
        assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == dwipp


async def test_invalid_text_is_422_and_changes_nothing(api: Api) -> None:
    kay = await api.create_member()
    dwipp = await kay.post_dwipp("Mirrors are just slow windows.")
    path = f"/v1/dwipps/{dwipp['id']}"
    for text in ("", " \n\t ", "x" * 281, "🦆" * 281, "a\tb", "a\rb", "a\x00b", "a\x7fb", "a\x85b", None, 7, ["x"]):
        for response in (
            await kay.http.post("/v1/dwipps", json={"text": text}),
            await kay.http.patch(path, json={"text": text}),
        ):
            assert response.status_code == 422, text
            assert [error["pointer"] for error in response.json()["errors"]] == ["/text"]
    bodies: tuple[Any, ...] = ({}, {"txt": "x"}, {"text": "x", "author": "lee"}, [], "x", None)
    for body in bodies:
        assert (await kay.http.post("/v1/dwipps", json=body)).status_code == 422, body
    assert (await kay.get("/v1/dwipps"))["items"] == [dwipp]


async def test_author_can_edit(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    first = await kay.post_dwipp("Teh first")
    path = f"/v1/dwipps/{first['id']}"
    await kay.http.put(f"{path}/favorite")
    await lee.http.put(f"{path}/upvote")

    second = (await kay.http.patch(path, json={"text": " The first "})).json()

    expected = first | {"text": "The first", "version": 2, "upvotes": 1, "favorited": True}
    assert second == expected | {"edited_at": second["edited_at"]}
    assert second["edited_at"] > second["created_at"]
    assert await kay.get(path) == second
    assert (await kay.get("/v1/dwipps"))["items"] == [second]
    assert (await kay.http.patch(path, json={"text": "The  first"})).json()["version"] == 3


async def test_edit_to_the_same_text_keeps_the_version(api: Api) -> None:
    kay = await api.create_member()
    dwipp = await kay.post_dwipp("Same")
    for text in ("Same", " Same\r\n"):
        response = await kay.http.patch(f"/v1/dwipps/{dwipp['id']}", json={"text": text})
        assert (response.status_code, response.json()) == (200, dwipp)


async def test_author_can_delete(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp, other = await kay.post_dwipp("Gone soon"), await kay.post_dwipp("Stays")
    path = f"/v1/dwipps/{dwipp['id']}"
    await lee.http.put(f"{path}/upvote")
    await lee.http.put(f"{path}/favorite")

    deleted = await kay.http.delete(path)

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await kay.http.delete(path)).status_code == 404
    for reader in (kay, lee):
        assert (await reader.http.get(path)).status_code == 404
        assert (await reader.get("/v1/dwipps"))["items"] == [other]
        assert (await reader.get("/v1/users/kay/dwipps"))["items"] == [other]
    assert (await lee.get("/v1/me/favorites")) == {"items": [], "next_cursor": None}


async def test_edit_and_delete_by_another_member_are_403(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp = await kay.post_dwipp("Mine")
    path = f"/v1/dwipps/{dwipp['id']}"
    for text in ("Yours", "Mine"):
        edited = await lee.http.patch(path, json={"text": text})
        assert (edited.status_code, edited.json()["type"]) == (403, "urn:dwipper:problem:not-the-author")
    deleted = await lee.http.delete(path)
    assert (deleted.status_code, deleted.json()["type"]) == (403, "urn:dwipper:problem:not-the-author")
    assert await kay.get(path) == dwipp


async def test_unknown_or_malformed_dwipp_id_is_404(api: Api) -> None:
    kay = await api.create_member()
    for dwipp_id in UNKNOWN_OR_MALFORMED_IDS:
        path = f"/v1/dwipps/{dwipp_id}"
        responses = [
            await kay.http.get(path),
            await kay.http.patch(path, json={"text": "x"}),
            await kay.http.delete(path),
            *[
                await kay.http.request(method, f"{path}/{reaction}")
                for method in ("POST", "PUT", "DELETE")
                for reaction in ("upvote", "favorite")
            ],
        ]
        for response in responses:
            assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
    assert (await kay.get("/v1/me/favorites"))["items"] == []
