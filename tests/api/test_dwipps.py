"""Members create and read Dwipps. Only the author of a Dwipp can edit or delete it."""

from typing import Any

from testkit.api_client import Api
from tests.unit.dwipps.text_samples import INVISIBLE_TEXTS, VISIBLE_TEXTS

# Texts with the line ends and the tabs of other systems, and the stored texts.
LINE_ENDS_AND_TABS = (
    ("a\r\nb\r\n\r\nc", "a\nb\n\nc"),
    ("a\rb\r\rc", "a\nb\n\nc"),
    ("a\u2028b\u2029c", "a\nb\nc"),
    ("a\r\u2028\u2029\n\r\nb", "a\n\n\n\n\nb"),
    ("a\tb\t\tc", "a b  c"),
    ("\t\r\n\u2028 a \tb \u2029\t\r", "a  b"),
    ("\x0b\x0c\x85a\x85\x0c\x0b", "a"),
)
UNKNOWN_OR_MALFORMED_IDS = (
    "01890a5d-ac96-774b-bcce-b302099a8057",  # Well-formed but unknown, as is the next one. All others are malformed.
    "01890A5D-AC96-774B-BCCE-B302099A8057",
    "01890a5d-ac96-474b-bcce-b302099a8057",
    "01890A5D-AC96-474B-BCCE-B302099A8057",
    "01890a5dac96774bbcceb302099a8057",
    "{01890a5d-ac96-774b-bcce-b302099a8057}",
    "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
    "01890a5d-ac96-774b-bcce-b302099a805７",  # noqa: RUF001 -- a full-width digit
    "01890a5d-ac96-774b-bcce-b302099Ａ8057",  # noqa: RUF001 -- a full-width letter
    "x",
    "%00",
    "🦆",
)


async def test_created_dwipp_is_visible_to_every_member(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")

    response = await kay.http.post("/v1/dwipps", json={"text": "  Socks are\r\nfoot envelopes. \n"})

    dwipp = response.json()
    assert response.status_code == 201
    assert response.url.join(response.headers["location"]).path.endswith(f"/v1/dwipps/{dwipp['id']}")
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
    for text, normalized in (
        *(("x", "x"), ("x" * 280, "x" * 280), ("🦆" * 280, "🦆" * 280), ("e\u0301" * 280, "é" * 280), ("a\nb", "a\nb")),
        *((" " + "x" * 280 + "\r\n", "x" * 280), ("x" + "\r\n" * 278 + "x", "x" + "\n" * 278 + "x")),
        *(("x" + "\t" * 278 + "x", "x" + " " * 278 + "x"), ("\u200b" * 279 + "x", "\u200b" * 279 + "x")),
    ):
        dwipp = await kay.post_dwipp(text)
        assert dwipp["text"] == normalized
        assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == dwipp


async def test_line_ends_and_tabs_are_replaced(api: Api) -> None:
    kay = await api.create_member()
    other = await kay.post_dwipp("Mirrors are just slow windows.")
    for text, normalized in LINE_ENDS_AND_TABS:
        dwipp = await kay.post_dwipp(text)
        edited = (await kay.http.patch(f"/v1/dwipps/{other['id']}", json={"text": text})).json()
        assert (dwipp["text"], edited["text"]) == (normalized, normalized)
        assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == dwipp
        assert await kay.get(f"/v1/dwipps/{other['id']}") == edited


async def test_joiners_in_a_visible_text_are_stored_unchanged(api: Api) -> None:
    kay = await api.create_member()
    other = await kay.post_dwipp("Mirrors are just slow windows.")
    for text in VISIBLE_TEXTS.values():
        dwipp = await kay.post_dwipp(text)
        edited = await kay.http.patch(f"/v1/dwipps/{other['id']}", json={"text": text})
        assert (dwipp["text"], edited.status_code, edited.json()["text"]) == (text, 200, text)
        assert await kay.get(f"/v1/dwipps/{dwipp['id']}") == dwipp
    texts = [dwipp["text"] for dwipp in await kay.list_all("/v1/dwipps", 100)]
    expected = list(VISIBLE_TEXTS.values())[::-1]
    assert texts == [*expected, expected[0]]


async def test_invisible_text_is_422_and_changes_nothing(api: Api) -> None:
    kay = await api.create_member()
    dwipp = await kay.post_dwipp("Mirrors are just slow windows.")
    for text in INVISIBLE_TEXTS.values():
        for response in (
            await kay.http.post("/v1/dwipps", json={"text": text}),
            await kay.http.patch(f"/v1/dwipps/{dwipp['id']}", json={"text": text}),
        ):
            assert response.status_code == 422, ascii(text)
            assert [error["pointer"] for error in response.json()["errors"]] == ["/text"]
    assert (await kay.get("/v1/dwipps"))["items"] == [dwipp]


async def test_invalid_text_is_422_and_changes_nothing(api: Api) -> None:
    kay = await api.create_member()
    dwipp = await kay.post_dwipp("Mirrors are just slow windows.")
    path = f"/v1/dwipps/{dwipp['id']}"
    for text in (
        *("", " \n\t\r\u2028\x85 ", "x" * 281, "🦆" * 281, "x" + "\r" * 279 + "x", "\u200b" * 281),
        *("a\x0bb", "a\x0cb", "a\x00b", "a\x1bb", "a\x7fb", "a\x85b", None, 7, ["x"]),
    ):
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
    dwipp = await kay.post_dwipp("The same\ntéxt")
    for text in ("The same\ntéxt", "The\tsame\r\nte\u0301xt\r\n", "The same\rtéxt", " The same\u2028téxt\u2029"):
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
