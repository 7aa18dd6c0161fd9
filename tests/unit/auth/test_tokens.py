"""Whatever is no token of the pool's is refused; the pool's keys are asked for no more often than they must."""

import asyncio
import contextlib
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from app.auth.jwks import KeySet, fetch_keys
from app.auth.tokens import TokenVerifier, unverified_subject
from app.errors import UnauthenticatedError, UnavailableError
from app.observability import request_context
from testkit.doubles import SETTINGS
from testkit.forged_tokens import HEADER, SUB, good_claims, missing, public_keys, segment, signed, token
from testkit.key_endpoint import KeyEndpoint
from tests.security.token_forgeries import FORGERIES, forged

Claims = dict[str, Any]


@pytest.fixture
def pool() -> KeyEndpoint:
    return KeyEndpoint()


@pytest.fixture
def key_set(pool: KeyEndpoint) -> KeySet:
    return KeySet(pool.fetch, pool.clock)


@pytest.fixture
def verifier(key_set: KeySet) -> TokenVerifier:
    return TokenVerifier(SETTINGS, key_set)


class TestTokens:
    def test_a_token_of_the_pool_is_taken_with_its_claims(self, verifier: TokenVerifier) -> None:
        claims = good_claims()
        assert asyncio.run(verifier.verify(token(claims=claims))) == claims

    def test_a_claim_may_be_nested_as_pools_with_triggers_do(self, verifier: TokenVerifier) -> None:
        roles: Any = "reader"
        for _ in range(31):
            roles = [roles]
        claims = good_claims(roles=roles)
        assert asyncio.run(verifier.verify(token(claims=claims))) == claims

    @pytest.mark.parametrize("name", FORGERIES)
    def test_no_other_token_is_taken(
        self,
        name: str,
        pool: KeyEndpoint,
        verifier: TokenVerifier,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        async def attack() -> None:
            await verifier.verify(token())
            pool.now += 3600  # Keys could be fetched again.
            with pytest.raises(UnauthenticatedError):
                await verifier.verify(forged(name))

        asyncio.run(attack())

        assert pool.fetches == 1
        assert not caplog.records
        assert capfd.readouterr() == ("", "")

    def test_no_other_attack_is_refused_for_its_length(self) -> None:
        assert all(len(forged(name)) <= 8192 for name in FORGERIES if "too long" not in name)

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"exp": -55}, id="expired within the leeway"),
            pytest.param({"iat": 55}, id="issued ahead of our clock"),
            pytest.param({"nbf": 55}, id="not before, ahead of our clock"),
            pytest.param({"nbf": -55}, id="not before, passed"),
        ],
    )
    def test_a_minute_is_forgiven(self, changes: dict[str, int], verifier: TokenVerifier) -> None:
        claims = good_claims(**{name: int(time.time()) + seconds for name, seconds in changes.items()})
        assert asyncio.run(verifier.verify(token(claims=claims))) == claims

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param({**HEADER, "typ": "JWT"}, id="typ"),
            pytest.param(dict(reversed(list(HEADER.items()))), id="order"),
        ],
    )
    def test_what_may_differ_does_not_matter(self, header: Mapping[str, Any], verifier: TokenVerifier) -> None:
        assert asyncio.run(verifier.verify(token(header)))["sub"] == SUB

    def test_numbers_may_have_a_fraction(self, verifier: TokenVerifier) -> None:
        assert asyncio.run(verifier.verify(token(claims=good_claims(exp=time.time() + 0.5))))["sub"] == SUB

    def test_a_key_of_that_id_does_not_verify_another_keys_signature(
        self, pool: KeyEndpoint, verifier: TokenVerifier
    ) -> None:
        pool.keys = public_keys("signing") | public_keys("other", name="attacker")
        crossed = signed(segment({**HEADER, "kid": "signing"}), segment(good_claims()), "attacker")
        with pytest.raises(UnauthenticatedError):
            asyncio.run(verifier.verify(crossed))

    def test_a_malformed_token_costs_no_fetch_even_when_no_keys_are_held(
        self, pool: KeyEndpoint, verifier: TokenVerifier
    ) -> None:
        for name in ("alg 'none' with a signature", "kid missing", "one word", "jku", "crit", "alg twice"):
            with pytest.raises(UnauthenticatedError):
                asyncio.run(verifier.verify(forged(name)))
        assert pool.fetches == 0

    def test_the_error_tells_nothing_of_the_token(self, verifier: TokenVerifier) -> None:
        for name in ("sub an email", "jku", "another key's signature"):
            with pytest.raises(UnauthenticatedError) as refusal:
                asyncio.run(verifier.verify(forged(name)))
            assert str(refusal.value) == UnauthenticatedError.detail


