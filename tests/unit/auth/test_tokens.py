"""Only valid access tokens of the pool are accepted."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier, unverified_subject
from app.errors import UnauthenticatedError
from testkit.doubles import SETTINGS
from testkit.forged_tokens import HEADER, OMIT, SUB, encode_segment, make_token, make_valid_claims, public_keys, sign
from testkit.key_endpoint import KeyEndpoint
from tests.security.token_forgeries import FORGERIES, forge

Claims = dict[str, Any]


@pytest.fixture
def key_endpoint() -> KeyEndpoint:
    return KeyEndpoint()


@pytest.fixture
def verifier(key_endpoint: KeyEndpoint) -> TokenVerifier:
    return TokenVerifier(SETTINGS, KeySet(key_endpoint.fetch, key_endpoint.clock))


class TestVerify:
    def test_valid_token_returns_its_claims(self, verifier: TokenVerifier) -> None:
        claims = make_valid_claims()
        assert asyncio.run(verifier.verify(make_token(claims=claims))) == claims

    def test_nested_claim_is_accepted(self, verifier: TokenVerifier) -> None:
        roles: Any = "reader"
        for _ in range(31):
            roles = [roles]
        claims = make_valid_claims(roles=roles)
        assert asyncio.run(verifier.verify(make_token(claims=claims))) == claims

    @pytest.mark.parametrize("name", FORGERIES)
    def test_forged_token_is_refused(
        self,
        name: str,
        key_endpoint: KeyEndpoint,
        verifier: TokenVerifier,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        async def verify_forgery() -> None:
            await verifier.verify(make_token())
            key_endpoint.now += 3600  # A new fetch would be allowed.
            with pytest.raises(UnauthenticatedError):
                await verifier.verify(forge(name))

        asyncio.run(verify_forgery())

        assert key_endpoint.fetches == 1
        assert not caplog.records
        assert capfd.readouterr() == ("", "")

    def test_forgeries_are_below_the_length_limit(self) -> None:
        assert all(len(forge(name)) <= 8192 for name in FORGERIES if "too long" not in name)

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"exp": -55}, id="exp within the leeway"),
            pytest.param({"iat": 55}, id="iat within the leeway"),
            pytest.param({"nbf": 55}, id="nbf within the leeway"),
            pytest.param({"nbf": -55}, id="nbf in the past"),
        ],
    )
    def test_leeway_is_one_minute(self, changes: dict[str, int], verifier: TokenVerifier) -> None:
        claims = make_valid_claims(**{name: int(time.time()) + seconds for name, seconds in changes.items()})
        assert asyncio.run(verifier.verify(make_token(claims=claims))) == claims

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param({**HEADER, "typ": "JWT"}, id="typ JWT"),
            pytest.param(dict(reversed(list(HEADER.items()))), id="other order"),
        ],
    )
    def test_optional_header_fields_are_accepted(self, header: Mapping[str, Any], verifier: TokenVerifier) -> None:
        assert asyncio.run(verifier.verify(make_token(header)))["sub"] == SUB

    def test_fractional_time_is_accepted(self, verifier: TokenVerifier) -> None:
        assert asyncio.run(verifier.verify(make_token(claims=make_valid_claims(exp=time.time() + 0.5))))["sub"] == SUB

    def test_signature_by_another_key_is_refused(self, key_endpoint: KeyEndpoint, verifier: TokenVerifier) -> None:
        key_endpoint.keys = public_keys("signing") | public_keys("other", name="attacker")
        token_with_other_signature = sign(
            encode_segment({**HEADER, "kid": "signing"}), encode_segment(make_valid_claims()), "attacker"
        )
        with pytest.raises(UnauthenticatedError):
            asyncio.run(verifier.verify(token_with_other_signature))

    def test_malformed_token_causes_no_fetch(self, key_endpoint: KeyEndpoint, verifier: TokenVerifier) -> None:
        for name in ("alg 'none' with the RS256 signature", "kid missing", "one word", "jku", "crit", "alg twice"):
            with pytest.raises(UnauthenticatedError):
                asyncio.run(verifier.verify(forge(name)))
        assert key_endpoint.fetches == 0

    def test_error_does_not_disclose_the_token(self, verifier: TokenVerifier) -> None:
        for name in ("sub an email", "jku", "another key's signature"):
            with pytest.raises(UnauthenticatedError) as caught:
                asyncio.run(verifier.verify(forge(name)))
            assert str(caught.value) == UnauthenticatedError.detail


class TestUnverifiedSubject:
    def test_subject_is_the_sub(self) -> None:
        assert unverified_subject(make_token()) == SUB

    @pytest.mark.parametrize("changes", [{"sub": OMIT}, {"sub": 1}, {"sub": None}], ids=["missing", "number", "null"])
    def test_sub_that_is_not_a_string_is_none(self, changes: Claims) -> None:
        assert unverified_subject(make_token(claims=make_valid_claims(**changes))) is None

    @pytest.mark.parametrize(
        "make_malformed_token",
        [
            pytest.param(lambda: "", id="empty"),
            pytest.param(lambda: "token", id="one word"),
            pytest.param(lambda: "a.b", id="two segments"),
            pytest.param(lambda: "a." + "b" * 9000 + ".c", id="too long"),
            pytest.param(lambda: forge("a payload that is nested deeply"), id="deeply nested payload"),
            pytest.param(lambda: forge("sub twice"), id="sub twice"),
        ],
    )
    def test_malformed_token_is_refused(self, make_malformed_token: Callable[[], str]) -> None:
        with pytest.raises(UnauthenticatedError):
            unverified_subject(make_malformed_token())
