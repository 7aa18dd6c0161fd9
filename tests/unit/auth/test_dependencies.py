"""Who is calling is what the verified token says, or what API Gateway's authorizer wrote, and nothing else ever.

What says anything else stands in tests/security.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
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
from app.cognito.user_pool import UserPool
from testkit.doubles import SETTINGS, RecordingFeed, offline_app, send_request
from testkit.forged_tokens import HEADER, SUB, good_claims, public_keys, token
from testkit.gateway import (
    GATEWAY_KINDS,
    GatewayKind,
    http_1_authorizer,
    http_2_authorizer,
    make_event,
    rest_authorizer,
    to_response,
)
from testkit.unauthorized import assert_unauthorized

ANOTHER = "5e0d1c6e-7b0f-4d7e-9f43-2a4b3c5d6e7f"
LISTED = "/v1/dwipps"


@pytest.fixture(scope="module")
def served() -> tuple[FastAPI, RecordingFeed]:
    return offline_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))


@pytest.fixture(scope="module")
def app(served: tuple[FastAPI, RecordingFeed]) -> FastAPI:
    return served[0]


@pytest.fixture
def callers(served: tuple[FastAPI, RecordingFeed]) -> list[str]:
    served[1].callers.clear()
    return served[1].callers


class TestBearerToken:
    @pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
    def test_the_caller_is_the_sub_of_the_token(self, scheme: str, app: FastAPI, callers: list[str]) -> None:
        answer = asyncio.run(send_request(app, "GET", LISTED, headers={"Authorization": scheme + token()}))
        assert answer.status_code == 200
        assert callers == [SUB]

    @pytest.mark.parametrize("path", ["/v1/dwipps/x", "/v1/me", "/v1/me/dwipps", "/v1/me/favorites", "/v1/users/kay"])
    def test_nothing_under_v1_is_read_without_one(self, path: str, app: FastAPI) -> None:
        assert_unauthorized(asyncio.run(send_request(app, "GET", path)))

    def test_no_route_under_v1_but_those_of_auth_is_open(self, app: FastAPI) -> None:
        operations = [
            (path, method, operation)
            for path, methods in app.openapi()["paths"].items()
            for method, operation in methods.items()
            if path.startswith("/v1/")
        ]
        assert len(operations) > 20
        for path, method, operation in operations:
            assert ("security" in operation) is not path.startswith("/v1/auth/"), (method, path)
            if "security" in operation:
                answer = asyncio.run(
                    send_request(app, method.upper(), path.format(dwipp_id="x", handle="kay"), json={})
                )
                assert_unauthorized(answer)

    def test_keys_that_cannot_be_had_are_503(self) -> None:
        def unreachable() -> Any:
            raise OSError

        broken, _ = offline_app(TokenVerifier(SETTINGS, KeySet(unreachable)))
        answer = asyncio.run(send_request(broken, "GET", LISTED, headers={"Authorization": f"Bearer {token()}"}))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["type"] == "urn:dwipper:problem:unavailable"

    def test_a_key_that_the_pool_does_not_have_is_401(self, app: FastAPI) -> None:
        attack = token({**HEADER, "kid": "unknown"})
        assert_unauthorized(
            asyncio.run(send_request(app, "GET", LISTED, headers={"Authorization": f"Bearer {attack}"})), attack
        )


@pytest.fixture
def handler(app: FastAPI) -> Handler:
    return make_handler(app)


def _event(kind: GatewayKind, authorizer: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    event = make_event(httpx.Request("GET", f"https://dwipper.test{LISTED}", headers=headers), kind)
    event["requestContext"]["authorizer"] = authorizer
    return event


WRITERS: Mapping[GatewayKind, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "rest": rest_authorizer,
    "http-1.0": http_1_authorizer,
    "http-2.0": http_2_authorizer,
}


def _texts(claims: Mapping[str, Any], kind: GatewayKind) -> dict[str, Any]:
    """Claims as that gateway writes them, in an authorizer; nothing is assumed of their types."""
    texts = {name: str(value) if isinstance(value, int) else value for name, value in claims.items()}
    return {"jwt": {"claims": texts, "scopes": None}} if kind == "http-2.0" else {"claims": texts}


def _in_words(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestGatewayClaims:
    def test_the_caller_is_the_sub_of_the_claims(self, kind: GatewayKind, handler: Handler, callers: list[str]) -> None:
        answer = to_response(handler(_event(kind, WRITERS[kind](good_claims())), None))
        assert answer.status_code == 200
        assert callers == [SUB]

    @pytest.mark.parametrize(
        "write",
        [
            pytest.param(_in_words, id="words"),
            pytest.param(str, id="digits"),
            pytest.param(int, id="number"),
        ],
    )
    def test_times_are_read_in_each_form(
        self, write: Callable[[int], Any], kind: GatewayKind, handler: Handler
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
            written = {name: write(moment) for name, moment in changes.items()}
            authorizer = _texts(good_claims(), kind)
            (authorizer["jwt"] if kind == "http-2.0" else authorizer)["claims"].update(written)
            assert handler(_event(kind, authorizer), None)["statusCode"] == status, written

    def test_the_header_has_no_say_beside_the_claims(
        self, kind: GatewayKind, handler: Handler, callers: list[str]
    ) -> None:
        headers = {"Authorization": f"Bearer {token(claims=good_claims(sub=ANOTHER))}"}
        answer = to_response(handler(_event(kind, WRITERS[kind](good_claims()), headers), None))
        assert answer.status_code == 200
        assert callers == [SUB]


class RecordingPool(UserPool):
    """Remembers the tokens that it was handed."""

    def __init__(self) -> None:
        super().__init__(SETTINGS)
        self.handed: list[str] = []

    def change_password(self, access_token: str, current: str, new: str) -> None:  # noqa: ARG002
        self.handed.append(access_token)

    def log_out_everywhere(self, name: str) -> None:
        assert self.handed
        assert name == SUB


class TestChangeOfPassword:
    """The one call that hands the header's token on: to Cognito, which asks for it."""

    @pytest.fixture
    def pool(self, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> RecordingPool:
        pool = RecordingPool()
        monkeypatch.setitem(app.state._state, "container", replace(app.state.container, passwords=Passwords(pool)))
        return pool

    def _changed(self, handler: Handler, headers: list[tuple[str, str]]) -> httpx.Response:
        passwords = {"current_password": "a rubber duck knows", "new_password": "a rubber duck forgot"}
        request = httpx.Request("PUT", "https://dwipper.test/v1/me/password", headers=headers, json=passwords)
        return to_response(handler(make_event(request, "rest", good_claims()), None))

    def test_the_claims_own_token_is_handed_on(self, handler: Handler, pool: RecordingPool) -> None:
        own = token()
        assert self._changed(handler, [("Authorization", f"Bearer {own}")]).status_code == 204
        assert pool.handed == [own]

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param([("Authorization", "Bearer {another}")], id="another member's"),
            pytest.param([("Authorization", "Bearer {own}"), ("Authorization", "Bearer {another}")], id="two"),
            pytest.param(
                [("Authorization", "Bearer {another}"), ("Authorization", "Bearer {own}")], id="two, own last"
            ),
            pytest.param([("Authorization", "Bearer token")], id="no token"),
            pytest.param([("Authorization", "Basic {own}")], id="Basic"),
            pytest.param([], id="none"),
        ],
    )
    def test_no_other_is(self, headers: list[tuple[str, str]], handler: Handler, pool: RecordingPool) -> None:
        another = token(claims=good_claims(sub=ANOTHER))
        sent = [(name, value.format(own=token(), another=another)) for name, value in headers]
        assert_unauthorized(self._changed(handler, sent), another)
        assert pool.handed == []


@pytest.mark.parametrize(
    ("written", "read"),
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
)
def test_the_time_of_the_login_is_read_as_gateways_write_it_and_is_no_reason_to_refuse(
    written: object, read: int | None
) -> None:
    moment = dependencies._authentication_time({"auth_time": written})
    assert (moment and int(moment.timestamp())) == read
