"""Tokens with a wrong algorithm, a wrong key or an invalid signature.

RFC 8725, sections 2.1, 3.1 and 3.2.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testkit.forged_tokens import (
    HEADER,
    OMIT,
    SUB,
    Attack,
    alter_header,
    encode_base64url,
    encode_segment,
    make_token,
    make_valid_claims,
    private_key,
    public_keys,
    rearrange_segments,
    sign,
)


def _encode_public_key(encoding: Encoding, form: PublicFormat) -> bytes:
    return private_key().public_key().public_bytes(encoding, form)


def _get_public_jwk() -> dict[str, str]:
    """Return the public key as in the pool's key set."""
    return public_keys()["signing"]


def _get_modulus() -> str:
    return _get_public_jwk()["n"]


def _decode_modulus() -> bytes:
    return base64.urlsafe_b64decode(_get_modulus() + "==")


# HMAC secrets that an attacker can guess or derive from public data.
_GUESSABLE_SECRETS: Mapping[str, Callable[[], bytes]] = {
    "the public key as PEM": lambda: _encode_public_key(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "the public key as PEM without its last line break": lambda: _encode_public_key(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ).rstrip(),
    "the public key as PKCS #1 PEM": lambda: _encode_public_key(Encoding.PEM, PublicFormat.PKCS1),
    "the public key as DER": lambda: _encode_public_key(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "the public key as PKCS #1 DER": lambda: _encode_public_key(Encoding.DER, PublicFormat.PKCS1),
    "the public key as JSON": lambda: json.dumps(_get_public_jwk()).encode(),
    "the public key as compact JSON": lambda: json.dumps(
        _get_public_jwk(), separators=(",", ":"), sort_keys=True
    ).encode(),
    "the key set as JSON": lambda: json.dumps({"keys": [_get_public_jwk()]}).encode(),
    "n in base64url": lambda: _get_modulus().encode(),
    "the bytes of n": _decode_modulus,
    "n in hexadecimal": lambda: _decode_modulus().hex().encode(),
    "the key id": lambda: b"signing",
    "an empty secret": lambda: b"",
}


def _make_signing_input(algorithm: str, **header: Any) -> str:
    """Return the header and the payload of a token, for a signature.

    Args:
        algorithm: the `alg` of the header.
        header: additional header parameters.
    """
    return f"{encode_segment({**HEADER, 'alg': algorithm, **header})}.{encode_segment(make_valid_claims())}"


def _sign_hmac(algorithm: str, secret_name: str) -> str:
    """Return a token that is signed with one of the guessable secrets."""
    signing_input = _make_signing_input(algorithm)
    secret, digest = _GUESSABLE_SECRETS[secret_name](), hashlib.new(f"sha{algorithm[2:]}").name
    return f"{signing_input}.{encode_base64url(hmac.digest(secret, signing_input.encode(), digest))}"


def _sign_rsa(algorithm: str, scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> str:
    """Return a token that is signed with the pool's key, but not as RS256 prescribes.

    Args:
        algorithm: the `alg` of the header.
        scheme: the padding of the signature.
        digest: the hash function of the signature.
    """
    signing_input = _make_signing_input(algorithm)
    return f"{signing_input}.{encode_base64url(private_key().sign(signing_input.encode(), scheme, digest))}"


def _sign_ecdsa(**header: Any) -> str:
    """Return a token that is signed with an elliptic curve key of the attacker, with additional header parameters."""
    signing_input = _make_signing_input("ES256", **header)
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing_input}.{encode_base64url(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _sign_ed25519() -> str:
    signing_input = _make_signing_input("EdDSA")
    return f"{signing_input}.{encode_base64url(ed25519.Ed25519PrivateKey.generate().sign(signing_input.encode()))}"


def _sign_with_embedded_key(kid: str) -> str:
    """Return a token that is signed with the attacker's RSA key. The header contains the public key.

    Args:
        kid: the id of the key in `jwk`. The `kid` of the header is that of the pool's key.
    """
    (key,) = public_keys(kid, name="attacker").values()
    return sign(encode_segment({**HEADER, "jwk": key}), encode_segment(make_valid_claims()), "attacker")


def _leave_unsigned(algorithm: str) -> str:
    """Return a token with an empty signature."""
    return f"{_make_signing_input(algorithm)}."


def _truncate_signature() -> str:
    """Return a valid token without the last byte of its signature."""
    signing_input, _, signature = make_token().rpartition(".")
    return f"{signing_input}.{encode_base64url(base64.urlsafe_b64decode(signature + '==')[:-1])}"


def _replace_signature() -> str:
    """Return a valid token with the HS256 signature of another token."""
    signing_input, _, _ = make_token().rpartition(".")
    _, _, signature = _sign_hmac("HS256", "the public key as PEM").rpartition(".")
    return f"{signing_input}.{signature}"


_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
_OTHER_PAYLOAD = encode_segment(make_valid_claims(sub=SUB.replace("0b", "1b")))

_NONE_SPELLINGS = ("none", "None", "NONE", "nOnE", "none ", " none", "\uff4eone", "none\x00")
_REFUSED_ALGORITHMS: Mapping[str, Any] = {
    "null": None,
    "missing": OMIT,
    "empty": "",
    "in lowercase": "rs256",
    "with a space": "RS256 ",
    "list": ["RS256"],
    "list of two": ["none", "RS256"],
    "comma-separated list": "none,RS256",
    "object": {"RS256": "RS256"},
    "number": 256,
    "true": True,
    "ES256": "ES256",
    "RSA-OAEP for encryption": "RSA-OAEP",
    "dir for encryption": "dir",
}

# "RS256 signature": the signature of the pool. "own signature": the pool's key with the algorithm of the header.
ALGORITHMS: Mapping[str, Attack] = {
    **{f"alg {name!a} without a signature": partial(_leave_unsigned, name) for name in _NONE_SPELLINGS},
    **{f"alg {name!a} with the RS256 signature": alter_header(alg=name) for name in _NONE_SPELLINGS},
    **{f"alg {name} with the RS256 signature": alter_header(alg=value) for name, value in _REFUSED_ALGORITHMS.items()},
    **{f"alg HS256, the secret is {name}": partial(_sign_hmac, "HS256", name) for name in _GUESSABLE_SECRETS},
    "alg HS384, the secret is the public key as PEM": partial(_sign_hmac, "HS384", "the public key as PEM"),
    "alg HS512, the secret is the public key as PEM": partial(_sign_hmac, "HS512", "the public key as PEM"),
    "alg RS256 with an HS256 signature": _replace_signature,
    "alg RS384 with its own signature": partial(_sign_rsa, "RS384", padding.PKCS1v15(), hashes.SHA384()),
    "alg RS512 with its own signature": partial(_sign_rsa, "RS512", padding.PKCS1v15(), hashes.SHA512()),
    "alg PS256 with its own signature": partial(_sign_rsa, "PS256", _PSS, hashes.SHA256()),
    "alg RS256 with a PS256 signature": partial(_sign_rsa, "RS256", _PSS, hashes.SHA256()),
    "alg RS256 with an RS512 signature": partial(_sign_rsa, "RS256", padding.PKCS1v15(), hashes.SHA512()),
    "alg ES256 with a signature by the attacker": _sign_ecdsa,
    "alg ES256 with an incomplete jwk": partial(_sign_ecdsa, jwk={"kty": "EC", "crv": "P-256"}),
    "alg ES256 with a signature of zeros": lambda: f"{_make_signing_input('ES256')}.{encode_base64url(bytes(64))}",
    "alg EdDSA with a signature by the attacker": _sign_ed25519,
    "jwk of the attacker": partial(_sign_with_embedded_key, "signing"),
    "jwk of the attacker with another kid": partial(_sign_with_embedded_key, "attacker"),
    "another key's signature": lambda: sign(encode_segment(HEADER), encode_segment(make_valid_claims()), "attacker"),
    "a signature of zeros": rearrange_segments(f"{{h}}.{{p}}.{encode_base64url(bytes(256))}"),
    "a signature of 0xFF bytes": rearrange_segments(f"{{h}}.{{p}}.{encode_base64url(bytes([255] * 256))}"),
    "a signature of one byte": rearrange_segments("{h}.{p}.AA"),
    "a signature with two extra bytes": rearrange_segments("{h}.{p}.{s}AA"),
    "a signature without its last byte": _truncate_signature,
    "another payload under the signature": rearrange_segments(f"{{h}}.{_OTHER_PAYLOAD}.{{s}}"),
    "another header under the signature": rearrange_segments(encode_segment({**HEADER, "typ": "JWT"}) + ".{p}.{s}"),
}
