"""`/v1/users/{handle}`: public profiles."""

from fastapi import APIRouter

from app import errors
from app.auth.dependencies import CurrentPrincipal
from app.members.dependencies import HandleParam, MemberDirectory
from app.members.schemas import ProfileView
from app.openapi.problem_responses import PRINCIPAL_ERRORS, error_responses
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1/users", tags=["members"], route_class=ApiRoute)


@router.get(
    "/{handle}",
    summary="Read a member's profile",
    responses=error_responses(*PRINCIPAL_ERRORS, errors.MemberNotFoundError),
)
def read_member(handle: HandleParam, _principal: CurrentPrincipal, directory: MemberDirectory) -> ProfileView:
    """Return the public profile. The first request of a new member creates it."""
    profile = directory.get_profile(handle)
    return ProfileView(handle=profile.handle, joined_at=profile.joined_at)
