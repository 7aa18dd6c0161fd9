"""Tokens that would be verified in another way than by the pool's RS256 key, or by no way at all.

RFC 8725, 2.1, 3.1 and 3.2.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testkit.forged_tokens import (
    HEADER,
    SUB,
    Attack,
    base64url,
    good_claims,
    missing,
    private_key,
    public_keys,
    segment,
    signed,
    spelled,
    token,
    with_header,
)


def _public(encoding: Encoding, form: PublicFormat) -> bytes:
    return private_key().public_key().public_bytes(encoding, form)


def _published() -> dict[str, str]:
    """The public key as the pool's key set has it."""
    return public_keys()["signing"]


def _modulus() -> str:
    return _published()["n"]


def _modulus_bytes() -> bytes:
    return base64.urlsafe_b64decode(_modulus() + "==")


# Whoever knows the public key, which is everybody, knows these, too.
_PUBLIC_SECRETS: Mapping[str, Callable[[], bytes]] = {
    "the public key in PEM": lambda: _public(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "the public key in PEM without its last line break": lambda: _public(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ).rstrip(),
    "the public key in PEM of PKCS 1": lambda: _public(Encoding.PEM, PublicFormat.PKCS1),
    "the public key in DER": lambda: _public(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "the public key in DER of PKCS 1": lambda: _public(Encoding.DER, PublicFormat.PKCS1),
    "the public key as JSON": lambda: json.dumps(_published()).encode(),
    "the public key as compact JSON": lambda: json.dumps(_published(), separators=(",", ":"), sort_keys=True).encode(),
    "the key set as JSON": lambda: json.dumps({"keys": [_published()]}).encode(),
    "n as it is published": lambda: _modulus().encode(),
    "the bytes of n": _modulus_bytes,
    "n in hexadecimals": lambda: _modulus_bytes().hex().encode(),
    "the key's id": lambda: b"signing",
    "nothing": lambda: b"",
}


def _content(algorithm: str, **header: Any) -> str:
    return f"{segment({**HEADER, 'alg': algorithm, **header})}.{segment(good_claims())}"


def _symmetric(algorithm: str, secret: str) -> Attack:
    def attack() -> str:
        content = _content(algorithm)
        digest = hashlib.new(f"sha{algorithm[2:]}").name
        return f"{content}.{base64url(hmac.digest(_PUBLIC_SECRETS[secret](), content.encode(), digest))}"

    return attack


def _other_rsa(algorithm: str, scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Attack:
    """Signed by the pool's own key."""

    def attack() -> str:
        content = _content(algorithm)
        return f"{content}.{base64url(private_key().sign(content.encode(), scheme, digest))}"

    return attack


def _elliptic(**header: Any) -> str:
    """Signed by an attacker's key on a curve."""
    content = _content("ES256", **header)
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = decode_dss_signature(key.sign(content.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{content}.{base64url(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _edwards() -> str:
    content = _content("EdDSA")
    return f"{content}.{base64url(ed25519.Ed25519PrivateKey.generate().sign(content.encode()))}"


def _cut() -> str:
    content, _, signature = token().rpartition(".")
    return f"{content}.{base64url(base64.urlsafe_b64decode(signature + '==')[:-1])}"


def _own_key_in_header(kid: str) -> Attack:
    """Signed by the attacker's key, which the header brings along."""

    def attack() -> str:
        (key,) = public_keys(kid, name="attacker").values()
        return signed(segment({**HEADER, "jwk": key}), segment(good_claims()), "attacker")

    return attack


def _unsigned(algorithm: str) -> Attack:
    return lambda: f"{_content(algorithm)}."


_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
_ANOTHER_PAYLOAD = segment(good_claims(sub=SUB.replace("0b", "1b")))

_NONE = ("none", "None", "NONE", "nOnE", "none ", " none", "\uff4eone", "none\x00")
_ODD: Mapping[str, Any] = {
    "null": None,
    "missing": missing(),
    "empty": "",
    "in lower case": "rs256",
    "with a blank": "RS256 ",
    "a list": ["RS256"],
    "a list of two": ["none", "RS256"],
    "a list in a text": "none,RS256",
    "an object": {"RS256": "RS256"},
    "a number": 256,
    "true": True,
    "ES256": "ES256",
    "RSA-OAEP, which encrypts": "RSA-OAEP",
    "dir, which encrypts": "dir",
}

# Those that are called a signature of something carry just that; all others the pool's own RS256 signature.
ALGORITHMS: Mapping[str, Attack] = {
    **{f"alg {name!a} without signature": _unsigned(name) for name in _NONE},
    **{f"alg {name!a} with a signature": with_header(alg=name) for name in _NONE},
    **{f"alg {name}": with_header(alg=value) for name, value in _ODD.items()},
    **{f"alg HS256 with {name}": _symmetric("HS256", name) for name in _PUBLIC_SECRETS},
    "alg HS384 with the public key in PEM": _symmetric("HS384", "the public key in PEM"),
    "alg HS512 with the public key in PEM": _symmetric("HS512", "the public key in PEM"),
    "alg RS256 with the HMAC of the public key": lambda: ".".join(
        (token().rpartition(".")[0], _symmetric("HS256", "the public key in PEM")().rpartition(".")[2])
    ),
    "alg RS384": _other_rsa("RS384", padding.PKCS1v15(), hashes.SHA384()),
    "alg RS512": _other_rsa("RS512", padding.PKCS1v15(), hashes.SHA512()),
    "alg PS256": _other_rsa("PS256", _PSS, hashes.SHA256()),
    "alg RS256 with a signature of PS256": _other_rsa("RS256", _PSS, hashes.SHA256()),
    "alg RS256 with a signature of RS512": _other_rsa("RS256", padding.PKCS1v15(), hashes.SHA512()),
    "alg ES256 with an attacker's signature": _elliptic,
    "alg ES256 with a key in the header": lambda: _elliptic(jwk={"kty": "EC", "crv": "P-256"}),
    "alg ES256 with a signature of zeros": lambda: f"{_content('ES256')}.{base64url(bytes(64))}",
    "alg EdDSA with an attacker's signature": _edwards,
    "jwk of the attacker": _own_key_in_header("signing"),
    "jwk of the attacker by another id": _own_key_in_header("attacker"),
    "another key's signature": lambda: signed(segment(HEADER), segment(good_claims()), "attacker"),
    "a signature of zeros": spelled(f"{{h}}.{{p}}.{base64url(bytes(256))}"),
    "a signature of ones": spelled(f"{{h}}.{{p}}.{base64url(bytes([255] * 256))}"),
    "a signature of one byte": spelled("{h}.{p}.AA"),
    "a signature with a byte more": spelled("{h}.{p}.{s}AA"),
    "a signature without its last byte": _cut,
    "another payload under the signature": spelled(f"{{h}}.{_ANOTHER_PAYLOAD}.{{s}}"),
    "another header under the signature": spelled(segment({**HEADER, "typ": "JWT"}) + ".{p}.{s}"),
}
