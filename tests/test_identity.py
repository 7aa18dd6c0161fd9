"""Who is calling is what the verified token says, or what API Gateway's authorizer wrote, and nothing else ever."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app import identity
from app.accounts.user_pool import UserPool
from app.gateway import Handler, handler_for
from app.keys import KeySet
from app.tokens import TokenVerifier
from tests.doubles import SETTINGS, RecordingFeed, ask, quiet_app
from tests.forgery import ATTACKS, HEADER, SUB, forged, gone, good_claims, public_keys, token
from tests.support.gateway import ALL_KINDS, Kind, as_http_1, as_http_2, as_rest, event_of, response_of

ANOTHER = "5e0d1c6e-7b0f-4d7e-9f43-2a4b3c5d6e7f"
LISTED = "/v1/dwipps"


def assert_refused(answer: httpx.Response, *secrets: str) -> None:
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["type"] == "urn:dwipper:problem:unauthenticated"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert not any(secret and secret in answer.text for secret in secrets)


@pytest.fixture(scope="module")
def served() -> tuple[FastAPI, RecordingFeed]:
    return quiet_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))


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
        answer = asyncio.run(ask(app, "GET", LISTED, headers={"Authorization": scheme + token()}))
        assert answer.status_code == 200
        assert callers == [SUB]

    @pytest.mark.parametrize("name", [name for name in ATTACKS if "line break" not in name])
    def test_no_other_token_gets_in(
        self, name: str, app: FastAPI, callers: list[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        attack = forged(name)
        answer = asyncio.run(ask(app, "GET", LISTED, headers={"Authorization": f"Bearer {attack}".encode()}))
        assert_refused(answer, attack if len(attack) > 10 else "")
        assert callers == []
        assert not caplog.records

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param([], id="no header"),
            pytest.param([("Authorization", "")], id="an empty one"),
            pytest.param([("Authorization", "Bearer")], id="a scheme alone"),
            pytest.param([("Authorization", "Bearer ")], id="a scheme and a blank"),
            pytest.param([("Authorization", "{token}")], id="a token alone"),
            pytest.param([("Authorization", "Basic {token}")], id="Basic"),
            pytest.param([("Authorization", "Token {token}")], id="another scheme"),
            pytest.param([("Authorization", "Bearer:{token}")], id="a colon"),
            pytest.param([("Authorization", "Bearer\t{token}")], id="a tab"),
            pytest.param([("Authorization", " Bearer {token}")], id="a blank in front"),
            pytest.param([("Authorization", "Bearer {token} {token}")], id="two tokens"),
            pytest.param([("Authorization", "Bearer {token}, Bearer {token}")], id="two in one header"),
            pytest.param([("Authorization", "Bearer {token}")] * 2, id="two headers"),
            pytest.param([("Authorization", "Bearer x"), ("Authorization", "Bearer {token}")], id="a bad one first"),
            pytest.param([("Authorization", "Basic x"), ("Authorization", "Bearer {token}")], id="Basic and Bearer"),
            pytest.param([("X-Authorization", "Bearer {token}")], id="another header"),
            pytest.param([("Cookie", "access_token={token}")], id="a cookie"),
            pytest.param([("X-Amzn-Oidc-Data", "{token}")], id="a load balancer's header"),
        ],
    )
    def test_the_token_comes_in_one_authorization_header(
        self, headers: list[tuple[str, str]], app: FastAPI, callers: list[str]
    ) -> None:
        sent = [(name, value.format(token=token())) for name, value in headers]
        assert_refused(asyncio.run(ask(app, "GET", LISTED, headers=sent)))
        assert callers == []

    @pytest.mark.parametrize("name", ["access_token", "authorization", "token", "Authorization"])
    def test_a_token_in_the_query_is_none(self, name: str, app: FastAPI, callers: list[str]) -> None:
        assert_refused(asyncio.run(ask(app, "GET", LISTED, params={name: token()})))
        assert callers == []

    def test_a_token_in_the_body_is_none(self, app: FastAPI) -> None:
        assert_refused(asyncio.run(ask(app, "POST", LISTED, data={"access_token": token(), "text": "Hm."})))

    @pytest.mark.parametrize("path", ["/v1/dwipps/x", "/v1/me", "/v1/me/dwipps", "/v1/me/favorites", "/v1/users/kay"])
    def test_nothing_under_v1_is_read_without_one(self, path: str, app: FastAPI) -> None:
        assert_refused(asyncio.run(ask(app, "GET", path)))

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
                answer = asyncio.run(ask(app, method.upper(), path.format(dwipp_id="x", handle="kay"), json={}))
                assert_refused(answer)

    def test_claims_of_a_gateway_cannot_be_written_by_a_client(self, app: FastAPI, callers: list[str]) -> None:
        headers = {"aws.event": "{}", "X-Amzn-Authorizer": "{}", "X-Amzn-Request-Context": f'{{"sub": "{SUB}"}}'}
        assert_refused(asyncio.run(ask(app, "GET", LISTED, headers=headers)))
        assert callers == []

    def test_keys_that_cannot_be_had_are_503(self) -> None:
        def unreachable() -> Any:
            raise OSError

        broken, _ = quiet_app(TokenVerifier(SETTINGS, KeySet(unreachable)))
        answer = asyncio.run(ask(broken, "GET", LISTED, headers={"Authorization": f"Bearer {token()}"}))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["type"] == "urn:dwipper:problem:unavailable"

    def test_a_key_that_the_pool_does_not_have_is_401(self, app: FastAPI) -> None:
        attack = token({**HEADER, "kid": "unknown"})
        assert_refused(asyncio.run(ask(app, "GET", LISTED, headers={"Authorization": f"Bearer {attack}"})), attack)


@pytest.fixture
def loop() -> Iterator[None]:
    """Lambda's: Mangum takes the thread's own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def handler(app: FastAPI, loop: None) -> Handler:
    return handler_for(app)


