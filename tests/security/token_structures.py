"""Tokens with a malformed structure or malformed JSON, and tokens that are too long.

Tokens with malformed JSON have a valid signature. The structure of tokens: RFC 7515.
Attacks: RFC 8725, sections 2.6, 2.7, 3.4 and 3.7.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from testkit.forged_tokens import (
    HEADER,
    SUB,
    Attack,
    alter_claims,
    alter_header,
    alter_header_text,
    alter_payload_text,
    encode_base64url,
    encode_segment,
    make_token,
    make_valid_claims,
    rearrange_segments,
    sign,
)

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NESTED = "[" * 2500 + "]" * 2500
_ONE_LEVEL_TOO_DEEP = "[" * 32 + "]" * 32  # 33 levels with the enclosing object.


def _encode_non_canonically(part: int) -> str:
    """Return a valid token, except that one part is non-canonical base64url.

    Args:
        part: 0 for the header, 1 for the payload, 2 for the signature.
    """
    header, payload, signature = make_token(
        _pad_for_spare_bits({**HEADER, "typ": ""}, "typ"), _pad_for_spare_bits(make_valid_claims(), "scope")
    ).split(".")
    if part == 2:
        return f"{header}.{payload}.{_set_spare_bit(signature)}"
    return sign(_set_spare_bit(header), payload) if part == 0 else sign(header, _set_spare_bit(payload))


def _set_spare_bit(text: str) -> str:
    """Set the lowest bit of the last base64url character. Decoders ignore this bit, so the bytes stay the same."""
    return text[:-1] + _ALPHABET[_ALPHABET.index(text[-1]) | 1]


def _pad_for_spare_bits(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Pad a string of the content until the last base64url character of the content has two spare bits.

    Args:
        content: the header or the claims.
        name: the name of the string.
    """
    candidates = ({**content, name: content[name] + "s" * number} for number in range(3))
    return next(candidate for candidate in candidates if len(encode_segment(candidate)) % 4 == 3)


def _imitate_encryption(header: Mapping[str, Any]) -> str:
    """Return a string in the form of RFC 7516: header, key, initialization vector, ciphertext, tag."""
    return ".".join((encode_segment(header), *(encode_base64url(bytes(size)) for size in (256, 12, 700, 16))))


def _serialize_as_json(to_json: Callable[[str, str, str], Mapping[str, Any]]) -> str:
    """Return a valid token in a JSON serialization (RFC 7515, section 7.2).

    Args:
        to_json: makes the JSON object from header, payload and signature.
    """
    return json.dumps(to_json(*make_token().split(".")))


def _nest_token() -> str:
    """Return a token with a valid token as its payload."""
    return sign(encode_segment(HEADER), encode_base64url(make_token().encode()))


_FORMS: Mapping[str, str] = {
    "no signature segment": "{h}.{p}",
    "an empty signature": "{h}.{p}.",
    "an empty payload": "{h}..{s}",
    "an empty header": ".{p}.{s}",
    "a fourth segment": "{h}.{p}.{s}.{s}",
    "five segments, as in an encrypted token": "{h}.{p}.{s}.{p}.{s}",
    "a leading dot": ".{h}.{p}.{s}",
    "a trailing dot": "{h}.{p}.{s}.",
    "an extra dot": "{h}..{p}.{s}",
    "segments in another order": "{p}.{h}.{s}",
    "dots only": "..",
    "one word": "token",
    "a padded signature": "{h}.{p}.{s}==",
    "a padded header": "{h}=.{p}.{s}",
    "characters of standard base64": "{h}.{p}.+/{s}",
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
# Changes to the JSON of the claims. JSON parsers differ on many of the results.
_PAYLOADS: Mapping[str, Callable[[str], str]] = {
    "a payload that is nested deeply": lambda _: _NESTED,
    "a payload with a claim that is nested deeply": lambda text: f'{text[:-1]}, "a": {_NESTED}}}',
    "a payload with a claim that is nested one level too deeply": lambda text: (
        f'{text[:-1]}, "a": {_ONE_LEVEL_TOO_DEEP}}}'
    ),
    "a payload that is a list": lambda _: "[]",
    "a payload in a list": lambda text: f"[{text}]",
    "a payload that is a string": json.dumps,
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
    "a header that is a string": '"RS256"',
    "a header that is null": "null",
    "a header that is empty": "{}",
    "a header that is nested deeply": _NESTED,
    "a header with a list that is nested deeply": f'{{"alg":"RS256","kid":"signing","typ":{_NESTED}}}',
    "two concatenated headers": '{"alg":"RS256","kid":"signing"}{"alg":"none"}',
    "a header in single quotes": "{'alg':'RS256','kid':'signing'}",
    "a header with NaN": '{"alg":"RS256","kid":"signing","typ":NaN}',
}
# Header and claims must be UTF-8 (RFC 8725, section 3.7). Python's JSON parser accepts other encodings too.
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")

STRUCTURES: Mapping[str, Attack] = {
    **{name: rearrange_segments(form) for name, form in _FORMS.items()},
    **{name: alter_payload_text(change) for name, change in _PAYLOADS.items()},
    **{name: alter_header_text(text) for name, text in _HEADERS.items()},
    **{f"a payload in {name}": alter_payload_text(str, name) for name in _ENCODINGS},
    **{f"a header in {name}": alter_header_text(json.dumps(HEADER), name) for name in _ENCODINGS},
    "a payload in latin-1": alter_payload_text(lambda text: f'{text[:-1]}, "a": "é"}}', "latin-1"),
    "a payload that is not UTF-8": lambda: make_token(claims=b'{"sub":"\xff"}'),
    "a payload with an overlong UTF-8 sequence": lambda: make_token(claims=b'{"sub":"\xc0\xaf"}'),
    "a payload with an encoded surrogate": lambda: make_token(claims=b'{"sub":"\xed\xa0\x80"}'),
    "a header that is not UTF-8": lambda: make_token(b'{"alg":"RS256","kid":"\xff\xfe"}'),
    "a header in non-canonical base64url": partial(_encode_non_canonically, 0),
    "a payload in non-canonical base64url": partial(_encode_non_canonically, 1),
    "a signature in non-canonical base64url": partial(_encode_non_canonically, 2),
    "a token in a token": _nest_token,
    "an encrypted token": partial(_imitate_encryption, {"alg": "RSA-OAEP", "enc": "A256GCM"}),
    "an imitated refresh token of Cognito": partial(
        _imitate_encryption, {"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}
    ),
    "an encrypted token with the header of a signed token": partial(_imitate_encryption, HEADER),
    "a token in flattened JSON": partial(
        _serialize_as_json, lambda h, p, s: {"protected": h, "payload": p, "signature": s}
    ),
    "a token in general JSON": partial(
        _serialize_as_json, lambda h, p, s: {"payload": p, "signatures": [{"protected": h, "signature": s}]}
    ),
    "exp NaN": alter_claims(exp=float("nan")),
    "exp Infinity": alter_claims(exp=float("inf")),
    "an extra claim NaN": alter_claims(auth_time=float("nan")),
    "too long": alter_claims(padding="a" * 8192),
    "too long because of the header": alter_header(typ="a" * 8192),
    "far too long": alter_claims(padding="a" * 60_000),
}
