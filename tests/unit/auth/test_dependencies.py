"""The principal comes from the verified token or from API Gateway's authorizer, and from no other source.

Attacks on this rule are in tests/security.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.passwords import Passwords
from app.api_gateway import Handler, make_handler
from app.auth import dependencies
from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.cognito.models import User
from app.cognito.user_pool import UserPool
from testkit.doubles import SETTINGS, RecordingFeed, make_offline_app, send_request
from testkit.forged_tokens import HEADER, SUB, make_token, make_valid_claims, public_keys
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from testkit.gateway_authorizer import make_http_1_authorizer, make_http_2_authorizer, make_rest_authorizer
from testkit.unauthorized import assert_unauthorized

OTHER_SUB = "5e0d1c6e-7b0f-4d7e-9f43-2a4b3c5d6e7f"
FEED_PATH = "/v1/dwipps"


@pytest.fixture(scope="module")
def app_and_feed() -> tuple[FastAPI, RecordingFeed]:
    return make_offline_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))


@pytest.fixture(scope="module")
def app(app_and_feed: tuple[FastAPI, RecordingFeed]) -> FastAPI:
    return app_and_feed[0]


@pytest.fixture
def callers(app_and_feed: tuple[FastAPI, RecordingFeed]) -> list[str]:
    app_and_feed[1].callers.clear()
    return app_and_feed[1].callers


class TestBearerToken:
    @pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
    def test_principal_is_the_sub_in_the_token(self, scheme: str, app: FastAPI, callers: list[str]) -> None:
        response = asyncio.run(send_request(app, "GET", FEED_PATH, headers={"Authorization": scheme + make_token()}))
        assert response.status_code == 200
        assert callers == [SUB]

    @pytest.mark.parametrize("path", ["/v1/dwipps/x", "/v1/me", "/v1/me/dwipps", "/v1/me/upvotes", "/v1/users/kay"])
    def test_v1_without_a_token_is_401(self, path: str, app: FastAPI) -> None:
        assert_unauthorized(asyncio.run(send_request(app, "GET", path)))

    def test_only_auth_routes_are_public(self, app: FastAPI) -> None:
        operations = [
            (path, method, operation)
            for path, methods in app.openapi()["paths"].items()
            for method, operation in methods.items()
            if path.startswith("/v1/")
        ]
        assert len(operations) > 20
        for path, method, operation in operations:
            assert bool(operation["security"]) is not path.startswith("/v1/auth/"), (method, path)
            if operation["security"]:
                response = asyncio.run(
                    send_request(app, method.upper(), path.format(dwipp_id="x", handle="kay"), json={})
                )
                assert_unauthorized(response)

    def test_unreachable_keys_are_503(self) -> None:
        def fail_to_connect() -> Any:
            raise OSError

        broken_app, _ = make_offline_app(TokenVerifier(SETTINGS, KeySet(fail_to_connect)))
        headers = {"Authorization": f"Bearer {make_token()}"}
        response = asyncio.run(send_request(broken_app, "GET", FEED_PATH, headers=headers))
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert response.json()["type"] == "urn:dwipper:problem:unavailable"

    def test_unknown_key_id_is_401(self, app: FastAPI) -> None:
        unknown_key_token = make_token({**HEADER, "kid": "unknown"})
        headers = {"Authorization": f"Bearer {unknown_key_token}"}
        response = asyncio.run(send_request(app, "GET", FEED_PATH, headers=headers))
        assert_unauthorized(response, unknown_key_token)


@pytest.fixture
def handler(app: FastAPI) -> Handler:
    return make_handler(app)


def _make_event(kind: GatewayKind, authorizer: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    event = make_event(httpx.Request("GET", f"https://dwipper.test{FEED_PATH}", headers=headers), kind)
    event["requestContext"]["authorizer"] = authorizer
    return event


AUTHORIZERS: Mapping[GatewayKind, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "rest": make_rest_authorizer,
    "http-1.0": make_http_1_authorizer,
    "http-2.0": make_http_2_authorizer,
}


def _make_string_authorizer(claims: Mapping[str, Any], kind: GatewayKind) -> dict[str, Any]:
    """Return an authorizer of this kind of gateway, with the numbers in the claims as strings."""
    strings = {name: str(value) if isinstance(value, int) else value for name, value in claims.items()}
    return {"jwt": {"claims": strings, "scopes": None}} if kind == "http-2.0" else {"claims": strings}


def _format_rest_date(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestGatewayClaims:
    def test_principal_is_the_sub_in_the_claims(self, kind: GatewayKind, handler: Handler, callers: list[str]) -> None:
        response = to_response(handler(_make_event(kind, AUTHORIZERS[kind](make_valid_claims())), None))
        assert response.status_code == 200
        assert callers == [SUB]

    @pytest.mark.parametrize(
        "format_time",
        [
            pytest.param(_format_rest_date, id="REST date"),
            pytest.param(str, id="string of digits"),
            pytest.param(int, id="number"),
        ],
    )
    def test_times_are_checked_in_each_format(
        self, format_time: Callable[[int], Any], kind: GatewayKind, handler: Handler
    ) -> None:
        now = int(time.time())
        for changes, status in (
            ({"exp": now + 5}, 200),
            ({"exp": now - 50}, 200),
            ({"exp": now - 61}, 401),
            ({"iat": now + 50}, 200),
            ({"iat": now + 75}, 401),
            ({"nbf": now + 75}, 401),
        ):
            formatted = {name: format_time(timestamp) for name, timestamp in changes.items()}
            authorizer = _make_string_authorizer(make_valid_claims(), kind)
            (authorizer["jwt"] if kind == "http-2.0" else authorizer)["claims"].update(formatted)
            assert handler(_make_event(kind, authorizer), None)["statusCode"] == status, formatted

    def test_authorization_header_is_ignored(self, kind: GatewayKind, handler: Handler, callers: list[str]) -> None:
        headers = {"Authorization": f"Bearer {make_token(claims=make_valid_claims(sub=OTHER_SUB))}"}
        response = to_response(handler(_make_event(kind, AUTHORIZERS[kind](make_valid_claims()), headers), None))
        assert response.status_code == 200
        assert callers == [SUB]


class RecordingPool(UserPool):
    """A user pool that records the access tokens that it receives."""

    def __init__(self) -> None:
        super().__init__(SETTINGS)
        self.received: list[str] = []

    def get_user(self, name: str) -> User:
        return User(name, "kay@example.org", None, datetime.now(UTC), is_confirmed=True)

    def change_password(self, access_token: str, current: str, new: str) -> None:  # noqa: ARG002
        self.received.append(access_token)

    def log_out_everywhere(self, name: str) -> None:
        assert self.received
        assert name == SUB


class TestOwnAccessToken:
    """To change a password, Cognito requires the access token of the header `Authorization`."""

    @pytest.fixture
    def pool(self, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> RecordingPool:
        pool = RecordingPool()
        monkeypatch.setattr(app.state.container.accounts, "passwords", Passwords(pool))
        return pool

    def _change_password(self, handler: Handler, headers: list[tuple[str, str]]) -> httpx.Response:
        passwords = {"current_password": "a rubber duck knows", "new_password": "a rubber duck forgot"}
        request = httpx.Request("PUT", "https://dwipper.test/v1/me/password", headers=headers, json=passwords)
        return to_response(handler(make_event(request, "rest", make_valid_claims()), None))

    @pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", ""], ids=repr)
    def test_own_token_reaches_cognito(self, scheme: str, handler: Handler, pool: RecordingPool) -> None:
        """API Gateway's Cognito authorizer also accepts a token without a scheme."""
        own_token = make_token()
        assert self._change_password(handler, [("Authorization", f"{scheme}{own_token}")]).status_code == 204
        assert pool.received == [own_token]

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param([("Authorization", "Bearer {other}")], id="other member's token"),
            pytest.param([("Authorization", "{other}")], id="other member's token without a scheme"),
            pytest.param([("Authorization", "{own}"), ("Authorization", "{own}")], id="two headers without a scheme"),
            pytest.param([("Authorization", "Bearer {own}"), ("Authorization", "Bearer {other}")], id="two headers"),
            pytest.param(
                [("Authorization", "Bearer {other}"), ("Authorization", "Bearer {own}")], id="two headers, own last"
            ),
            pytest.param([("Authorization", "Bearer token")], id="not a JWT"),
            pytest.param([("Authorization", "Basic {own}")], id="Basic scheme"),
            pytest.param([], id="no header"),
        ],
    )
    def test_missing_or_other_token_is_401(
        self, headers: list[tuple[str, str]], handler: Handler, pool: RecordingPool
    ) -> None:
        other_token = make_token(claims=make_valid_claims(sub=OTHER_SUB))
        sent_headers = [(name, value.format(own=make_token(), other=other_token)) for name, value in headers]
        assert_unauthorized(self._change_password(handler, sent_headers), other_token)
        assert pool.received == []


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (1701883372, 1701883372),
        ("1701883372", 1701883372),
        ("Wed Dec 06 17:22:52 UTC 2023", 1701883372),
        (None, None),
        ("yesterday", None),
        (True, None),
        (10**14, None),
        ("9" * 400, None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_authentication_time_is_parsed_or_none(claim: object, expected: int | None) -> None:
    authenticated_at = dependencies._authentication_time({"auth_time": claim})
    assert (authenticated_at and int(authenticated_at.timestamp())) == expected
