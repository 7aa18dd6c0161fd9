"""Verification of access tokens, for where no API Gateway has done it; knows no HTTP request.

python-jose checks the signature. What a token has to look like, and what its claims have to say, is checked here,
before and after: python-jose 3.5.0 by itself takes a token without `exp`, knows no `crit`, and raises all kinds of
exceptions on hostile input. The check-list is RFC 8725.
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from app.auth.jwks import KeySet
from app.errors import UnauthenticatedError
from app.json_depth import nested_deeply
from app.settings import Settings

LEEWAY_SECONDS = 60
_NO_TIME = 2**53  # Beyond this, numbers in JSON are not exact (RFC 8259, section 6).
_LONGEST_TOKEN = 8192

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SUB = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEADER_FIELDS = frozenset({"alg", "kid", "typ"})


class TokenVerifier:
    """Turns an access token into its claims, or refuses it."""

    def __init__(self, settings: Settings, keys: KeySet) -> None:
        self._settings = settings
        self._keys = keys

    async def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that the pool signed; what they say is for `check_claims`.

        Raises:
            UnauthenticatedError: for any token that is not exactly one of the pool's.
            UnavailableError: if the pool's keys cannot be had.
        """
        if len(token) > _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
            _refuse()
        header, payload, signature = token.split(".")
        fields = _object(header)
        claims = _object(payload)
        _decoded(signature)
        kid = fields.get("kid")
        # Exactly what Cognito writes: no other algorithm, and no header that would have a say in how to verify.
        if fields.get("alg") != "RS256" or not isinstance(kid, str) or not fields.keys() <= _HEADER_FIELDS:
            _refuse()
        _verify(token, await self._keys.key(kid))
        if "iat" not in claims:
            _refuse()
        check_claims(claims, self._settings)
        return claims


def check_claims(claims: Mapping[str, Any], settings: Settings) -> None:
    """Whether the claims are those of an access token for this app, and of this hour.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html

    Args:
        claims: with `exp`, `iat` and `nbf` as numbers.
        settings: name the pool and the app client.

    Raises:
        UnauthenticatedError: if one is missing, of another type, or says something else.
    """
    expected = {"iss": settings.issuer, "client_id": settings.user_pool_client_id, "token_use": "access"}
    if any(claims.get(name) != value for name, value in expected.items()):
        _refuse()
    sub = claims.get("sub")
    if not isinstance(sub, str) or not _SUB.fullmatch(sub):
        _refuse()
    now = time.time()
    if _moment(claims.get("exp")) + LEEWAY_SECONDS <= now:
        _refuse()
    if any(_moment(claims[name]) > now + LEEWAY_SECONDS for name in ("iat", "nbf") if name in claims):
        _refuse()


def subject_of(token: str) -> str | None:
    """The `sub` that a token names, verified by nobody yet.

    Raises:
        UnauthenticatedError: if it is no token at all.
    """
    if len(token) > _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
        _refuse()
    sub = _object(token.split(".")[1]).get("sub")
    return sub if isinstance(sub, str) else None


def _verify(token: str, key: Mapping[str, Any]) -> None:
    from jose import jws  # noqa: PLC0415 -- the same: no token is verified there, and this import is slow

    try:
        jws.verify(token, dict(key), algorithms=["RS256"])
    except Exception as error:  # python-jose raises more than its JWSError
        raise UnauthenticatedError from error


def _object(segment: str) -> dict[str, Any]:
    """The JSON object in a segment, of which no name occurs twice, and which is not nested deeply."""
    try:
        value = json.loads(_decoded(segment).decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UnauthenticatedError from error
    return value if isinstance(value, dict) and not nested_deeply(value) else _refuse()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _refuse()


def _no_constant(_name: str) -> NoReturn:
    """NaN and Infinity are no JSON, though Python reads them."""
    _refuse()


def _decoded(segment: str) -> bytes:
    """The bytes of a segment, if it is the one base64url spelling of them (RFC 7515, section 2)."""
    try:
        content = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise UnauthenticatedError from error
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != segment:
        _refuse()
    return content


def _moment(value: Any) -> float:
    """Seconds since 1970, as RFC 7519 writes a NumericDate; no boolean, which Python takes for a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _NO_TIME:
        _refuse()
    return value


def _refuse() -> NoReturn:
    raise UnauthenticatedError
