"""Events of a REST API behind its authorizer, as the functions get them; one member's, whose token is of this hour."""

import time
from typing import Any

import httpx

from app.settings import Settings
from testkit.forged_tokens import SUB as MEMBER
from testkit.forged_tokens import good_claims
from testkit.gateway import make_event

__all__ = ["MEMBER", "event"]


def event(settings: Settings, method: str, path: str, json: Any = None) -> dict[str, Any]:
    """The event of a request, with the claims of an access token for this pool."""
    pool = {"iss": settings.issuer, "client_id": settings.user_pool_client_id}
    claims = good_claims(exp=int(time.time()) + 3600, **pool)
    return make_event(httpx.Request(method, f"https://dwipper.test{path}", json=json), "rest", claims)
