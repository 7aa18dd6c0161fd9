"""Tokens with a malformed structure or malformed JSON. Nearly all have a valid signature.

The structure of tokens: RFC 7515. Attacks: RFC 8725, sections 2.6, 2.7, 3.4 and 3.7.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from testkit.forged_tokens import (
    HEADER,
    SUB,
    Attack,
    base64url,
    encode_segment,
    make_token,
    sign,
    valid_claims,
    with_claims,
    with_header,
    with_header_text,
    with_payload_text,
    with_segment_format,
)

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NESTED = "[" * 2500 + "]" * 2500
_ONE_LEVEL_TOO_DEEP = "[" * 32 + "]" * 32  # With the object around it, 33 levels.


def _encode_non_canonically(part: int) -> Attack:
    """Return a token with a non-canonical base64url part.

    The lowest bit of its last character is set. Decoders ignore this bit, so the part decodes to the same bytes.

    Args:
        part: 0 for the header, 1 for the payload, 2 for the signature.
    """

    def set_spare_bit(text: str) -> str:
        return text[:-1] + _ALPHABET[_ALPHABET.index(text[-1]) | 1]

    def attack() -> str:
        header, payload, signature = make_token(
            _pad_for_spare_bits({**HEADER, "typ": ""}, "typ"), _pad_for_spare_bits(valid_claims(), "scope")
        ).split(".")
        if part == 2:
            return f"{header}.{payload}.{set_spare_bit(signature)}"
        return sign(set_spare_bit(header), payload) if part == 0 else sign(header, set_spare_bit(payload))

    return attack


def _pad_for_spare_bits(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the content with a longer text value, so that the last base64url character has two spare bits.

    Args:
        content: the header or the claims.
        name: the text value to extend.
    """
    candidates = ({**content, name: content[name] + "s" * number} for number in range(3))
    return next(candidate for candidate in candidates if len(encode_segment(candidate)) % 4 == 3)


def _imitate_encryption(header: Mapping[str, Any]) -> Attack:
    """Return a token in the form of RFC 7516: header, key, initialization vector, ciphertext, tag."""
    return lambda: ".".join((encode_segment(header), *(base64url(bytes(size)) for size in (256, 12, 700, 16))))


def _serialize_as_json(to_json: Callable[[str, str, str], Mapping[str, Any]]) -> Attack:
    """Return a valid token in a JSON serialization (RFC 7515, section 7.2)."""
    return lambda: json.dumps(to_json(*make_token().split(".")))


def _nest() -> str:
    """Return a token with a valid token as its payload."""
    return sign(encode_segment(HEADER), base64url(make_token().encode()))


