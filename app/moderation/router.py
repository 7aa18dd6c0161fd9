"""`/v1/moderation`: for moderators only.

The last route covers each path below the prefix and each method that no other route has. So nobody else learns what
exists there.
"""

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from app.moderation.dependencies import require_moderator
from app.web.problems import METHOD_NOT_ALLOWED, NOT_FOUND
from app.web.routing import ApiRoute, allowed_methods

router = APIRouter(prefix="/v1/moderation", tags=["moderation"], route_class=ApiRoute, dependencies=[require_moderator])


# The first matching route wins, so this one must stay the last. An empty list of methods covers all of them. FastAPI
# derives no operation id without a method.
@router.api_route("/{rest:anything}", methods=[], operation_id="refuse_unknown", include_in_schema=False)
async def refuse_unknown(request: Request) -> None:
    """Refuse a call of a moderator to a path or a method that does not exist."""
    problem = METHOD_NOT_ALLOWED if allowed_methods(request) else NOT_FOUND
    raise HTTPException(problem.status)
