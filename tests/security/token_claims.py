"""Tokens with a valid signature and an invalid claim.

RFC 8725, sections 2.8, 3.8, 3.9, 3.11 and 3.12.
"""

import time
from collections.abc import Mapping
from typing import Any

from testkit.doubles import SETTINGS
from testkit.forged_tokens import OMIT, SUB, Attack, alter_claims, make_token, make_valid_claims

_POOL = SETTINGS.issuer
_CLIENT = SETTINGS.user_pool_client_id

# Values that are invalid for each required claim.
INVALID_CLAIM_VALUES: Mapping[str, Any] = {
    "missing": OMIT,
    "null": None,
    "true": True,
    "object": {"value": 1},
    "empty": "",
}

ISSUERS: Mapping[str, Any] = {
    "of another pool": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another99",
    "of another region": _POOL.replace("us-east-1", "eu-west-1"),
    "with a trailing slash": f"{_POOL}/",
    "with a space": f"{_POOL} ",
    "in upper case": _POOL.upper(),
    "without TLS": _POOL.replace("https", "http"),
    "without a scheme": _POOL.removeprefix("https://"),
    "with a valid prefix": f"{_POOL}0",
    "with a valid suffix": f"https://attacker.example/?{_POOL}",
    "of the China partition": _POOL.replace("amazonaws.com", "amazonaws.com.cn"),
    "on loopback": f"http://127.0.0.1:4566/{SETTINGS.user_pool_id}",
    "list": [_POOL],
}
CLIENT_IDS: Mapping[str, Any] = {
    "of another app": "4another0client",
    "in upper case": _CLIENT.upper(),
    "with a space": f"{_CLIENT} ",
    "with a valid prefix": f"{_CLIENT}0",
    "list": [_CLIENT],
    "list of two": ["4another0client", _CLIENT],
}
TOKEN_USES: Mapping[str, Any] = {
    "id": "id",
    "refresh": "refresh",
    "in upper case": "ACCESS",
    "with a space": "access ",
    "list": ["access"],
    "list of two": ["id", "access"],
}
SUBS: Mapping[str, Any] = {
    "number": 1,
    "list": [SUB],
    "in upper case": SUB.upper(),
    "in braces": f"{{{SUB}}}",
    "as a URN": f"urn:uuid:{SUB}",
    "without hyphens": SUB.replace("-", ""),
    "with a line break": f"{SUB}\n",
    "with a space": f" {SUB}",
    "with a NUL byte": f"{SUB}\x00",
    "lone surrogate": "\ud800",
    "with Arabic-Indic digits": SUB.replace("0", "\u0660"),
    "key of a row": f"member#{SUB}",
    "an email": "kay@example.org",
    "client id, as in client credentials": _CLIENT,
}
# The claims with a time, and values that are invalid for each of them.
_TIME_CLAIMS = ("exp", "iat", "nbf")
_INVALID_TIMES: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "string": "4102444800",
    "date in ISO 8601": "2099-12-06T17:22:52Z",
    "list": [4102444800],
    "object": {},
    "negative": -1,
    "2**53": 2**53,
}


def _with_time_offset(name: str, seconds: float) -> Attack:
    """Return an attack by a token with a time claim at this offset from now, in seconds."""
    return lambda: make_token(claims=make_valid_claims(**{name: time.time() + seconds}))


def _make_attacks(claim: str, values: Mapping[str, Any]) -> dict[str, Attack]:
    return {f"{claim} {name}": alter_claims(**{claim: value}) for name, value in values.items()}


CLAIMS: Mapping[str, Attack] = {
    **_make_attacks("iss", {**INVALID_CLAIM_VALUES, **ISSUERS}),
    **_make_attacks("client_id", {**INVALID_CLAIM_VALUES, **CLIENT_IDS}),
    **_make_attacks("token_use", {**INVALID_CLAIM_VALUES, **TOKEN_USES}),
    **_make_attacks("sub", {**INVALID_CLAIM_VALUES, **SUBS}),
    **{name: attack for claim in _TIME_CLAIMS for name, attack in _make_attacks(claim, _INVALID_TIMES).items()},
    "client_id only in aud": alter_claims(client_id=OMIT, aud=_CLIENT),
    "another audience": alter_claims(aud="https://another.example"),
    "no audience": alter_claims(aud=[]),
    "number as audience": alter_claims(aud=5),
    "null as audience": alter_claims(aud=None),
    "other audiences": alter_claims(aud=["a", "b"]),
    "ID token": alter_claims(token_use="id", aud=_CLIENT, client_id=OMIT, scope=OMIT),
    "no claims": lambda: make_token(claims={}),
    "exp missing": alter_claims(exp=OMIT),
    "iat missing": alter_claims(iat=OMIT),
    "exp past": _with_time_offset("exp", -61),
    "exp zero": alter_claims(exp=0),
    "exp negative zero": alter_claims(exp=-0.0),
    "exp one second after the epoch": alter_claims(exp=1),
    "iat in the future": _with_time_offset("iat", 75),
    "iat in milliseconds": lambda: make_token(claims=make_valid_claims(iat=int(time.time() * 1000))),
    "nbf in the future": _with_time_offset("nbf", 75),
    "nbf in milliseconds": lambda: make_token(claims=make_valid_claims(nbf=int(time.time() * 1000))),
}
