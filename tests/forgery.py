"""Access tokens as Cognito signs them, and everything that an attacker would rather have."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.doubles import SETTINGS

SUB = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
HEADER: Mapping[str, Any] = {"kid": "signing", "alg": "RS256"}

Attack = Callable[[], str]

_GONE = object()


@cache
def private_key(name: str = "pool") -> rsa.RSAPrivateKey:
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
    return {name: value for name, value in {**claims, **changes}.items() if value is not _GONE}


def gone() -> Any:
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


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _with_header(**changes: Any) -> Attack:
    return lambda: token({name: value for name, value in {**HEADER, **changes}.items() if value is not _GONE})


def _with_claims(**changes: Any) -> Attack:
    return lambda: token(claims=good_claims(**changes))


def _late(name: str, seconds: float) -> Attack:
    return lambda: token(claims=good_claims(**{name: time.time() + seconds}))


def _header_text(text: str) -> Attack:
    return lambda: token(header=text.encode())


def _payload_text(change: Callable[[str], str]) -> Attack:
    return lambda: token(claims=change(json.dumps(good_claims())).encode())


def _spelled(form: str) -> Attack:
    """The three segments of a good token, put together in another form."""

    def attack() -> str:
        h, p, s = token().split(".")
        return form.format(
            h=h, p=p, s=s, p2=segment(good_claims(sub=SUB.replace("0b", "1b"))), zeros=base64url(bytes(256))
        )

    return attack


def _symmetric(encoding: serialization.Encoding) -> Attack:
    """The public key taken for the secret of an HMAC."""

    def attack() -> str:
        secret = private_key().public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        content = f"{segment({**HEADER, 'alg': 'HS256'})}.{segment(good_claims())}"
        return f"{content}.{base64url(hmac.digest(secret, content.encode(), hashlib.sha256))}"

    return attack


def _other_signature(algorithm: str, scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Attack:
    def attack() -> str:
        content = f"{segment({**HEADER, 'alg': algorithm})}.{segment(good_claims())}"
        return f"{content}.{base64url(private_key().sign(content.encode(), scheme, digest))}"

    return attack


def _respelled(part: int) -> Attack:
    """The same bytes, but with the lowest bit of the last character set, which means nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    def again(text: str) -> str:
        return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]

    def attack() -> str:
        header, payload, signature = token(
            _with_spare_bits({**HEADER, "typ": ""}, "typ"), _with_spare_bits(good_claims(), "scope")
        ).split(".")
        if part == 2:
            return f"{header}.{payload}.{again(signature)}"
        return signed(again(header), payload) if part == 0 else signed(header, again(payload))

    return attack


