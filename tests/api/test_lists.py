"""A member reads lists, page by page."""

import re

from testkit.api_client import Api


async def test_the_feed_is_everybodys_newest_first(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    written = [await author.post_dwipp(f"Thought {number}") for number, author in enumerate([kay, lee] * 4)]

    newest_first = sorted(written, key=lambda dwipp: dwipp["id"], reverse=True)
    for limit in (1, 3, 8, 100):
        assert await kay.walk("/v1/dwipps", limit) == newest_first
    of_lee = [dwipp for dwipp in newest_first if dwipp["author"]["handle"] == "lee"]
    assert await kay.walk("/v1/users/lee/dwipps", 3) == of_lee
    assert await lee.walk("/v1/me/dwipps", 3) == of_lee


async def test_every_page_shows_the_readers_own_reactions(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(6)]
    for dwipp_id in ids[::2]:
        await lee.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
    for dwipp_id in ids[::3]:
        await lee.http.put(f"/v1/dwipps/{dwipp_id}/favorite")

    for path in ("/v1/dwipps", "/v1/users/kay/dwipps"):
        seen = {dwipp["id"]: dwipp for dwipp in await lee.walk(path, 4)}
        assert [seen[dwipp_id]["upvoted"] for dwipp_id in ids] == [True, False] * 3
        assert [seen[dwipp_id]["favorited"] for dwipp_id in ids] == [True, False, False] * 2
        for dwipp in await kay.walk(path, 4):
            assert (dwipp["upvoted"], dwipp["favorited"]) == (False, False)
            assert dwipp["upvotes"] == seen[dwipp["id"]]["upvotes"] == (dwipp["id"] in ids[::2])


async def test_a_page_names_the_next_one_in_a_link_header_too(api: Api) -> None:
    kay = await api.member("kay")
    for number in range(5):
        dwipp = await kay.post_dwipp(f"Thought {number}")
        await kay.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")
    for path in ("/v1/dwipps", "/v1/me/dwipps", "/v1/users/kay/dwipps", "/v1/me/favorites"):
        by_cursor = [dwipp["id"] for dwipp in await kay.walk(path, 2)]
        by_link: list[str] = []
        target: str | None = f"{path}?limit=2"
        while target:
            answer = await kay.http.get(target)
            by_link += [dwipp["id"] for dwipp in answer.json()["items"]]
            link = answer.headers.get("link")
            assert bool(link) == bool(answer.json()["next_cursor"])
            found = re.fullmatch(r'<(/[^>]+)>; rel="next"', link) if link else None
            target = found[1] if found else None
        assert by_link == by_cursor
        assert len(by_link) == 5


async def test_a_page_has_20_items_unless_told_otherwise(api: Api) -> None:
    kay = await api.member()
    for number in range(21):
        await kay.post_dwipp(f"Thought {number}")
    page = await kay.get("/v1/dwipps")
    assert len(page["items"]) == 20
    assert page["next_cursor"]


async def test_a_limit_is_1_to_100(api: Api) -> None:
    kay = await api.member("kay")
    await kay.get("/v1/me")
    for path in ("/v1/dwipps", "/v1/me/dwipps", "/v1/users/kay/dwipps", "/v1/me/favorites"):
        for limit in ("0", "101", "-1", "1.5", "", "x", "1e1"):
            answer = await kay.http.get(path, params={"limit": limit})
            assert answer.status_code == 422, limit
            assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["query/limit"]


async def test_a_cursor_is_good_for_its_own_list_alone(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    for member in (kay, lee):
        for number in range(2):
            dwipp = await member.post_dwipp(f"Thought {number}")
            await member.http.put(f"/v1/dwipps/{dwipp['id']}/favorite")
    lists = [
        (kay, "/v1/dwipps", "feed"),
        (kay, "/v1/me/dwipps", "kay"),
        (lee, "/v1/users/kay/dwipps", "kay"),
        (kay, "/v1/users/lee/dwipps", "lee"),
        (kay, "/v1/me/favorites", "favorites of kay"),
        (lee, "/v1/me/favorites", "favorites of lee"),
    ]
    cursors = {name: (await reader.get(path, limit=1))["next_cursor"] for reader, path, name in lists}
    for reader, path, name in lists:
        for of, cursor in cursors.items():
            answer = await reader.http.get(path, params={"cursor": cursor, "limit": 1})
            assert answer.status_code == (200 if of == name else 400), (path, of)


async def test_a_cursor_that_no_list_gave_is_refused(api: Api) -> None:
    kay = await api.member("kay")
    await kay.get("/v1/me")
    for path in ("/v1/dwipps", "/v1/me/dwipps", "/v1/users/kay/dwipps", "/v1/me/favorites"):
        for cursor in ("", " ", "x", "AAAA", "A" * 44, "=" * 8, "🦆", "01890a5d-ac96-774b-bcce-b302099a8057", "%00"):
            answer = await kay.http.get(path, params={"cursor": cursor})
            assert (answer.status_code, answer.json()["type"]) == (400, "urn:dwipper:problem:invalid-cursor"), cursor


async def test_who_is_not_logged_in_reads_nothing(api: Api) -> None:
    kay = await api.member("kay")
    dwipp = await kay.post_dwipp("For members")
    for path in (
        "/v1/dwipps",
        f"/v1/dwipps/{dwipp['id']}",
        "/v1/me",
        "/v1/me/dwipps",
        "/v1/me/favorites",
        "/v1/users/kay",
    ):
        answer = await api.http.get(path)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:dwipper:problem:unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
