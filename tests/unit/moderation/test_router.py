"""Below /v1/moderation, a moderator gets 405 for a method that a path does not have. Other members always get 403."""

import asyncio

import httpx
from fastapi import APIRouter, FastAPI

from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.moderation.dependencies import CurrentModerator, require_moderator
from app.moderation.router import router
from testkit.doubles import SETTINGS, make_offline_app, send_request
from testkit.forged_tokens import make_token, make_valid_claims, public_keys


def _make_app() -> FastAPI:
    """Return an app with one more route, before the routes of moderation."""
    app, _ = make_offline_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))
    extra = APIRouter(prefix="/v1/moderation", dependencies=[require_moderator])

    @extra.put("/echo")
    async def echo(number: int, moderator: CurrentModerator) -> str:
        return f"{moderator.handle} {number}"

    app.router.routes[:0] = extra.routes
    return app


def _send(method: str, path: str, *groups: str) -> httpx.Response:
    token = make_token(claims=make_valid_claims(**({"cognito:groups": list(groups)} if groups else {})))
    return asyncio.run(send_request(_make_app(), method, path, headers={"Authorization": f"Bearer {token}"}))


def test_moderator_reaches_the_route() -> None:
    assert _send("PUT", "/v1/moderation/echo?number=1", "moderators").json() == "kay 1"
    assert _send("PUT", "/v1/moderation/echo?number=x", "moderators").status_code == 422


def test_other_method_is_405_with_the_methods_of_the_path() -> None:
    for method in ("GET", "DELETE", "BREW"):
        response = _send(method, "/v1/moderation/echo", "moderators")
        assert (response.status_code, response.headers["allow"]) == (405, "PUT")


def test_other_members_get_403_before_422_and_405() -> None:
    for method in ("PUT", "GET", "BREW"):
        assert _send(method, "/v1/moderation/echo?number=x", "members").status_code == 403
        assert _send(method, "/v1/moderation/echo?number=x").status_code == 403


def test_the_route_for_unknown_paths_is_the_last() -> None:
    *_, last = router.routes
    assert getattr(last, "path", None) == "/v1/moderation/{rest:anything}"
