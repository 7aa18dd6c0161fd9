"""Verification of access tokens. Behind API Gateway, the gateway verifies the signature.

python-jose verifies the signature. This module checks the form of the token before and its claims after. python-jose
3.5.0 alone accepts a token without `exp`, ignores `crit`, and raises many exception types on hostile input. The checks
follow RFC 8725.
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
from app.json_depth import exceeds_max_depth
from app.settings import Settings

LEEWAY_SECONDS = 60
_MAX_TIME = 2**53  # JSON numbers beyond this are inexact (RFC 8259, section 6).
MAX_TOKEN_LENGTH = 8192

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SUB = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# The fields that Cognito writes. Any other field could influence the verification (RFC 8725, section 3.10).
_HEADER_FIELDS = frozenset({"alg", "kid", "typ"})


class TokenVerifier:
    """The verifier of the user pool's access tokens."""

    def __init__(self, settings: Settings, keys: KeySet) -> None:
        self._settings = settings
        self._keys = keys

    async def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a valid access token.

        Raises:
            UnauthenticatedError: if the token is not a valid access token of the pool.
            UnavailableError: if the pool's keys cannot be fetched.
        """
        header, payload, signature = _split(token)
        kid = _check_header(_json_object(header))
        claims = _json_object(payload)
        _decode(signature)
        _verify_signature(token, await self._keys.get(kid))
        if "iat" not in claims:
            _refuse()
        self.check_claims(claims)
        return claims

    def check_claims(self, claims: Mapping[str, Any]) -> None:
        """Check that the claims belong to a current access token of this app client.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html

        Args:
            claims: with `exp`, `iat` and `nbf` as numbers.

        Raises:
            UnauthenticatedError: if a claim is missing, or has another type or value.
        """
        client_id = self._settings.user_pool_client_id
        expected = {"iss": self._settings.issuer, "client_id": client_id, "token_use": "access"}
        if any(claims.get(name) != value for name, value in expected.items()):
            _refuse()
        # Cognito names an audience only for a resource server, of which this API has none (RFC 7519, section 4.1.3).
        audiences = claims.get("aud", client_id)
        if client_id not in (audiences if isinstance(audiences, list) else [audiences]):
            _refuse()
        sub = claims.get("sub")
        if not isinstance(sub, str) or not _SUB.fullmatch(sub):
            _refuse()
        now = time.time()
        if _numeric_date(claims.get("exp")) + LEEWAY_SECONDS <= now:
            _refuse()
        if any(_numeric_date(claims[name]) > now + LEEWAY_SECONDS for name in ("iat", "nbf") if name in claims):
            _refuse()


def unverified_subject(token: str) -> str | None:
    """Return the `sub` that a token claims, without verifying the token. None if it claims none.

    Raises:
        UnauthenticatedError: if the token is malformed.
    """
    _, payload, _ = _split(token)
    sub = _json_object(payload).get("sub")
    return sub if isinstance(sub, str) else None


def _split(token: str) -> list[str]:
    if len(token) > MAX_TOKEN_LENGTH or not _TOKEN.fullmatch(token):
        _refuse()
    return token.split(".")


def _check_header(fields: Mapping[str, Any]) -> str:
    """Return the key id. Refuse a header with another algorithm than RS256, or with a field not in `_HEADER_FIELDS`."""
    kid = fields.get("kid")
    if fields.get("alg") != "RS256" or not isinstance(kid, str) or not fields.keys() <= _HEADER_FIELDS:
        _refuse()
    return kid


def _verify_signature(token: str, key: Mapping[str, Any]) -> None:
    from jose import jws  # noqa: PLC0415 -- the Lambda function verifies no tokens, and the import is slow

    try:
        jws.verify(token, dict(key), algorithms=["RS256"])
    except Exception as error:  # python-jose raises more than its JWSError
        raise UnauthenticatedError from error


def _json_object(segment: str) -> dict[str, Any]:
    """Decode a segment to a JSON object without duplicate names and without deep nesting."""
    try:
        value = json.loads(_decode(segment).decode(), object_pairs_hook=_unique_names, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnauthenticatedError from error
    return value if isinstance(value, dict) and not exceeds_max_depth(value) else _refuse()


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _refuse()


def _refuse_constant(_name: str) -> NoReturn:
    """Refuse NaN and Infinity. Python's parser accepts them, JSON does not."""
    _refuse()


def _decode(segment: str) -> bytes:
    """Return the bytes of a segment in canonical base64url (RFC 7515, section 2)."""
    try:
        content = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise UnauthenticatedError from error
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != segment:
        _refuse()
    return content


def _numeric_date(value: Any) -> float:
    """Return a NumericDate (RFC 7519, section 2) in seconds. Python counts booleans as numbers, this does not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MAX_TIME:
        _refuse()
    return value


def _refuse() -> NoReturn:
    raise UnauthenticatedError
