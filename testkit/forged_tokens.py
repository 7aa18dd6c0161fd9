"""Access tokens in Cognito's format, valid and altered.

The attacks that use them are in tests/security.
"""

import base64
import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from testkit.doubles import SETTINGS

SUB = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
HEADER: Mapping[str, Any] = {"kid": "signing", "alg": "RS256"}

# Returns an altered token.
Attack = Callable[[], str]

# The value of a claim or a header parameter that is removed.
OMIT: Any = object()


def private_key(name: str = "pool") -> rsa.RSAPrivateKey:
    """Return the private key of this name, by default that of the user pool."""
    return _generate_key(name)


@cache
def _generate_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public_keys(*kids: str, name: str = "pool") -> dict[str, dict[str, str]]:
    """Return a public key under these key ids, as `fetch_keys` returns it."""
    numbers = private_key(name).public_key().public_numbers()
    key = {"kty": "RSA", "alg": "RS256", "use": "sig", "n": _encode_number(numbers.n), "e": _encode_number(numbers.e)}
    return {kid: {"kid": kid, **key} for kid in kids or ("signing",)}


def make_valid_claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a token that Cognito issues now.

    Args:
        changes: the values of changed or additional claims. `OMIT` removes a claim.
    """
    now = int(time.time())
    claims = {
        "sub": SUB,
        "iss": SETTINGS.issuer,
        "client_id": SETTINGS.user_pool_client_id,
        "origin_jti": "6a3a0b52-3c3b-4a63-a3a5-6c9a1d1b8f0a",
        "event_id": "2a2bd6a4-92e7-4d9c-9c72-9e3c5b9c5b0d",
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": now,
        "exp": now + 900,
        "iat": now,
        "jti": "f3d9a7f6-5f0c-4a43-8a8d-6f8c8b2a8a55",
        "username": SUB,
    }
    return _drop_omitted({**claims, **changes})


def make_token(header: Mapping[str, Any] | bytes = HEADER, claims: Mapping[str, Any] | bytes | None = None) -> str:
    """Return a token that is signed with the key of the user pool. Its content may be invalid.

    Args:
        header: the header, as parameters or as bytes.
        claims: the payload, as claims or as bytes, by default valid claims.
    """
    return sign(encode_segment(header), encode_segment(make_valid_claims() if claims is None else claims))


def sign(header: str, payload: str, name: str = "pool") -> str:
    """Sign two segments with the private key of this name, and return the token."""
    signature = private_key(name).sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{encode_base64url(signature)}"


def encode_segment(content: Mapping[str, Any] | bytes) -> str:
    """Encode JSON or bytes as a segment of a token."""
    return encode_base64url(content if isinstance(content, bytes) else json.dumps(content).encode())


def encode_base64url(content: bytes) -> str:
    """Encode bytes as RFC 7515 does: for URLs, and without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def alter_header(**changes: Any) -> Attack:
    """Return an attack by a token with changed header parameters. `OMIT` removes a parameter."""
    return lambda: make_token(_drop_omitted({**HEADER, **changes}))


def alter_header_text(text: str, encoding: str = "utf-8") -> Attack:
    """Return an attack by a token with this string as header."""
    return lambda: make_token(text.encode(encoding))


def alter_claims(**changes: Any) -> Attack:
    """Return an attack by a token with changed claims. `OMIT` removes a claim."""
    return lambda: make_token(claims=make_valid_claims(**changes))


def alter_payload_text(change: Callable[[str], str], encoding: str = "utf-8") -> Attack:
    """Return an attack by a token whose claims are changed as JSON."""
    return lambda: make_token(claims=change(json.dumps(make_valid_claims())).encode(encoding))


def rearrange_segments(form: str) -> Attack:
    """Return an attack by the segments of a valid token in another arrangement.

    Args:
        form: a format string with the segments `{h}`, `{p}` and `{s}`: header, payload and signature.
    """

    def attack() -> str:
        header, payload, signature = make_token().split(".")
        return form.format(h=header, p=payload, s=signature)

    return attack


def _drop_omitted(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not OMIT}


def _encode_number(value: int) -> str:
    return encode_base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
