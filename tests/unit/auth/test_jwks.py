"""The pool's keys are fetched when a token names an unknown key, and no more often than the limits allow."""

import asyncio
import contextlib
import http.server
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError

from app.auth.jwks import KeySet, fetch_keys
from app.auth.tokens import TokenVerifier
from app.aws.errors import describe_cause
from app.errors import UnauthenticatedError, UnavailableError
from app.observability import request_context
from testkit.doubles import SETTINGS
from testkit.forged_tokens import HEADER, make_token, public_keys
from testkit.http_server import serve
from testkit.key_endpoint import KeyEndpoint


@pytest.fixture
def key_endpoint() -> KeyEndpoint:
    return KeyEndpoint()


@pytest.fixture
def key_set(key_endpoint: KeyEndpoint) -> KeySet:
    return KeySet(key_endpoint.fetch, key_endpoint.clock)


@pytest.fixture
def verifier(key_set: KeySet) -> TokenVerifier:
    return TokenVerifier(SETTINGS, key_set)


class TestKeySet:
    def test_known_key_does_not_wait_for_a_fetch(self, key_endpoint: KeyEndpoint, key_set: KeySet) -> None:
        async def run_scenario() -> None:
            await key_set.get("signing")
            key_endpoint.now += 31
            key_endpoint.fetch_started.clear()
            key_endpoint.may_respond.clear()
            request = asyncio.create_task(key_set.get("unknown"))
            assert await asyncio.to_thread(key_endpoint.fetch_started.wait, 5)
            assert (await asyncio.wait_for(key_set.get("signing"), 0.5))["kid"] == "signing"
            assert not request.done()
            key_endpoint.may_respond.set()
            with pytest.raises(UnauthenticatedError):
                await request

        asyncio.run(run_scenario())

    def test_unknown_keys_cause_one_fetch_in_30_seconds(self, key_endpoint: KeyEndpoint, key_set: KeySet) -> None:
        async def run_scenario() -> None:
            for seconds, fetches in ((0, 1), (1, 1), (29, 1), (30, 2), (59, 2), (60, 3)):
                key_endpoint.now = 1000.0 + seconds
                for kid in ("unknown", "another", ""):
                    with pytest.raises(UnauthenticatedError):
                        await key_set.get(kid)
                assert key_endpoint.fetches == fetches, seconds

        asyncio.run(run_scenario())

    def test_new_key_is_found(self, key_endpoint: KeyEndpoint, verifier: TokenVerifier) -> None:
        async def run_scenario() -> None:
            await verifier.verify(make_token())
            key_endpoint.keys = public_keys("signing", "new")
            key_endpoint.now += 30
            await verifier.verify(make_token({**HEADER, "kid": "new"}))

        asyncio.run(run_scenario())
        assert key_endpoint.fetches == 2

    def test_removed_key_is_dropped(self, key_endpoint: KeyEndpoint, verifier: TokenVerifier) -> None:
        async def run_scenario() -> None:
            await verifier.verify(make_token())
            key_endpoint.keys = public_keys("new")
            key_endpoint.now += 30
            await verifier.verify(make_token({**HEADER, "kid": "new"}))
            with pytest.raises(UnauthenticatedError):
                await verifier.verify(make_token())

        asyncio.run(run_scenario())

    def test_concurrent_requests_share_a_fetch(self, key_endpoint: KeyEndpoint, key_set: KeySet) -> None:
        async def run_scenario() -> None:
            key_endpoint.may_respond.clear()
            requests = [asyncio.create_task(key_set.get("signing")) for _ in range(50)]
            assert await asyncio.to_thread(key_endpoint.fetch_started.wait, 5)
            key_endpoint.may_respond.set()
            assert {key["kid"] for key in await asyncio.gather(*requests)} == {"signing"}

        asyncio.run(run_scenario())
        assert key_endpoint.fetches == 1

    def test_cancelled_request_does_not_cancel_the_fetch(self, key_endpoint: KeyEndpoint, key_set: KeySet) -> None:
        async def run_scenario() -> None:
            key_endpoint.may_respond.clear()
            cancelled_request, other_request = (asyncio.create_task(key_set.get("signing")) for _ in range(2))
            assert await asyncio.to_thread(key_endpoint.fetch_started.wait, 5)
            cancelled_request.cancel()
            await asyncio.sleep(0)
            key_endpoint.may_respond.set()
            assert (await other_request)["kid"] == "signing"
            assert cancelled_request.cancelled()

        asyncio.run(run_scenario())
        assert key_endpoint.fetches == 1

    def test_failed_fetch_raises_unavailable(self, key_endpoint: KeyEndpoint, verifier: TokenVerifier) -> None:
        key_endpoint.failure = OSError("no route to host")
        with pytest.raises(UnavailableError) as raised:
            asyncio.run(verifier.verify(make_token()))
        assert raised.value.__cause__ is key_endpoint.failure

    def test_failed_fetch_is_named_in_the_log(self) -> None:
        def fetch() -> Any:
            raise EndpointConnectionError(endpoint_url="https://cognito.test")

        with pytest.raises(UnavailableError) as raised:
            asyncio.run(KeySet(fetch).get("signing"))
        assert describe_cause(raised.value) == {
            "aws_error": "EndpointConnectionError",
            "aws_service": "cognito-identity-provider",
            "aws_operation": "GetKeys",
        }

    def test_failed_fetch_is_recorded(self, key_endpoint: KeyEndpoint, verifier: TokenVerifier) -> None:
        key_endpoint.failure = OSError("no route to host")
        with request_context.bind("one") as context, pytest.raises(UnavailableError):
            asyncio.run(verifier.verify(make_token()))
        assert context.cognito_failures == ["OSError"]

    def test_failed_fetch_is_retried_after_5_seconds(self, key_endpoint: KeyEndpoint, key_set: KeySet) -> None:
        async def run_scenario() -> None:
            key_endpoint.failure = ValueError("no JSON")
            for seconds, fetches in ((0, 1), (4, 1), (5, 2), (9, 2)):
                key_endpoint.now = 1000.0 + seconds
                with pytest.raises(UnavailableError):
                    await key_set.get("signing")
                assert key_endpoint.fetches == fetches, seconds
            key_endpoint.failure = None
            key_endpoint.now += 5
            await key_set.get("signing")
            with pytest.raises(UnauthenticatedError):
                await key_set.get("unknown")

        asyncio.run(run_scenario())
        assert key_endpoint.fetches == 3

    def test_known_keys_survive_a_failed_fetch(self, key_endpoint: KeyEndpoint, verifier: TokenVerifier) -> None:
        async def run_scenario() -> None:
            await verifier.verify(make_token())
            key_endpoint.failure = OSError("no route to host")
            key_endpoint.now += 30
            with pytest.raises(UnavailableError):
                await verifier.verify(make_token({**HEADER, "kid": "new"}))
            await verifier.verify(make_token())

        asyncio.run(run_scenario())

    def test_hanging_fetch_times_out(
        self, key_endpoint: KeyEndpoint, key_set: KeySet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.auth.jwks._FETCH_TIMEOUT_SECONDS", 0.05)

        async def run_scenario() -> None:
            key_endpoint.may_respond.clear()
            with pytest.raises(UnavailableError):
                await asyncio.wait_for(key_set.get("signing"), 2)
            key_endpoint.may_respond.set()

        asyncio.run(run_scenario())


# `KeySet` handles any exception. A failed fetch raises one of these.
FETCH_ERRORS = (BotoCoreError, ClientError, ResponseParserError)

Response = tuple[int, dict[str, str], bytes]


@contextlib.contextmanager
def serve_response(response: Response, delay: float = 0) -> Iterator[str]:
    """Run an HTTP server that always sends this response, and yield its URL."""
    status, headers, body = response

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

    with serve(Handler) as port:
        yield f"http://127.0.0.1:{port}/keys"


def make_key_set_response(*keys: Mapping[str, Any]) -> Response:
    return 200, {}, json.dumps({"keys": keys}).encode()


class TestFetchKeys:
    def test_keys_are_returned_by_id(self) -> None:
        keys = public_keys("one", "two")
        with serve_response(make_key_set_response(*keys.values())) as url:
            assert fetch_keys(url) == keys

    @pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "EC"}], ids=str)
    def test_keys_for_other_uses_are_left_out(self, change: dict[str, str]) -> None:
        keys = public_keys("one", "two")
        with serve_response(make_key_set_response(keys["one"], keys["two"] | change)) as url:
            assert list(fetch_keys(url)) == ["one"]

    @pytest.mark.parametrize(
        "response",
        [
            pytest.param((404, {}, b"{}"), id="404"),
            pytest.param((500, {}, b""), id="500"),
            pytest.param((302, {"Location": "http://127.0.0.1:9/"}, b""), id="redirect"),
            pytest.param((200, {}, b"<html>"), id="HTML"),
            pytest.param((200, {}, b"[]"), id="JSON array"),
            pytest.param((200, {}, b'{"keys": null}'), id="null keys"),
        ],
    )
    def test_invalid_response_raises(self, response: Response) -> None:
        with serve_response(response) as url, pytest.raises(FETCH_ERRORS):
            fetch_keys(url)

    def test_refused_connection_raises(self) -> None:
        with pytest.raises(FETCH_ERRORS):
            fetch_keys("http://127.0.0.1:1/keys")

    def test_slow_response_times_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.auth.jwks._FETCH_TIMEOUT_SECONDS", 0.05)
        with serve_response(make_key_set_response(), delay=0.3) as url, pytest.raises(BotoCoreError):
            fetch_keys(url)
