"""Tokens that are not put together as RFC 7515 says, or whose JSON is none; nearly all signed by the pool's key.

RFC 8725, 2.6, 2.7, 3.4 and 3.7.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from testkit.forged_tokens import (
    HEADER,
    SUB,
    Attack,
    base64url,
    good_claims,
    segment,
    signed,
    spelled,
    token,
    with_claims,
    with_header,
    with_header_text,
    with_payload_text,
)

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NESTED = "[" * 2500 + "]" * 2500
_JUST_TOO_DEEP = "[" * 32 + "]" * 32  # 33 with the object that it stands in


def _respelled(part: int) -> Attack:
    """The same bytes, but with the lowest bit of the last character set, which means nothing."""

    def again(text: str) -> str:
        return text[:-1] + _ALPHABET[_ALPHABET.index(text[-1]) | 1]

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


def _encrypted(header: Mapping[str, Any]) -> Attack:
    """As RFC 7516 writes it: header, key, vector, text, tag."""
    return lambda: ".".join((segment(header), *(base64url(bytes(size)) for size in (256, 12, 700, 16))))


def _as_json(write: Callable[[str, str, str], Mapping[str, Any]]) -> Attack:
    """In a JSON serialization (RFC 7515, 7.2)."""
    return lambda: json.dumps(write(*token().split(".")))


def _nested() -> str:
    """A good token as the payload of another."""
    return signed(segment(HEADER), base64url(token().encode()))


_SPELLINGS: Mapping[str, str] = {
    "no signature segment": "{h}.{p}",
    "an empty signature": "{h}.{p}.",
    "an empty payload": "{h}..{s}",
    "an empty header": ".{p}.{s}",
    "a fourth segment": "{h}.{p}.{s}.{s}",
    "five segments, as encrypted tokens have": "{h}.{p}.{s}.{p}.{s}",
    "a dot in front": ".{h}.{p}.{s}",
    "a dot at its end": "{h}.{p}.{s}.",
    "a dot too many": "{h}..{p}.{s}",
    "segments in another order": "{p}.{h}.{s}",
    "dots alone": "..",
    "one word": "token",
    "padding of the signature": "{h}.{p}.{s}==",
    "padding of the header": "{h}=.{p}.{s}",
    "the other base64": "{h}.{p}.+/{s}",
    "a line break at its end": "{h}.{p}.{s}\n",
    "a line break inside": "{h}.\n{p}.{s}",
    "a tab at its end": "{h}.{p}.{s}\t",
    "a zero byte at its end": "{h}.{p}.{s}\x00",
    "a blank inside": "{h}. {p}.{s}",
    "a letter beyond ASCII": "{h}.{p}é.{s}",
    "dots as URLs spell them": "{h}%2E{p}%2E{s}",
    "quotes around it": '"{h}.{p}.{s}"',
    "angle brackets around it": "<{h}.{p}.{s}>",
    "its scheme twice": "Bearer {h}.{p}.{s}",
    "itself twice": "{h}.{p}.{s} {h}.{p}.{s}",
    "itself and another": "{h}.{p}.{s},a.b.c",
    "an auth-param": 'token="{h}.{p}.{s}"',
    "a segment of impossible length": "{h}.{p}.{s}AAA",
}
# What Python reads, other parsers do not, or the other way round, in place of the object that says the claims.
_PAYLOADS: Mapping[str, Callable[[str], str]] = {
    "a payload that is nested deeply": lambda _: _NESTED,
    "a payload with a claim that is nested deeply": lambda text: f'{text[:-1]}, "a": {_NESTED}}}',
    "a payload with a claim that is nested a little too deeply": lambda text: f'{text[:-1]}, "a": {_JUST_TOO_DEEP}}}',
    "a payload that is a list": lambda _: "[]",
    "a payload in a list": lambda text: f"[{text}]",
    "a payload that is a text": json.dumps,
    "a payload that is a number": lambda _: "1",
    "a payload that is null": lambda _: "null",
    "a payload that is no JSON": lambda _: "sub=1",
    "a payload with another behind it": lambda text: text + text,
    "a payload with a comma too many": lambda text: f"{text[:-1]},}}",
    "a payload with a comment": lambda text: f"{text}//",
    "a payload with a zero byte behind it": lambda text: f"{text}\x00",
    "a payload in single quotes": lambda text: text.replace('"', "'"),
    "sub twice": lambda text: f'{{"sub":"{SUB}",{text[1:]}',
    "sub twice, once escaped": lambda text: f'{{"\\u0073ub":"{SUB}",{text[1:]}',
    "exp twice": lambda text: f'{{"exp":1,{text[1:]}',
    "a name twice inside a claim": lambda text: f'{text[:-1]}, "a": {{"b":1,"b":2}}}}',
    "a name twice inside a list": lambda text: f'{text[:-1]}, "a": [{{"b":1,"b":2}}]}}',
    "another claim -Infinity": lambda text: f'{text[:-1]}, "a": -Infinity}}',
    "a number of 5,000 digits": lambda text: f'{text[:-1]}, "a": {"9" * 5000}}}',
    "exp 1e400": lambda text: text.replace('"exp": ', '"exp": 1e400, "was": '),
    "exp with a zero in front": lambda text: text.replace('"exp": ', '"exp": 0'),
    "exp with a plus": lambda text: text.replace('"exp": ', '"exp": +'),
    "exp in hexadecimals": lambda text: text.replace('"exp": ', '"exp": 0xFFFFFFFF, "was": '),
}
_HEADERS: Mapping[str, str] = {
    "a header that is no JSON": "signing",
    "a header that is a list": '["RS256", "signing"]',
    "a header in a list": '[{"alg":"RS256","kid":"signing"}]',
    "a header that is a text": '"RS256"',
    "a header that is null": "null",
    "a header that is empty": "{}",
    "a header that is nested deeply": _NESTED,
    "a header with an object that is nested deeply": f'{{"alg":"RS256","kid":"signing","typ":{_NESTED}}}',
    "a header with another behind it": '{"alg":"RS256","kid":"signing"}{"alg":"none"}',
    "a header in single quotes": "{'alg':'RS256','kid':'signing'}",
    "a header with NaN": '{"alg":"RS256","kid":"signing","typ":NaN}',
}
# A claim set is in UTF-8 (RFC 8725, 3.7), though Python's JSON finds out by itself what else it may be in.
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")

STRUCTURES: Mapping[str, Attack] = {
    **{name: spelled(form) for name, form in _SPELLINGS.items()},
    **{name: with_payload_text(change) for name, change in _PAYLOADS.items()},
    **{name: with_header_text(text) for name, text in _HEADERS.items()},
    **{f"a payload in {name}": with_payload_text(str, name) for name in _ENCODINGS},
    **{f"a header in {name}": with_header_text(json.dumps(HEADER), name) for name in _ENCODINGS},
    "a payload in latin-1": with_payload_text(lambda text: f'{text[:-1]}, "a": "é"}}', "latin-1"),
    "a payload that is no UTF-8": lambda: token(claims=b'{"sub":"\xff"}'),
    "a payload with an overlong character": lambda: token(claims=b'{"sub":"\xc0\xaf"}'),
    "a payload with half a character": lambda: token(claims=b'{"sub":"\xed\xa0\x80"}'),
    "a header that is no UTF-8": lambda: token(b'{"alg":"RS256","kid":"\xff\xfe"}'),
    "a header in another base64 spelling": _respelled(0),
    "a payload in another base64 spelling": _respelled(1),
    "a signature in another base64 spelling": _respelled(2),
    "a token in a token": _nested,
    "an encrypted token": _encrypted({"alg": "RSA-OAEP", "enc": "A256GCM"}),
    "a refresh token, as Cognito encrypts it": _encrypted({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}),
    "an encrypted token with the signature's header": _encrypted(HEADER),
    "a token in flattened JSON": _as_json(lambda h, p, s: {"protected": h, "payload": p, "signature": s}),
    "a token in general JSON": _as_json(
        lambda h, p, s: {"payload": p, "signatures": [{"protected": h, "signature": s}]}
    ),
    "exp NaN": with_claims(exp=float("nan")),
    "exp Infinity": with_claims(exp=float("inf")),
    "another claim NaN": with_claims(auth_time=float("nan")),
    "too long": with_claims(padding="a" * 8192),
    "too long by its header": with_header(typ="a" * 8192),
    "too long by far": with_claims(padding="a" * 60_000),
}
