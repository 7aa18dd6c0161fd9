"""`/v1/users/{handle}`: public profiles."""

from functools import partial

from fastapi import APIRouter

from app import errors
from app.auth.dependencies import CurrentPrincipal
from app.aws.concurrency import run_concurrently
from app.members.dependencies import HandleParam, MemberAudiences, MemberDirectory
from app.members.schemas import ProfileView
from app.openapi.problem_responses import PRINCIPAL_ERRORS, error_responses
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1/users", tags=["members"], route_class=ApiRoute)


@router.get(
    "/{handle}",
    summary="Read a member's profile",
    responses=error_responses(*PRINCIPAL_ERRORS, errors.MemberNotFoundError),
)
def read_member(
    handle: HandleParam, principal: CurrentPrincipal, directory: MemberDirectory, audiences: MemberAudiences
) -> ProfileView:
    """Return the public profile. The first request of a new member creates it.

    The response is 404 if you block the member.
    """
    profile, _ = run_concurrently(
        partial(directory.get_profile, handle), partial(audiences.get_for_member, principal.id, handle)
    )
    return ProfileView(handle=profile.handle, joined_at=profile.joined_at)
