"""Lists are ordered and paginated. A cursor belongs to one list."""

from testkit.api_client import Api

LISTS = ("/v1/dwipps", "/v1/me/dwipps", "/v1/users/kay/dwipps", "/v1/me/favorites", "/v1/me/upvotes")


async def test_feed_has_all_dwipps_newest_first(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipps = [await author.post_dwipp(f"Thought {number}") for number, author in enumerate([kay, lee] * 4)]

    newest_first = sorted(dwipps, key=lambda dwipp: dwipp["id"], reverse=True)
    for limit in (1, 3, 8, 100):
        assert await kay.list_all("/v1/dwipps", limit) == newest_first
    by_lee = [dwipp for dwipp in newest_first if dwipp["author"]["handle"] == "lee"]
    assert await kay.list_all("/v1/users/lee/dwipps", 3) == by_lee
    assert await lee.list_all("/v1/me/dwipps", 3) == by_lee


async def test_page_shows_the_readers_own_reactions(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(6)]
    for dwipp_id in ids[::2]:
        await lee.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
    for dwipp_id in ids[::3]:
        await lee.http.put(f"/v1/dwipps/{dwipp_id}/favorite")

    for path in ("/v1/dwipps", "/v1/users/kay/dwipps"):
        by_id = {dwipp["id"]: dwipp for dwipp in await lee.list_all(path, 4)}
        assert [by_id[dwipp_id]["upvoted"] for dwipp_id in ids] == [True, False] * 3
        assert [by_id[dwipp_id]["favorited"] for dwipp_id in ids] == [True, False, False] * 2
        for dwipp in await kay.list_all(path, 4):
            assert (dwipp["upvoted"], dwipp["favorited"]) == (False, False)
            assert dwipp["upvotes"] == by_id[dwipp["id"]]["upvotes"] == (dwipp["id"] in ids[::2])


async def test_link_header_leads_to_the_next_page(api: Api) -> None:
    kay = await api.create_member("kay")
    for number in range(5):
        dwipp = await kay.post_dwipp(f"Thought {number}")
        for reaction in ("favorite", "upvote"):
            await kay.http.put(f"/v1/dwipps/{dwipp['id']}/{reaction}")
    for path in LISTS:
        ids_by_cursor = [dwipp["id"] for dwipp in await kay.list_all(path, 2)]
        ids_by_link: list[str] = []
        next_url: str | None = f"{path}?limit=2"
        while next_url:
            response = await kay.http.get(next_url)
            ids_by_link += [dwipp["id"] for dwipp in response.json()["items"]]
            link = response.headers.get("link")
            assert bool(link) == bool(response.json()["next_cursor"])
            next_url = str(response.url.join(response.links["next"]["url"])) if link else None
        assert ids_by_link == ids_by_cursor
        assert len(ids_by_link) == 5


async def test_page_has_20_items_by_default(api: Api) -> None:
    kay = await api.create_member()
    for number in range(21):
        await kay.post_dwipp(f"Thought {number}")
    page = await kay.get("/v1/dwipps")
    assert len(page["items"]) == 20
    assert page["next_cursor"]


async def test_limit_outside_1_to_100_is_422(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    for path in LISTS:
        for limit in ("0", "101", "-1", "1.5", "", "x", "1e1", "00", "0101"):
            response = await kay.http.get(path, params={"limit": limit})
            assert response.status_code == 422, limit
            assert [error["pointer"] for error in response.json()["errors"]] == ["query/limit"]


async def test_limit_with_other_than_ascii_digits_is_422(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    for path in LISTS:
        for limit in (
            *("1_0", "_1", "1_", "+5", "-0", " 5", "5 ", "\t5", "5\n", "\xa05", "5.0", "5.", "1,0", "0x5", "0b1"),
            *("5e0", "٣", "５", "१", "²", "五", "5\u200b", "\ufeff5", "5\x00", "5" * 5000, "null", "true", "inf"),  # noqa: RUF001
        ):
            response = await kay.http.get(path, params={"limit": limit})
            assert response.status_code == 422, ascii(limit)
            assert [error["pointer"] for error in response.json()["errors"]] == ["query/limit"]


async def test_cursor_belongs_to_one_list(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    for member in (kay, lee):
        for number in range(2):
            dwipp = await member.post_dwipp(f"Thought {number}")
            for reaction in ("favorite", "upvote"):
                await member.http.put(f"/v1/dwipps/{dwipp['id']}/{reaction}")
    lists = [
        (kay, "/v1/dwipps", "feed"),
        (kay, "/v1/me/dwipps", "dwipps by kay"),
        (lee, "/v1/users/kay/dwipps", "dwipps by kay"),
        (kay, "/v1/users/lee/dwipps", "dwipps by lee"),
        (kay, "/v1/me/favorites", "favorites of kay"),
        (lee, "/v1/me/favorites", "favorites of lee"),
        (kay, "/v1/me/upvotes", "upvotes of kay"),
        (lee, "/v1/me/upvotes", "upvotes of lee"),
    ]
    cursors = {name: (await reader.get(path, limit=1))["next_cursor"] for reader, path, name in lists}
    for reader, path, name in lists:
        for cursor_name, cursor in cursors.items():
            response = await reader.http.get(path, params={"cursor": cursor, "limit": 1})
            assert response.status_code == (200 if cursor_name == name else 400), (path, cursor_name)


async def test_malformed_cursor_is_400(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    for path in LISTS:
        for cursor in ("", " ", "x", "AAAA", "A" * 44, "=" * 8, "🦆", "01890a5d-ac96-774b-bcce-b302099a8057", "%00"):
            response = await kay.http.get(path, params={"cursor": cursor})
            problem = response.json()
            assert (response.status_code, problem["type"]) == (400, "urn:dwipper:problem:invalid-cursor"), cursor


async def test_read_without_a_token_is_401(api: Api) -> None:
    kay = await api.create_member("kay")
    dwipp = await kay.post_dwipp("For members")
    for path in (
        "/v1/dwipps",
        f"/v1/dwipps/{dwipp['id']}",
        "/v1/me",
        "/v1/me/dwipps",
        "/v1/me/favorites",
        "/v1/me/upvotes",
        "/v1/users/kay",
    ):
        response = await api.http.get(path)
        assert (response.status_code, response.json()["type"]) == (401, "urn:dwipper:problem:unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
