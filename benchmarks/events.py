"""Events of a REST API behind its authorizer, as the functions get them; one member's, whose token is of this hour."""

import time
from typing import Any

import httpx

from app.settings import Settings
from tests.support.gateway import event_of

MEMBER = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"


def event(settings: Settings, method: str, path: str, json: Any = None) -> dict[str, Any]:
    """The event of a request, with the claims of an access token for this pool."""
    now = int(time.time())
    claims = {
        "sub": MEMBER,
        "iss": settings.issuer,
        "client_id": settings.user_pool_client_id,
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": now,
        "exp": now + 3600,
        "iat": now,
        "username": MEMBER,
    }
    request = httpx.Request(method, f"https://dwipper.test{path}", json=json)
    return event_of(request, "rest", claims)