def _with_spare_bits(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The content, with a text in it made longer until two bits of the last character are spare."""
    longer = ({**content, name: content[name] + "s" * number} for number in range(3))
    return next(each for each in longer if len(segment(each)) % 4 == 3)


def _cut() -> str:
    content, _, signature = token().rpartition(".")
    return f"{content}.{base64url(base64.urlsafe_b64decode(signature + '==')[:-1])}"


def _own_key_in_header() -> str:
    """Signed by the attacker's key, which the header brings along."""
    (key,) = public_keys("signing", name="attacker").values()
    return signed(segment({**HEADER, "jwk": key}), segment(good_claims()), "attacker")


_ALIEN = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another99"
_NESTED = b"[" * 2500 + b"]" * 2500

# Each token is wrong in the one way that its name says; all but those about signatures carry the pool's own.
ATTACKS: Mapping[str, Attack] = {
    # Algorithms
    "alg none without signature": lambda: f"{segment({**HEADER, 'alg': 'none'})}.{segment(good_claims())}.",
    "alg none with a signature": _with_header(alg="none"),
    "alg None": _with_header(alg="None"),
    "alg NONE": _with_header(alg="NONE"),
    "alg null": _with_header(alg=None),
    "alg missing": _with_header(alg=gone()),
    "alg empty": _with_header(alg=""),
    "alg in lower case": _with_header(alg="rs256"),
    "alg a list": _with_header(alg=["RS256"]),
    "alg HS256 with the public key in PEM": _symmetric(serialization.Encoding.PEM),
    "alg HS256 with the public key in DER": _symmetric(serialization.Encoding.DER),
    "alg RS384": _other_signature("RS384", padding.PKCS1v15(), hashes.SHA384()),
    "alg RS512": _other_signature("RS512", padding.PKCS1v15(), hashes.SHA512()),
    "alg PS256": _other_signature("PS256", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    "alg ES256": _with_header(alg="ES256"),
    # Keys
    "kid missing": _with_header(kid=gone()),
    "kid null": _with_header(kid=None),
    "kid a list": _with_header(kid=["signing"]),
    "kid a number": _with_header(kid=1),
    "kid an object": _with_header(kid={"signing": 1}),
    # Header parameters that would have a say
    "crit": _with_header(crit=["exp"]),
    "crit unknown": _with_header(crit=["urn:example"], **{"urn:example": True}),
    "crit empty": _with_header(crit=[]),
    "jku": _with_header(jku="https://attacker.example/jwks.json"),
    "x5u": _with_header(x5u="https://attacker.example/chain.pem"),
    "x5c": _with_header(x5c=["MIIB"]),
    "jwk of the attacker": _own_key_in_header,
    "b64 false": _with_header(b64=False),
    "zip": _with_header(zip="DEF"),
    "cty of a nested token": _with_header(cty="JWT"),
    # Signatures
    "another key's signature": lambda: signed(segment(HEADER), segment(good_claims()), "attacker"),
    "a signature of zeros": _spelled("{h}.{p}.{zeros}"),
    "a signature of one byte": _spelled("{h}.{p}.AA"),
    "a signature with a byte more": _spelled("{h}.{p}.{s}AA"),
    "a signature without its last byte": _cut,
    "another payload under the signature": _spelled("{h}.{p2}.{s}"),
    "another header under the signature": _spelled(segment({**HEADER, "typ": "JWT"}) + ".{p}.{s}"),
    # Spelling
    "no signature segment": _spelled("{h}.{p}"),
    "an empty signature": _spelled("{h}.{p}."),
    "an empty payload": _spelled("{h}..{s}"),
    "an empty header": _spelled(".{p}.{s}"),
    "a fourth segment": _spelled("{h}.{p}.{s}.{s}"),
    "five segments, as encrypted tokens have": _spelled("{h}.{p}.{s}.{p}.{s}"),
    "dots alone": lambda: "..",
    "one word": lambda: "token",
    "padding of the signature": _spelled("{h}.{p}.{s}=="),
    "padding of the header": _spelled("{h}=.{p}.{s}"),
    "the other base64": _spelled("{h}.{p}.+/{s}"),
    "a line break at its end": _spelled("{h}.{p}.{s}\n"),
    "a blank inside": _spelled("{h}. {p}.{s}"),
    "a letter beyond ASCII": _spelled("{h}.{p}é.{s}"),
    "a header in another base64 spelling": _respelled(0),
    "a payload in another base64 spelling": _respelled(1),
    "a signature in another base64 spelling": _respelled(2),
    "a segment of impossible length": _spelled("{h}.{p}.{s}AAA"),
    "too long": _with_claims(padding="a" * 8192),
    # JSON
    "a header that is no JSON": _header_text("signing"),
    "a header that is a list": _header_text('["RS256", "signing"]'),
    "a header that is a text": _header_text('"RS256"'),
    "a header that is null": _header_text("null"),
    "a header that is no UTF-8": lambda: token(header=b'{"alg":"RS256","kid":"\xff\xfe"}'),
    "a header that is nested deeply": lambda: token(header=_NESTED),
    "a payload that is nested deeply": lambda: token(claims=_NESTED),
    "a payload that is a list": lambda: token(claims=b"[]"),
    "a payload that is a number": lambda: token(claims=b"1"),
    "a payload that is no JSON": lambda: token(claims=b"sub=1"),
    "a payload that is no UTF-8": lambda: token(claims=b'{"sub":"\xff"}'),
    "alg twice": _header_text('{"alg":"none","kid":"signing","alg":"RS256"}'),
    "kid twice": _header_text('{"alg":"RS256","kid":"other","kid":"signing"}'),
    "sub twice": _payload_text(lambda text: f'{{"sub":"{SUB}",{text[1:]}'),
    "exp twice": _payload_text(lambda text: f'{{"exp":1,{text[1:]}'),
    "a name twice inside a claim": _payload_text(lambda text: f'{text[:-1]}, "a": {{"b":1,"b":2}}}}'),
    "exp NaN": _with_claims(exp=float("nan")),
    "exp Infinity": _with_claims(exp=float("inf")),
    "another claim NaN": _with_claims(auth_time=float("nan")),
    "a number of 5,000 digits": _payload_text(lambda text: f'{text[:-1]}, "a": {"9" * 5000}}}'),
    # Claims
    "iss missing": _with_claims(iss=gone()),
    "iss of a sibling pool": _with_claims(iss=_ALIEN),
    "iss with a slash at its end": _with_claims(iss=f"{SETTINGS.issuer}/"),
    "iss a list": _with_claims(iss=[SETTINGS.issuer]),
    "iss null": _with_claims(iss=None),
    "client_id missing": _with_claims(client_id=gone()),
    "client_id of another app": _with_claims(client_id="4another0client"),
    "client_id a list": _with_claims(client_id=[SETTINGS.user_pool_client_id]),
    "token_use missing": _with_claims(token_use=gone()),
    "token_use id": _with_claims(token_use="id"),
    "an ID token": _with_claims(token_use="id", aud=SETTINGS.user_pool_client_id, client_id=gone(), scope=gone()),
    "token_use a list": _with_claims(token_use=["access"]),
    "sub missing": _with_claims(sub=gone()),
    "sub empty": _with_claims(sub=""),
    "sub null": _with_claims(sub=None),
    "sub a number": _with_claims(sub=1),
    "sub a list": _with_claims(sub=[SUB]),
    "sub in upper case": _with_claims(sub=SUB.upper()),
    "sub in braces": _with_claims(sub=f"{{{SUB}}}"),
    "sub without hyphens": _with_claims(sub=SUB.replace("-", "")),
    "sub with a line break": _with_claims(sub=f"{SUB}\n"),
    "sub an email": _with_claims(sub="kay@example.org"),
    "exp missing": _with_claims(exp=gone()),
    "exp null": _with_claims(exp=None),
    "exp true": _with_claims(exp=True),
    "exp a text": _with_claims(exp="4102444800"),
    "exp past": _late("exp", -61),
    "exp zero": _with_claims(exp=0),
    "exp negative": _with_claims(exp=-1),
    "exp 1e400": _payload_text(lambda text: text.replace('"exp": ', '"exp": 1e400, "was": ')),
    "exp beyond exact numbers": _with_claims(exp=2**53),
    "exp a list": _with_claims(exp=[4102444800]),
    "iat missing": _with_claims(iat=gone()),
    "iat null": _with_claims(iat=None),
    "iat true": _with_claims(iat=True),
    "iat a text": _with_claims(iat="1"),
    "iat in the future": _late("iat", 75),
    "nbf in the future": _late("nbf", 75),
    "nbf a text": _with_claims(nbf="1"),
    "nbf null": _with_claims(nbf=None),
}


def forged(name: str) -> str:
    return ATTACKS[name]()
