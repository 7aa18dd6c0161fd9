"""A stand-in for the authorizer of API Gateway, and the contexts that it adds to events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jose import JWTError, jwt

from app.settings import Settings
from devstack import loopback

_REST_DATE_FORMAT = "%a %b %d %H:%M:%S UTC %Y"


@cache
def _fetch_keys(url: str) -> Any:
    return loopback.get(url).raise_for_status().json()


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A stand-in for the authorizer of API Gateway. It verifies access tokens without the app's code."""

    settings: Settings
    keys_url: str

    def claims(self, authorization: str | None) -> dict[str, Any] | None:
        """Return the claims of the token in an Authorization header. None if the token is missing or invalid."""
        token = (authorization or "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, _fetch_keys(self.keys_url), algorithms=["RS256"], issuer=self.settings.issuer)
        except JWTError:
            return None
        is_valid = claims["token_use"] == "access" and claims["client_id"] == self.settings.user_pool_client_id
        return claims if is_valid else None


def make_rest_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authorizer context of a REST API: claims as strings, lists as `a,b`, `exp` and `iat` as dates."""
    dates = {name: datetime.fromtimestamp(claims[name], UTC).strftime(_REST_DATE_FORMAT) for name in ("exp", "iat")}
    return {"claims": {name: _to_text(value, "{}", ",") for name, value in claims.items()} | dates}


def make_http_1_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authorizer context of an HTTP API in payload format 1.0: claims as strings, lists as `[a b]`."""
    return {"claims": {name: _to_text(value, "[{}]", " ") for name, value in claims.items()}, "scopes": None}


def make_http_2_authorizer(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authorizer context of an HTTP API in payload format 2.0: claims as strings, below `jwt`."""
    return {"jwt": make_http_1_authorizer(claims)}


def _to_text(value: Any, list_format: str, separator: str) -> str:
    return list_format.format(separator.join(map(str, value))) if isinstance(value, list) else str(value)