class TestKeySet:
    def test_a_held_key_waits_for_nobody_while_a_fetch_hangs(self, pool: KeyEndpoint, key_set: KeySet) -> None:
        async def ask() -> None:
            await key_set.get("signing")
            pool.now += 31
            pool.fetching.clear()
            pool.go_on.clear()
            waiting = asyncio.create_task(key_set.get("unknown"))
            assert await asyncio.to_thread(pool.fetching.wait, 5)
            assert (await asyncio.wait_for(key_set.get("signing"), 0.5))["kid"] == "signing"
            assert not waiting.done()
            pool.go_on.set()
            with pytest.raises(UnauthenticatedError):
                await waiting

        asyncio.run(ask())

    def test_an_unknown_key_is_asked_for_once_in_half_a_minute(self, pool: KeyEndpoint, key_set: KeySet) -> None:
        async def ask() -> None:
            for moment, fetches in ((0, 1), (1, 1), (29, 1), (30, 2), (59, 2), (60, 3)):
                pool.now = 1000.0 + moment
                for kid in ("unknown", "another", ""):
                    with pytest.raises(UnauthenticatedError):
                        await key_set.get(kid)
                assert pool.fetches == fetches, moment

        asyncio.run(ask())

    def test_a_key_that_the_pool_has_taken_up_is_found(self, pool: KeyEndpoint, verifier: TokenVerifier) -> None:
        async def ask() -> None:
            await verifier.verify(token())
            pool.keys = public_keys("signing", "new")
            pool.now += 30
            await verifier.verify(token({**HEADER, "kid": "new"}))

        asyncio.run(ask())
        assert pool.fetches == 2

    def test_a_key_that_the_pool_has_dropped_is_dropped(self, pool: KeyEndpoint, verifier: TokenVerifier) -> None:
        async def ask() -> None:
            await verifier.verify(token())
            pool.keys = public_keys("new")
            pool.now += 30
            await verifier.verify(token({**HEADER, "kid": "new"}))
            with pytest.raises(UnauthenticatedError):
                await verifier.verify(token())

        asyncio.run(ask())

    def test_many_who_wait_share_a_fetch(self, pool: KeyEndpoint, key_set: KeySet) -> None:
        async def ask() -> None:
            pool.go_on.clear()
            waiting = [asyncio.create_task(key_set.get("signing")) for _ in range(50)]
            assert await asyncio.to_thread(pool.fetching.wait, 5)
            pool.go_on.set()
            assert {key["kid"] for key in await asyncio.gather(*waiting)} == {"signing"}

        asyncio.run(ask())
        assert pool.fetches == 1

    def test_whoever_gives_up_takes_the_fetch_from_nobody(self, pool: KeyEndpoint, key_set: KeySet) -> None:
        async def ask() -> None:
            pool.go_on.clear()
            impatient, patient = (asyncio.create_task(key_set.get("signing")) for _ in range(2))
            assert await asyncio.to_thread(pool.fetching.wait, 5)
            impatient.cancel()
            await asyncio.sleep(0)
            pool.go_on.set()
            assert (await patient)["kid"] == "signing"
            assert impatient.cancelled()

        asyncio.run(ask())
        assert pool.fetches == 1

    def test_keys_that_cannot_be_had_are_no_fault_of_the_token(
        self, pool: KeyEndpoint, verifier: TokenVerifier
    ) -> None:
        pool.failure = OSError("no route to host")
        with pytest.raises(UnavailableError):
            asyncio.run(verifier.verify(token()))

    def test_keys_that_cannot_be_had_are_a_failure_of_cognitos(
        self, pool: KeyEndpoint, verifier: TokenVerifier
    ) -> None:
        pool.failure = OSError("no route to host")
        with request_context.bind("one") as taken, pytest.raises(UnavailableError):
            asyncio.run(verifier.verify(token()))
        assert taken.cognito_failures == ["OSError"]

    def test_after_a_failure_it_is_tried_again_within_seconds_and_recovers(
        self, pool: KeyEndpoint, key_set: KeySet
    ) -> None:
        async def ask() -> None:
            pool.failure = ValueError("no JSON")
            for moment, fetches in ((0, 1), (4, 1), (5, 2), (9, 2)):
                pool.now = 1000.0 + moment
                with pytest.raises(UnavailableError):
                    await key_set.get("signing")
                assert pool.fetches == fetches, moment
            pool.failure = None
            pool.now += 5
            await key_set.get("signing")
            with pytest.raises(UnauthenticatedError):
                await key_set.get("unknown")

        asyncio.run(ask())
        assert pool.fetches == 3

    def test_keys_that_are_held_outlast_a_failure(self, pool: KeyEndpoint, verifier: TokenVerifier) -> None:
        async def ask() -> None:
            await verifier.verify(token())
            pool.failure = OSError("no route to host")
            pool.now += 30
            with pytest.raises(UnavailableError):
                await verifier.verify(token({**HEADER, "kid": "new"}))
            await verifier.verify(token())

        asyncio.run(ask())

    def test_a_fetch_that_hangs_ends_within_seconds(
        self, pool: KeyEndpoint, key_set: KeySet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.auth.jwks._FETCH_TIMEOUT_SECONDS", 0.05)

        async def ask() -> None:
            pool.go_on.clear()
            with pytest.raises(UnavailableError):
                await asyncio.wait_for(key_set.get("signing"), 2)
            pool.go_on.set()

        asyncio.run(ask())


# What `KeySet` takes for keys that cannot be had is any exception; these are what a bad answer gives.
NO_KEYS = (UnavailableError, ValueError, TypeError, HTTPError)

Answer = tuple[int, dict[str, str], bytes]


@contextlib.contextmanager
def _served(answer: Answer, delay: float = 0) -> Iterator[str]:
    """An HTTP server that always gives this answer; its address."""
    status, headers, body = answer

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/keys"
        finally:
            server.shutdown()
            thread.join()


def _key_set_document(*keys: Mapping[str, Any]) -> Answer:
    return 200, {}, json.dumps({"keys": keys}).encode()


class TestFetchKeys:
    def test_the_keys_of_a_key_set_come_by_their_ids(self) -> None:
        keys = public_keys("one", "two")
        with _served(_key_set_document(*keys.values())) as url:
            assert fetch_keys(url) == keys

    @pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "EC"}], ids=str)
    def test_keys_for_anything_else_are_left_out(self, change: dict[str, str]) -> None:
        keys = public_keys("one", "two")
        with _served(_key_set_document(keys["one"], keys["two"] | change)) as url:
            assert list(fetch_keys(url)) == ["one"]

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param((404, {}, b"{}"), id="not there"),
            pytest.param((500, {}, b""), id="broken"),
            pytest.param((302, {"Location": "http://127.0.0.1:9/"}, b""), id="elsewhere"),
            pytest.param((200, {}, b"<html>"), id="no JSON"),
            pytest.param((200, {}, b"[]"), id="no key set"),
            pytest.param((200, {}, b'{"keys": null}'), id="no keys"),
        ],
    )
    def test_any_other_answer_is_an_error(self, answer: Answer) -> None:
        with _served(answer) as url, pytest.raises(NO_KEYS):
            fetch_keys(url)

    def test_nobody_there_is_an_error(self) -> None:
        with pytest.raises(NO_KEYS):
            fetch_keys("http://127.0.0.1:1/keys")

    def test_an_answer_is_not_waited_for_forever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.auth.jwks._FETCH_TIMEOUT_SECONDS", 0.05)
        with _served(_key_set_document(), delay=0.3) as url, pytest.raises(HTTPError):
            fetch_keys(url)


class TestSubjectOf:
    def test_it_is_the_sub(self) -> None:
        assert unverified_subject(token()) == SUB

    @pytest.mark.parametrize(
        "changes", [{"sub": missing()}, {"sub": 1}, {"sub": None}], ids=["missing", "number", "null"]
    )
    def test_a_sub_that_is_no_text_is_none(self, changes: Claims) -> None:
        assert unverified_subject(token(claims=good_claims(**changes))) is None

    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(lambda: "", id="nothing"),
            pytest.param(lambda: "token", id="one word"),
            pytest.param(lambda: "a.b", id="two segments"),
            pytest.param(lambda: "a." + "b" * 9000 + ".c", id="too long"),
            pytest.param(lambda: forged("a payload that is nested deeply"), id="nested deeply"),
            pytest.param(lambda: forged("sub twice"), id="sub twice"),
        ],
    )
    def test_what_is_no_token_is_refused(self, make: Callable[[], str]) -> None:
        with pytest.raises(UnauthenticatedError):
            unverified_subject(make())
