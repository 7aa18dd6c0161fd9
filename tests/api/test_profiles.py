"""What members see of each other."""

from testkit.api_client import Api


async def test_a_profile_has_a_handle_and_a_date_and_nothing_else(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    me = await kay.get("/v1/me")
    assert await lee.get("/v1/users/kay") == {"handle": "kay", "joined_at": me["joined_at"]}


async def test_who_has_not_come_yet_or_could_be_nobody_is_not_found(api: Api) -> None:
    kay = await api.member("kay")
    await api.register("member0@example.org", handle="unconfirmed")
    for handle in ("unconfirmed", "nobody_here", "admin", "Kay", "ka", "x" * 21, "%00", "member", "🦆"):
        for path in (f"/v1/users/{handle}", f"/v1/users/{handle}/dwipps"):
            answer = await kay.http.get(path)
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:dwipper:problem:member-not-found"), path


async def test_nothing_that_others_can_read_says_who_one_is(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
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
        answer = await lee.http.request(method, path, json={"text": "x"} if method == "PATCH" else None)
        said = answer.text + str(answer.headers)
        assert own_id not in said
        assert kay.email not in said
