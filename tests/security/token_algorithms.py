"""Tokens that ask for another verification than RS256 with the pool's key, or for none.

RFC 8725, sections 2.1, 3.1 and 3.2.
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
    encode_segment,
    make_token,
    missing,
    private_key,
    public_keys,
    sign,
    valid_claims,
    with_header,
    with_segment_format,
)


def _encode_public_key(encoding: Encoding, form: PublicFormat) -> bytes:
    return private_key().public_key().public_bytes(encoding, form)


def _public_jwk() -> dict[str, str]:
    """Return the public key as it stands in the pool's key set."""
    return public_keys()["signing"]


def _modulus() -> str:
    return _public_jwk()["n"]


def _modulus_bytes() -> bytes:
    return base64.urlsafe_b64decode(_modulus() + "==")


# HMAC secrets that an attacker can derive from the public key.
_DERIVED_SECRETS: Mapping[str, Callable[[], bytes]] = {
    "the public key in PEM": lambda: _encode_public_key(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "the public key in PEM without its last line break": lambda: _encode_public_key(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ).rstrip(),
    "the public key in PEM of PKCS 1": lambda: _encode_public_key(Encoding.PEM, PublicFormat.PKCS1),
    "the public key in DER": lambda: _encode_public_key(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "the public key in DER of PKCS 1": lambda: _encode_public_key(Encoding.DER, PublicFormat.PKCS1),
    "the public key as JSON": lambda: json.dumps(_public_jwk()).encode(),
    "the public key as compact JSON": lambda: json.dumps(_public_jwk(), separators=(",", ":"), sort_keys=True).encode(),
    "the key set as JSON": lambda: json.dumps({"keys": [_public_jwk()]}).encode(),
    "n in base64url": lambda: _modulus().encode(),
    "the bytes of n": _modulus_bytes,
    "n in hexadecimal": lambda: _modulus_bytes().hex().encode(),
    "the key id": lambda: b"signing",
    "an empty secret": lambda: b"",
}


def _signing_input(algorithm: str, **header: Any) -> str:
    return f"{encode_segment({**HEADER, 'alg': algorithm, **header})}.{encode_segment(valid_claims())}"


def _sign_hmac(algorithm: str, secret: str) -> Attack:
    def attack() -> str:
        signing_input = _signing_input(algorithm)
        digest = hashlib.new(f"sha{algorithm[2:]}").name
        return f"{signing_input}.{base64url(hmac.digest(_DERIVED_SECRETS[secret](), signing_input.encode(), digest))}"

    return attack


def _sign_rsa(algorithm: str, scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Attack:
    """Return a token that the pool's key signs with another RSA algorithm."""

    def attack() -> str:
        signing_input = _signing_input(algorithm)
        return f"{signing_input}.{base64url(private_key().sign(signing_input.encode(), scheme, digest))}"

    return attack


def _sign_ecdsa(**header: Any) -> str:
    """Return a token that an attacker's elliptic curve key signs."""
    signing_input = _signing_input("ES256", **header)
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing_input}.{base64url(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _sign_ed25519() -> str:
    signing_input = _signing_input("EdDSA")
    return f"{signing_input}.{base64url(ed25519.Ed25519PrivateKey.generate().sign(signing_input.encode()))}"


def _truncate_signature() -> str:
    signing_input, _, signature = make_token().rpartition(".")
    return f"{signing_input}.{base64url(base64.urlsafe_b64decode(signature + '==')[:-1])}"


def _embed_key(kid: str) -> Attack:
    """Return a token that the attacker's key signs. The header contains that key."""

    def attack() -> str:
        (key,) = public_keys(kid, name="attacker").values()
        return sign(encode_segment({**HEADER, "jwk": key}), encode_segment(valid_claims()), "attacker")

    return attack


def _leave_unsigned(algorithm: str) -> Attack:
    return lambda: f"{_signing_input(algorithm)}."


_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
_OTHER_PAYLOAD = encode_segment(valid_claims(sub=SUB.replace("0b", "1b")))

_NONE_SPELLINGS = ("none", "None", "NONE", "nOnE", "none ", " none", "\uff4eone", "none\x00")
_INVALID_ALGORITHMS: Mapping[str, Any] = {
    "null": None,
    "missing": missing(),
    "empty": "",
    "in lowercase": "rs256",
    "with a space": "RS256 ",
    "list": ["RS256"],
    "list of two": ["none", "RS256"],
    "list in a text": "none,RS256",
    "object": {"RS256": "RS256"},
    "number": 256,
    "true": True,
    "ES256": "ES256",
    "RSA-OAEP for encryption": "RSA-OAEP",
    "dir for encryption": "dir",
}

# A token has the RS256 signature of the pool, unless its name says otherwise.
ALGORITHMS: Mapping[str, Attack] = {
    **{f"alg {name!a} without signature": _leave_unsigned(name) for name in _NONE_SPELLINGS},
    **{f"alg {name!a} with a signature": with_header(alg=name) for name in _NONE_SPELLINGS},
    **{f"alg {name}": with_header(alg=value) for name, value in _INVALID_ALGORITHMS.items()},
    **{f"alg HS256 with {name}": _sign_hmac("HS256", name) for name in _DERIVED_SECRETS},
    "alg HS384 with the public key in PEM": _sign_hmac("HS384", "the public key in PEM"),
    "alg HS512 with the public key in PEM": _sign_hmac("HS512", "the public key in PEM"),
    "alg RS256 with the HMAC of the public key": lambda: ".".join(
        (make_token().rpartition(".")[0], _sign_hmac("HS256", "the public key in PEM")().rpartition(".")[2])
    ),
    "alg RS384": _sign_rsa("RS384", padding.PKCS1v15(), hashes.SHA384()),
    "alg RS512": _sign_rsa("RS512", padding.PKCS1v15(), hashes.SHA512()),
    "alg PS256": _sign_rsa("PS256", _PSS, hashes.SHA256()),
    "alg RS256 with a signature of PS256": _sign_rsa("RS256", _PSS, hashes.SHA256()),
    "alg RS256 with a signature of RS512": _sign_rsa("RS256", padding.PKCS1v15(), hashes.SHA512()),
    "alg ES256 with an attacker's signature": _sign_ecdsa,
    "alg ES256 with an embedded key": lambda: _sign_ecdsa(jwk={"kty": "EC", "crv": "P-256"}),
    "alg ES256 with a signature of zeros": lambda: f"{_signing_input('ES256')}.{base64url(bytes(64))}",
    "alg EdDSA with an attacker's signature": _sign_ed25519,
    "jwk of the attacker": _embed_key("signing"),
    "jwk of the attacker with another kid": _embed_key("attacker"),
    "another key's signature": lambda: sign(encode_segment(HEADER), encode_segment(valid_claims()), "attacker"),
    "a signature of zeros": with_segment_format(f"{{h}}.{{p}}.{base64url(bytes(256))}"),
    "a signature of ones": with_segment_format(f"{{h}}.{{p}}.{base64url(bytes([255] * 256))}"),
    "a signature of one byte": with_segment_format("{h}.{p}.AA"),
    "a signature with an extra byte": with_segment_format("{h}.{p}.{s}AA"),
    "a signature without its last byte": _truncate_signature,
    "another payload under the signature": with_segment_format(f"{{h}}.{_OTHER_PAYLOAD}.{{s}}"),
    "another header under the signature": with_segment_format(encode_segment({**HEADER, "typ": "JWT"}) + ".{p}.{s}"),
}
