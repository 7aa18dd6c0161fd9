"""`/v1/users/{handle}`: public profiles, and blocks of members."""

from functools import partial

from fastapi import APIRouter

from app import errors
from app.auth.dependencies import CurrentPrincipal
from app.aws.concurrency import run_concurrently
from app.members.dependencies import Blocks, CurrentMember, HandleParam, MemberAudiences, MemberDirectory
from app.members.handles import is_handle
from app.members.schemas import ProfileView
from app.openapi.problem_responses import MEMBER_ERRORS, PRINCIPAL_ERRORS, error_responses
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


@router.put(
    "/{handle}/block",
    summary="Block a member",
    tags=["safety"],
    status_code=204,
    responses=error_responses(
        *MEMBER_ERRORS, errors.MemberNotFoundError, errors.OwnProfileError, errors.TooManyBlocksError
    ),
)
def block_member(handle: HandleParam, member: CurrentMember, directory: MemberDirectory, blocks: Blocks) -> None:
    """Hide a member and their Dwipps from you: in all lists, by id, and the profile. Safe to retry.

    A block is private and one-way: nothing changes for the blocked member, or for anybody else. Your earlier reactions
    stay and count. You can clear them: the response is 404. A block may need a second to show. You can block 500
    members.
    """
    if handle != member.handle:
        directory.get_profile(handle)
    blocks.add(member, handle)


@router.delete(
    "/{handle}/block",
    summary="Unblock a member",
    tags=["safety"],
    status_code=204,
    responses=error_responses(*MEMBER_ERRORS),
)
def unblock_member(handle: HandleParam, member: CurrentMember, blocks: Blocks) -> None:
    """Show a member and their Dwipps to you again. The response is the same for handles that you do not block."""
    if is_handle(handle):
        blocks.remove(member, handle)
