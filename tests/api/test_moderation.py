"""Everything below /v1/moderation/ is for moderators only: 401 without a token, 403 for other members."""

import httpx
import pytest

from app.auth.groups import MODERATORS
from app.main import app
from app.slices import iter_routes
from devstack import clients
from testkit.api_client import Api, MemberClient

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_UNKNOWN_PATHS = (
    "/v1/moderation/",
    "/v1/moderation/nope",
    "/v1/moderation/nope/",
    "/v1/moderation//cases",
    "/v1/moderation/cases/x/y/z",
    "/v1/moderation/%2e%2e/me",
    "/v1/moderation/a%2Fb",
)
# Each operation of the app below the prefix, later ones included. Their path parameters name nothing that exists.
_OPERATIONS = sorted(
    {
        (method, route.path.replace("{", "").replace("}", ""))
        for route in iter_routes(app)
        if route.path.startswith("/v1/moderation/")
        for method in route.methods or ()
    }
)


def _assert_problem(response: httpx.Response, status: int, slug: str) -> None:
    assert response.status_code == status, (response.request.method, response.request.url)
    if response.request.method != "HEAD":
        assert response.json()["type"] == f"urn:dwipper:problem:{slug}"


async def _assert_refused(http: httpx.AsyncClient, status: int, slug: str) -> None:
    for path in _UNKNOWN_PATHS:
        for method in _METHODS:
            _assert_problem(await http.request(method, path), status, slug)
    for method, path in _OPERATIONS:
        _assert_problem(await http.request(method, path), status, slug)
        _assert_problem(await http.request(method, path, json={"invalid": "body"}), status, slug)


async def test_other_members_get_403_for_every_path_and_method(api: Api) -> None:
    await _assert_refused((await api.create_member()).http, 403, "moderators-only")


@pytest.mark.in_process
async def test_without_a_token_every_path_and_method_is_401(api: Api) -> None:
    await _assert_refused(api.http, 401, "unauthenticated")


@pytest.mark.in_process
async def test_unusual_paths_and_methods_are_refused_too(api: Api) -> None:
    member, moderator = await api.create_member(), await api.create_moderator()
    for path in ("/v1/moderation/a%0Ab", "/v1/moderation/%0A/x", "/v1/moderation/%00", "/v1/moderation/%F0%9F%9A%BF"):
        for method in ("GET", "TRACE", "OPTIONS", "BREW"):
            _assert_problem(await api.http.request(method, path), 401, "unauthenticated")
            _assert_problem(await member.http.request(method, path), 403, "moderators-only")
            _assert_problem(await moderator.http.request(method, path), 404, "not-found")


async def test_preflight_needs_no_token(api: Api) -> None:
    headers = {"Origin": "https://a.test", "Access-Control-Request-Method": "PUT"}
    response = await api.http.options("/v1/moderation/cases", headers=headers)
    assert response.status_code == 204


async def test_moderator_gets_404_for_unknown_paths(api: Api) -> None:
    moderator = await api.create_moderator()
    for path in _UNKNOWN_PATHS:
        for method in _METHODS:
            _assert_problem(await moderator.http.request(method, path), 404, "not-found")


async def test_the_prefix_itself_is_no_part_of_moderation(api: Api) -> None:
    member = await api.create_member()
    for path in ("/v1/moderation", "/v1/moderations/cases"):
        _assert_problem(await member.http.get(path), 404, "not-found")


async def _leave(moderator: MemberClient) -> None:
    assert (await moderator.http.delete("/v1/me")).status_code == 202


async def test_deleted_moderator_is_401(api: Api) -> None:
    moderator = await api.create_moderator()
    await moderator.get("/v1/me")
    await _leave(moderator)
    _assert_problem(await moderator.http.get("/v1/moderation/nope"), 401, "unauthenticated")


async def test_own_profile_shows_the_moderator_right_of_the_token(api: Api) -> None:
    """A change of the group takes effect with the next token: at the next login or refresh."""
    member = await api.create_member()
    assert (await member.get("/v1/me"))["moderator"] is False
    cognito = clients.cognito_client(api.endpoint, api.settings.region)
    group = {"UserPoolId": api.settings.user_pool_id, "Username": member.email, "GroupName": MODERATORS}
    cognito.admin_add_user_to_group(**group)
    assert (await member.get("/v1/me"))["moderator"] is False

    refresh = {"refresh_token": member.tokens["refresh_token"]}
    refreshed = api.open_session(member.email, (await api.http.post("/v1/auth/refresh", json=refresh)).json())
    assert (await refreshed.get("/v1/me"))["moderator"] is True
    cognito.admin_remove_user_from_group(**group)
    assert (await refreshed.get("/v1/me"))["moderator"] is True
    _assert_problem(await refreshed.http.get("/v1/moderation/nope"), 404, "not-found")

    last = api.open_session(member.email, (await api.http.post("/v1/auth/refresh", json=refresh)).json())
    assert (await last.get("/v1/me"))["moderator"] is False
    _assert_problem(await last.http.get("/v1/moderation/nope"), 403, "moderators-only")


async def test_export_does_not_contain_the_moderator_right(api: Api) -> None:
    moderator = await api.create_moderator()
    assert set((await moderator.get("/v1/me/export"))["profile"]) == {"handle", "joined_at", "id", "email"}
