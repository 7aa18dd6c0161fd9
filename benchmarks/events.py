"""Events of a REST API with an authorizer, as a function receives them. All are requests by the same member."""

import time
from typing import Any

import httpx

from app.settings import Settings
from testkit.forged_tokens import SUB as MEMBER
from testkit.forged_tokens import make_valid_claims
from testkit.gateway import make_event

__all__ = ["MEMBER", "make_member_event"]


def make_member_event(settings: Settings, method: str, path: str, json: Any = None) -> dict[str, Any]:
    """Return the event of a request. Its claims are those of an access token for this pool, valid for an hour."""
    pool = {"iss": settings.issuer, "client_id": settings.user_pool_client_id}
    claims = make_valid_claims(exp=int(time.time()) + 3600, **pool)
    return make_event(httpx.Request(method, f"https://dwipper.test{path}", json=json), "rest", claims)