_FORMS: Mapping[str, str] = {
    "no signature segment": "{h}.{p}",
    "an empty signature": "{h}.{p}.",
    "an empty payload": "{h}..{s}",
    "an empty header": ".{p}.{s}",
    "a fourth segment": "{h}.{p}.{s}.{s}",
    "five segments, as encrypted tokens have": "{h}.{p}.{s}.{p}.{s}",
    "a leading dot": ".{h}.{p}.{s}",
    "a trailing dot": "{h}.{p}.{s}.",
    "an extra dot": "{h}..{p}.{s}",
    "segments in another order": "{p}.{h}.{s}",
    "dots only": "..",
    "one word": "token",
    "padding of the signature": "{h}.{p}.{s}==",
    "padding of the header": "{h}=.{p}.{s}",
    "standard base64": "{h}.{p}.+/{s}",
    "a trailing line break": "{h}.{p}.{s}\n",
    "a line break inside": "{h}.\n{p}.{s}",
    "a trailing tab": "{h}.{p}.{s}\t",
    "a trailing NUL byte": "{h}.{p}.{s}\x00",
    "a space inside": "{h}. {p}.{s}",
    "a non-ASCII letter": "{h}.{p}é.{s}",
    "percent-encoded dots": "{h}%2E{p}%2E{s}",
    "in quotes": '"{h}.{p}.{s}"',
    "in angle brackets": "<{h}.{p}.{s}>",
    "the scheme twice": "Bearer {h}.{p}.{s}",
    "the token twice": "{h}.{p}.{s} {h}.{p}.{s}",
    "two tokens with a comma": "{h}.{p}.{s},a.b.c",
    "an auth-param": 'token="{h}.{p}.{s}"',
    "a segment of impossible length": "{h}.{p}.{s}AAA",
}
# Changes of the claims' JSON. Many are inputs on which JSON parsers differ.
_PAYLOADS: Mapping[str, Callable[[str], str]] = {
    "a payload that is nested deeply": lambda _: _NESTED,
    "a payload with a claim that is nested deeply": lambda text: f'{text[:-1]}, "a": {_NESTED}}}',
    "a payload with a claim that is nested one level too deeply": lambda text: (
        f'{text[:-1]}, "a": {_ONE_LEVEL_TOO_DEEP}}}'
    ),
    "a payload that is a list": lambda _: "[]",
    "a payload in a list": lambda text: f"[{text}]",
    "a payload that is a text": json.dumps,
    "a payload that is a number": lambda _: "1",
    "a payload that is null": lambda _: "null",
    "a payload that is not JSON": lambda _: "sub=1",
    "two concatenated payloads": lambda text: text + text,
    "a payload with a trailing comma": lambda text: f"{text[:-1]},}}",
    "a payload with a comment": lambda text: f"{text}//",
    "a payload with a trailing NUL byte": lambda text: f"{text}\x00",
    "a payload in single quotes": lambda text: text.replace('"', "'"),
    "sub twice": lambda text: f'{{"sub":"{SUB}",{text[1:]}',
    "sub twice, once escaped": lambda text: f'{{"\\u0073ub":"{SUB}",{text[1:]}',
    "exp twice": lambda text: f'{{"exp":1,{text[1:]}',
    "a duplicate name inside a claim": lambda text: f'{text[:-1]}, "a": {{"b":1,"b":2}}}}',
    "a duplicate name inside a list": lambda text: f'{text[:-1]}, "a": [{{"b":1,"b":2}}]}}',
    "an extra claim -Infinity": lambda text: f'{text[:-1]}, "a": -Infinity}}',
    "a number with 5,000 digits": lambda text: f'{text[:-1]}, "a": {"9" * 5000}}}',
    "exp 1e400": lambda text: text.replace('"exp": ', '"exp": 1e400, "was": '),
    "exp with a leading zero": lambda text: text.replace('"exp": ', '"exp": 0'),
    "exp with a plus sign": lambda text: text.replace('"exp": ', '"exp": +'),
    "exp in hexadecimal": lambda text: text.replace('"exp": ', '"exp": 0xFFFFFFFF, "was": '),
}
_HEADERS: Mapping[str, str] = {
    "a header that is not JSON": "signing",
    "a header that is a list": '["RS256", "signing"]',
    "a header in a list": '[{"alg":"RS256","kid":"signing"}]',
    "a header that is a text": '"RS256"',
    "a header that is null": "null",
    "a header that is empty": "{}",
    "a header that is nested deeply": _NESTED,
    "a header with an object that is nested deeply": f'{{"alg":"RS256","kid":"signing","typ":{_NESTED}}}',
    "two concatenated headers": '{"alg":"RS256","kid":"signing"}{"alg":"none"}',
    "a header in single quotes": "{'alg':'RS256','kid':'signing'}",
    "a header with NaN": '{"alg":"RS256","kid":"signing","typ":NaN}',
}
# Claims must be UTF-8 (RFC 8725, section 3.7). Python's JSON parser detects other encodings.
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")

STRUCTURES: Mapping[str, Attack] = {
    **{name: with_segment_format(form) for name, form in _FORMS.items()},
    **{name: with_payload_text(change) for name, change in _PAYLOADS.items()},
    **{name: with_header_text(text) for name, text in _HEADERS.items()},
    **{f"a payload in {name}": with_payload_text(str, name) for name in _ENCODINGS},
    **{f"a header in {name}": with_header_text(json.dumps(HEADER), name) for name in _ENCODINGS},
    "a payload in latin-1": with_payload_text(lambda text: f'{text[:-1]}, "a": "é"}}', "latin-1"),
    "a payload that is not UTF-8": lambda: make_token(claims=b'{"sub":"\xff"}'),
    "a payload with an overlong UTF-8 sequence": lambda: make_token(claims=b'{"sub":"\xc0\xaf"}'),
    "a payload with an encoded surrogate": lambda: make_token(claims=b'{"sub":"\xed\xa0\x80"}'),
    "a header that is not UTF-8": lambda: make_token(b'{"alg":"RS256","kid":"\xff\xfe"}'),
    "a header in non-canonical base64url": _encode_non_canonically(0),
    "a payload in non-canonical base64url": _encode_non_canonically(1),
    "a signature in non-canonical base64url": _encode_non_canonically(2),
    "a token in a token": _nest,
    "an encrypted token": _imitate_encryption({"alg": "RSA-OAEP", "enc": "A256GCM"}),
    "a refresh token in the form of Cognito": _imitate_encryption({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}),
    "an encrypted token with a signature header": _imitate_encryption(HEADER),
    "a token in flattened JSON": _serialize_as_json(lambda h, p, s: {"protected": h, "payload": p, "signature": s}),
    "a token in general JSON": _serialize_as_json(
        lambda h, p, s: {"payload": p, "signatures": [{"protected": h, "signature": s}]}
    ),
    "exp NaN": with_claims(exp=float("nan")),
    "exp Infinity": with_claims(exp=float("inf")),
    "an extra claim NaN": with_claims(auth_time=float("nan")),
    "too long": with_claims(padding="a" * 8192),
    "too long because of the header": with_header(typ="a" * 8192),
    "far too long": with_claims(padding="a" * 60_000),
}
