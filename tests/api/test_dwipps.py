"""A member writes, edits and deletes Dwipps."""

import unicodedata
from typing import Any

from testkit.api_client import Api

NOWHERE = (
    "01890a5d-ac96-774b-bcce-b302099a8057",  # an id that nobody has
    "01890A5D-AC96-774B-BCCE-B302099A8057",
    "01890a5d-ac96-474b-bcce-b302099a8057",
    "01890a5dac96774bbcceb302099a8057",
    "x",
    "%00",
    "🦆",
)


async def test_a_member_writes_a_dwipp_and_everybody_reads_it(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")

    answer = await kay.http.post("/v1/dwipps", json={"text": "  Socks are\r\nfoot envelopes. \n"})

    dwipp = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/v1/dwipps/{dwipp['id']}")
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


async def test_a_text_has_1_to_280_characters_however_many_bytes_they_are(api: Api) -> None:
    kay = await api.member()
    for text in ("x", "x" * 280, "🦆" * 280, " " + "x" * 280 + "\r\n", "e\u0301" * 280, "a\nb", "\u200d" * 3):
        dwipp = await kay.post_dwipp(text)
        assert dwipp["text"] == unicodedata.normalize("NFC", text.strip())
        assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == dwipp


async def test_a_text_that_is_none_is_refused_and_changes_nothing(api: Api) -> None:
    kay = await api.member()
    dwipp = await kay.post_dwipp("Mirrors are just slow windows.")
    path = f"/v1/dwipps/{dwipp['id']}"
    for text in ("", " \n\t ", "x" * 281, "🦆" * 281, "a\tb", "a\rb", "a\x00b", "a\x7fb", "a\x85b", None, 7, ["x"]):
        for answer in (
            await kay.http.post("/v1/dwipps", json={"text": text}),
            await kay.http.patch(path, json={"text": text}),
        ):
            assert answer.status_code == 422, text
            assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["/text"]
    bodies: tuple[Any, ...] = ({}, {"txt": "x"}, {"text": "x", "author": "lee"}, [], "x", None)
    for body in bodies:
        assert (await kay.http.post("/v1/dwipps", json=body)).status_code == 422, body
    assert (await kay.get("/v1/dwipps"))["items"] == [dwipp]


async def test_an_author_edits(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
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


async def test_an_edit_that_changes_nothing_is_no_edit(api: Api) -> None:
    kay = await api.member()
    dwipp = await kay.post_dwipp("Same")
    for text in ("Same", " Same\r\n"):
        answer = await kay.http.patch(f"/v1/dwipps/{dwipp['id']}", json={"text": text})
        assert (answer.status_code, answer.json()) == (200, dwipp)


async def test_an_author_deletes(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
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


async def test_nobody_but_its_author_changes_a_dwipp(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    dwipp = await kay.post_dwipp("Mine")
    path = f"/v1/dwipps/{dwipp['id']}"
    for text in ("Yours", "Mine"):
        edited = await lee.http.patch(path, json={"text": text})
        assert (edited.status_code, edited.json()["type"]) == (403, "urn:dwipper:problem:not-the-author")
    deleted = await lee.http.delete(path)
    assert (deleted.status_code, deleted.json()["type"]) == (403, "urn:dwipper:problem:not-the-author")
    assert await kay.get(path) == dwipp


async def test_there_is_nothing_to_do_to_a_dwipp_that_is_none(api: Api) -> None:
    kay = await api.member()
    for dwipp_id in NOWHERE:
        path = f"/v1/dwipps/{dwipp_id}"
        answers = [
            await kay.http.get(path),
            await kay.http.patch(path, json={"text": "x"}),
            await kay.http.delete(path),
            *[
                await kay.http.request(method, f"{path}/{reaction}")
                for method in ("POST", "PUT", "DELETE")
                for reaction in ("upvote", "favorite")
            ],
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
    assert (await kay.get("/v1/me/favorites"))["items"] == []
