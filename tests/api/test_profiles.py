"""A profile has a handle and a join date. Responses to other members contain neither the id nor the email."""

from testkit.api_client import Api


async def test_profile_has_only_handle_and_join_date(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    me = await kay.get("/v1/me")
    assert await lee.get("/v1/users/kay") == {"handle": "kay", "joined_at": me["joined_at"]}


async def test_unknown_or_invalid_handle_is_404(api: Api) -> None:
    kay = await api.create_member("kay")
    await api.register("member0@example.org", handle="unconfirmed")
    await kay.get("/v1/me")
    for handle in (
        *("unconfirmed", "Unconfirmed", "nobody_here", "admin", "ADMIN", "ka", "KA", "x" * 21, "X" * 21, "___", "%00"),
        *("member", "🦆", "kay%20", "%0Akay", "\u212aay", "\u212aAY", "ｋay", "ＫＡＹ", "кау", "K\u0391Y", "ka\u00fd"),  # noqa: RUF001
    ):
        for path in (f"/v1/users/{handle}", f"/v1/users/{handle}/dwipps"):
            response = await kay.http.get(path)
            problem = response.json()
            assert (response.status_code, problem["type"]) == (404, "urn:dwipper:problem:member-not-found"), path


async def test_handle_in_a_path_is_case_insensitive(api: Api) -> None:
    kay, lee = await api.create_member("kay_1"), await api.create_member("lee")
    dwipps = [await kay.post_dwipp(f"Thought {number}") for number in range(3)]
    profile = await lee.get("/v1/users/kay_1")
    page = await lee.get("/v1/users/kay_1/dwipps", limit=2)
    for handle in ("KAY_1", "Kay_1", "kAy_1"):
        assert await lee.get(f"/v1/users/{handle}") == profile
        assert await lee.get(f"/v1/users/{handle}/dwipps", limit=2) == page
        next_page = await lee.get(f"/v1/users/{handle}/dwipps", cursor=page["next_cursor"])
        assert page["items"] + next_page["items"] == dwipps[::-1]


async def test_responses_to_others_disclose_neither_id_nor_email(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    own_id = (await kay.get("/v1/me"))["id"]
    dwipp = await kay.post_dwipp("Who am I?")
    for method, path in (
        ("GET", "/v1/users/kay"),
        ("GET", "/v1/users/kay/dwipps"),
        ("GET", "/v1/dwipps"),
        ("GET", f"/v1/dwipps/{dwipp['id']}"),
        ("PUT", f"/v1/dwipps/{dwipp['id']}/upvote"),
        ("PUT", f"/v1/dwipps/{dwipp['id']}/favorite"),
        ("DELETE", f"/v1/dwipps/{dwipp['id']}"),
        ("PATCH", f"/v1/dwipps/{dwipp['id']}"),
    ):
        response = await lee.http.request(method, path, json={"text": "x"} if method == "PATCH" else None)
        disclosed = response.text + str(response.headers)
        assert own_id not in disclosed
        assert kay.email not in disclosed
