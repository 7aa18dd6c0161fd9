"""Access tokens as Cognito signs them, and the tools to make them say something else.

What is made with them to get in by stands in tests/security.
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

Attack = Callable[[], str]

_GONE = object()


def private_key(name: str = "pool") -> rsa.RSAPrivateKey:
    return _generated(name)


@cache
def _generated(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public_keys(*kids: str, name: str = "pool") -> dict[str, dict[str, str]]:
    """The key under these ids, as `fetch_keys` returns it."""
    numbers = private_key(name).public_key().public_numbers()
    key = {"kty": "RSA", "alg": "RS256", "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}
    return {kid: {"kid": kid, **key} for kid in kids or ("signing",)}


def good_claims(**changes: Any) -> dict[str, Any]:
    """Claims as Cognito writes them, this moment; with changes, where `gone()` takes one away."""
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
    return _without_gone({**claims, **changes})


def missing() -> Any:
    return _GONE


def token(header: Mapping[str, Any] | bytes = HEADER, claims: Mapping[str, Any] | bytes | None = None) -> str:
    """A token that the pool's key signed, whatever it says."""
    return signed(segment(header), segment(good_claims() if claims is None else claims))


def signed(header: str, payload: str, name: str = "pool") -> str:
    signature = private_key(name).sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{base64url(signature)}"


def segment(content: Mapping[str, Any] | bytes) -> str:
    return base64url(content if isinstance(content, bytes) else json.dumps(content).encode())


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def with_header(**changes: Any) -> Attack:
    """A good token but for its header, where `gone()` takes a parameter away."""
    return lambda: token(_without_gone({**HEADER, **changes}))


def with_header_text(text: str, encoding: str = "utf-8") -> Attack:
    return lambda: token(text.encode(encoding))


def with_claims(**changes: Any) -> Attack:
    """A good token but for its claims, where `gone()` takes one away."""
    return lambda: token(claims=good_claims(**changes))


def with_payload_text(change: Callable[[str], str], encoding: str = "utf-8") -> Attack:
    """A good token but for the JSON that says its claims."""
    return lambda: token(claims=change(json.dumps(good_claims())).encode(encoding))


def spelled(form: str) -> Attack:
    """The three segments of a good token, put together in another form."""

    def attack() -> str:
        header, payload, signature = token().split(".")
        return form.format(h=header, p=payload, s=signature)

    return attack


def _without_gone(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not _GONE}


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
