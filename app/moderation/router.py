"""`/v1/moderation`: for moderators only.

The last route matches the paths below the prefix, and the methods, that no other route has. So only moderators can
learn which paths exist there.
"""

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from app.moderation.dependencies import require_moderator
from app.web.problems import METHOD_NOT_ALLOWED, NOT_FOUND
from app.web.routing import ApiRoute, allowed_methods

router = APIRouter(prefix="/v1/moderation", tags=["moderation"], route_class=ApiRoute, dependencies=[require_moderator])


# The first matching route wins, so this one must stay the last. An empty list of methods matches all methods. FastAPI
# cannot derive an operation id from it.
@router.api_route("/{rest:anything}", methods=[], operation_id="refuse_unknown", include_in_schema=False)
async def refuse_unknown(request: Request) -> None:
    """Refuse a moderator's request with a path or a method that does not exist."""
    problem = METHOD_NOT_ALLOWED if allowed_methods(request) else NOT_FOUND
    raise HTTPException(problem.status)
