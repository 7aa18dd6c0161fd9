"""Tokens with a valid signature and an invalid or hostile header.

RFC 8725, sections 2.4, 2.5, 3.9 and 3.10. RFC 7515, section 4.1.
"""

from collections.abc import Mapping
from typing import Any

from testkit.forged_tokens import OMIT, Attack, alter_header, alter_header_text

_INVALID_KIDS: Mapping[str, Any] = {
    "missing": OMIT,
    "null": None,
    "list": ["signing"],
    "number": 1,
    "true": True,
    "object": {"signing": 1},
}
# Header parameters that Cognito does not write. Most are defined in RFC 7515, 7516, 7518 and 7797.
_HOSTILE_PARAMETERS: Mapping[str, tuple[str, Any]] = {
    "crit": ("crit", ["exp"]),
    "crit empty": ("crit", []),
    "crit null": ("crit", None),
    "crit with b64": ("crit", ["b64"]),
    "jku": ("jku", "https://attacker.example/jwks.json"),
    "jku on loopback": ("jku", "http://127.0.0.1:1/jwks.json"),
    "jku with a file URL": ("jku", "file:///etc/passwd"),
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
    "cty for a nested token": ("cty", "JWT"),
    "claim in the header": ("sub", "anybody"),
    "unknown parameter": ("urn:example", 1),
    "empty parameter name": ("", ""),
}

HEADERS: Mapping[str, Attack] = {
    **{f"kid {name}": alter_header(kid=value) for name, value in _INVALID_KIDS.items()},
    **{name: alter_header(**{parameter: value}) for name, (parameter, value) in _HOSTILE_PARAMETERS.items()},
    "crit unknown": alter_header(crit=["urn:example"], **{"urn:example": True}),
    "crit with b64 false": alter_header(crit=["b64"], b64=False),
    "alg twice": alter_header_text('{"alg":"none","kid":"signing","alg":"RS256"}'),
    "alg twice, once escaped": alter_header_text(r'{"\u0061lg":"none","kid":"signing","alg":"RS256"}'),
    "alg and Alg": alter_header_text('{"Alg":"none","kid":"signing","alg":"RS256"}'),
    "kid twice": alter_header_text('{"alg":"RS256","kid":"other","kid":"signing"}'),
    "kid and KID": alter_header_text('{"alg":"RS256","KID":"other","kid":"signing"}'),
}

# Valid values, but not of a key of the pool. They may cause a fetch of the pool's keys, but no other network call
# (RFC 8725, section 3.10).
UNKNOWN_KIDS: Mapping[str, str] = {
    "unknown": "unknown",
    "empty": "",
    "in upper case": "SIGNING",
    "with a space": "signing ",
    "with a line break": "signing\n",
    "with a NUL byte": "signing\x00",
    "path traversal": "../../../../../../etc/passwd",
    "device file": "/dev/null",
    "URL": "https://attacker.example/jwks.json",
    "file URL": "file:///etc/passwd",
    "SQL injection": "' UNION SELECT 'signing' --",
    "shell command": "signing; curl attacker.example",
    "Python attribute": "__class__",
    "lone surrogate": "\ud800",
    "huge": "k" * 5000,
}
