"""Tokens that the pool's key signed, of which a claim says something else than an access token of this app's does.

RFC 8725, 2.8, 3.8, 3.9, 3.11 and 3.12.
"""

import time
from collections.abc import Mapping
from typing import Any

from testkit.doubles import SETTINGS
from testkit.forged_tokens import SUB, Attack, good_claims, missing, token, with_claims

_POOL = SETTINGS.issuer
_CLIENT = SETTINGS.user_pool_client_id

# What any claim that is needed may not be.
OF_NO_TYPE: Mapping[str, Any] = {
    "missing": missing(),
    "null": None,
    "true": True,
    "an object": {"value": 1},
    "empty": "",
}

ISSUERS: Mapping[str, Any] = {
    "of a sibling pool": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another99",
    "of another region": _POOL.replace("us-east-1", "eu-west-1"),
    "with a slash at its end": f"{_POOL}/",
    "with a blank": f"{_POOL} ",
    "in upper case": _POOL.upper(),
    "without TLS": _POOL.replace("https", "http"),
    "without a scheme": _POOL.removeprefix("https://"),
    "that only begins like it": f"{_POOL}0",
    "that only ends like it": f"https://attacker.example/?{_POOL}",
    "of the China partition": _POOL.replace("amazonaws.com", "amazonaws.com.cn"),
    "of loopback": f"http://127.0.0.1:4566/{SETTINGS.user_pool_id}",
    "a list": [_POOL],
}
CLIENTS: Mapping[str, Any] = {
    "of another app": "4another0client",
    "in upper case": _CLIENT.upper(),
    "with a blank": f"{_CLIENT} ",
    "that only begins like it": f"{_CLIENT}0",
    "a list": [_CLIENT],
    "a list of two": ["4another0client", _CLIENT],
}
USES: Mapping[str, Any] = {
    "id": "id",
    "refresh": "refresh",
    "in upper case": "ACCESS",
    "with a blank": "access ",
    "a list": ["access"],
    "a list of two": ["id", "access"],
}
SUBS: Mapping[str, Any] = {
    "a number": 1,
    "a list": [SUB],
    "in upper case": SUB.upper(),
    "in braces": f"{{{SUB}}}",
    "as a URN": f"urn:uuid:{SUB}",
    "without hyphens": SUB.replace("-", ""),
    "with a line break": f"{SUB}\n",
    "with a blank": f" {SUB}",
    "with a zero byte": f"{SUB}\x00",
    "half a character": "\ud800",
    "in other digits": SUB.replace("0", "\u0660"),
    "a prefix of a row": f"member#{SUB}",
    "an email": "kay@example.org",
    "a client's, as client credentials give": _CLIENT,
}
# For each: what no time is, whichever claim it stands in.
_TIMES = ("exp", "iat", "nbf")
_NO_TIMES: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "a text": "4102444800",
    "a date": "2099-12-06T17:22:52Z",
    "a list": [4102444800],
    "an object": {},
    "negative": -1,
    "beyond exact numbers": 2**53,
}


def _late(name: str, seconds: float) -> Attack:
    return lambda: token(claims=good_claims(**{name: time.time() + seconds}))


def _each(claim: str, values: Mapping[str, Any]) -> dict[str, Attack]:
    return {f"{claim} {name}": with_claims(**{claim: value}) for name, value in values.items()}


CLAIMS: Mapping[str, Attack] = {
    **_each("iss", {**OF_NO_TYPE, **ISSUERS}),
    **_each("client_id", {**OF_NO_TYPE, **CLIENTS}),
    **_each("token_use", {**OF_NO_TYPE, **USES}),
    **_each("sub", {**OF_NO_TYPE, **SUBS}),
    **{name: attack for claim in _TIMES for name, attack in _each(claim, _NO_TIMES).items()},
    "client_id in aud alone": with_claims(client_id=missing(), aud=_CLIENT),
    "an ID token": with_claims(token_use="id", aud=_CLIENT, client_id=missing(), scope=missing()),
    "no claims at all": lambda: token(claims={}),
    "exp missing": with_claims(exp=missing()),
    "iat missing": with_claims(iat=missing()),
    "exp past": _late("exp", -61),
    "exp zero": with_claims(exp=0),
    "exp zero with a sign": with_claims(exp=-0.0),
    "exp in milliseconds of the past": with_claims(exp=1),
    "iat in the future": _late("iat", 75),
    "iat in milliseconds": lambda: token(claims=good_claims(iat=int(time.time() * 1000))),
    "nbf in the future": _late("nbf", 75),
    "nbf in milliseconds": lambda: token(claims=good_claims(nbf=int(time.time() * 1000))),
}