def _event(kind: Kind, authorizer: Any = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    request = httpx.Request("GET", f"https://dwipper.test{LISTED}", headers=headers)
    event = event_of(request, kind)
    if authorizer is not gone():
        event["requestContext"]["authorizer"] = authorizer
    return event


WRITERS: Mapping[Kind, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "rest": as_rest,
    "http-1.0": as_http_1,
    "http-2.0": as_http_2,
}


def _texts(claims: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Claims as that gateway writes them, in an authorizer; nothing is assumed of their types."""
    texts = {name: str(value) if isinstance(value, int) else value for name, value in claims.items()}
    return {"jwt": {"claims": texts, "scopes": None}} if kind == "http-2.0" else {"claims": texts}


def _in_words(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


@pytest.mark.parametrize("kind", ALL_KINDS)
class TestGatewayClaims:
    def test_the_caller_is_the_sub_of_the_claims(self, kind: Kind, handler: Handler, callers: list[str]) -> None:
        answer = response_of(handler(_event(kind, WRITERS[kind](good_claims())), None))
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
    def test_times_are_read_in_each_form(self, write: Callable[[int], Any], kind: Kind, handler: Handler) -> None:
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

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"iss": gone()}, id="iss missing"),
            pytest.param({"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another99"}, id="sibling pool"),
            pytest.param({"client_id": gone()}, id="client_id missing"),
            pytest.param({"client_id": "another"}, id="another client"),
            pytest.param({"token_use": gone()}, id="token_use missing"),
            pytest.param({"token_use": "id"}, id="ID token"),
            pytest.param({"sub": gone()}, id="sub missing"),
            pytest.param({"sub": ""}, id="sub empty"),
            pytest.param({"sub": SUB.upper()}, id="sub in upper case"),
            pytest.param({"sub": f"{SUB} "}, id="sub with a blank"),
            pytest.param({"sub": "kay@example.org"}, id="sub an email"),
            pytest.param({"sub": [SUB]}, id="sub a list"),
            pytest.param({"sub": None}, id="sub null"),
            pytest.param({"exp": gone()}, id="exp missing"),
            pytest.param({"exp": None}, id="exp null"),
            pytest.param({"exp": True}, id="exp true"),
            pytest.param({"exp": ""}, id="exp empty"),
            pytest.param({"exp": "1700000000"}, id="exp past, digits"),
            pytest.param({"exp": "Wed Dec 06 17:22:52 UTC 2023"}, id="exp past, words"),
            pytest.param({"exp": "Wed Dec 06 17:22:52 PST 2099"}, id="exp in another zone"),
            pytest.param({"exp": "2099-12-06T17:22:52Z"}, id="exp in another form"),
            pytest.param({"exp": "-4102444800"}, id="exp negative"),
            pytest.param({"exp": "4102444800.5"}, id="exp a fraction"),
            pytest.param({"exp": "4e9"}, id="exp with an exponent"),
            pytest.param({"exp": "٤١٠٢٤٤٤٨٠٠"}, id="exp in other digits"),
            pytest.param({"exp": "9" * 5000}, id="exp of 5,000 digits"),
            pytest.param({"exp": 2**63}, id="exp beyond exact numbers"),
            pytest.param({"exp": 4102444800.5}, id="exp a float"),
            pytest.param({"exp": ["4102444800"]}, id="exp a list"),
            pytest.param({"iat": "soon"}, id="iat no time"),
            pytest.param({"iat": "4102444800"}, id="iat in the future"),
            pytest.param({"nbf": "4102444800"}, id="nbf in the future"),
        ],
    )
    def test_claims_that_say_anything_else_are_refused(
        self, changes: dict[str, Any], kind: Kind, handler: Handler, callers: list[str]
    ) -> None:
        assert_refused(response_of(handler(_event(kind, _texts(good_claims(**changes), kind)), None)))
        assert callers == []

    @pytest.mark.parametrize(
        "authorizer",
        [
            pytest.param(gone(), id="no authorizer"),
            pytest.param(None, id="null"),
            pytest.param({}, id="empty"),
            pytest.param([], id="a list"),
            pytest.param("claims", id="a text"),
            pytest.param({"claims": None}, id="claims null"),
            pytest.param({"claims": []}, id="claims a list"),
            pytest.param({"claims": "sub"}, id="claims a text"),
            pytest.param({"claims": {}}, id="claims empty"),
            pytest.param({"jwt": None}, id="jwt null"),
            pytest.param({"jwt": "sub"}, id="jwt a text"),
            pytest.param({"jwt": {}}, id="jwt empty"),
            pytest.param({"jwt": {"claims": None}}, id="jwt with claims null"),
            pytest.param({"jwt": {"claims": [["sub", SUB]]}}, id="jwt with claims a list"),
            pytest.param(good_claims(), id="claims one level too high"),
            pytest.param({"principalId": SUB, "sub": SUB, "integrationLatency": 9}, id="a Lambda authorizer of REST"),
            pytest.param({"lambda": good_claims()}, id="a Lambda authorizer of HTTP API"),
            pytest.param({"iam": {"userId": SUB, "cognitoIdentity": {"sub": SUB}}}, id="IAM"),
        ],
    )
    def test_without_claims_nobody_is_in_whatever_the_header_says(
        self, authorizer: Any, kind: Kind, handler: Handler, callers: list[str]
    ) -> None:
        event = _event(kind, authorizer, headers={"Authorization": f"Bearer {token()}"})
        assert_refused(response_of(handler(event, None)))
        assert callers == []

    def test_two_kinds_of_claims_at_once_are_refused(self, kind: Kind, handler: Handler, callers: list[str]) -> None:
        both = as_http_1(good_claims()) | as_http_2(good_claims())
        for authorizer in (both, both | {"jwt": None}, both | {"claims": None}):
            assert_refused(response_of(handler(_event(kind, authorizer), None)))
        assert callers == []

    def test_claims_of_the_other_payload_are_refused(self, kind: Kind, handler: Handler, callers: list[str]) -> None:
        other = as_http_1(good_claims()) if kind == "http-2.0" else as_http_2(good_claims())
        assert_refused(response_of(handler(_event(kind, other), None)))
        assert callers == []

    def test_the_header_has_no_say_beside_the_claims(self, kind: Kind, handler: Handler, callers: list[str]) -> None:
        headers = {"Authorization": f"Bearer {token(claims=good_claims(sub=ANOTHER))}"}
        answer = response_of(handler(_event(kind, WRITERS[kind](good_claims()), headers), None))
        assert answer.status_code == 200
        assert callers == [SUB]

    def test_context_of_cognito_identity_is_nobody(self, kind: Kind, handler: Handler, callers: list[str]) -> None:
        event = _event(kind, gone())
        event["requestContext"]["identity"] = {"cognitoIdentityId": SUB, "user": SUB, "userArn": SUB}
        assert_refused(response_of(handler(event, None)))
        assert callers == []

    def test_claims_elsewhere_in_the_event_are_nobodys(self, kind: Kind, handler: Handler) -> None:
        event = _event(kind, gone()) | {"authorizer": WRITERS[kind](good_claims())}
        assert_refused(response_of(handler(event, None)))


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
        monkeypatch.setitem(app.state._state, "services", replace(app.state.services, pool=pool))
        return pool

    def _changed(self, handler: Handler, headers: list[tuple[str, str]]) -> httpx.Response:
        passwords = {"current_password": "a rubber duck knows", "new_password": "a rubber duck forgot"}
        request = httpx.Request("PUT", "https://dwipper.test/v1/me/password", headers=headers, json=passwords)
        return response_of(handler(event_of(request, "rest", good_claims()), None))

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
        assert_refused(self._changed(handler, sent), another)
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
    moment = identity._authentication({"auth_time": written})
    assert (moment and int(moment.timestamp())) == read
