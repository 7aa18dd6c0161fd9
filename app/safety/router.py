"""`/v1/users/{handle}/block`: the blocks of a member."""

from fastapi import APIRouter

from app import errors
from app.limits.dependencies import SafetyLimit
from app.members.dependencies import BlockedHandleParam, Blocks, CurrentMember, MemberDirectory
from app.members.handles import is_handle
from app.openapi.problem_responses import LIMITED_MEMBER_ERRORS, error_responses
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1/users", tags=["safety"], route_class=ApiRoute)


@router.put(
    "/{handle}/block",
    summary="Block a member",
    status_code=204,
    responses=error_responses(
        *LIMITED_MEMBER_ERRORS, errors.MemberNotFoundError, errors.OwnProfileError, errors.TooManyBlocksError
    ),
)
def block_member(
    handle: BlockedHandleParam, member: CurrentMember, directory: MemberDirectory, blocks: Blocks, limit: SafetyLimit
) -> None:
    """Hide a member's profile and Dwipps from you, in all lists and by id. Safe to retry.

    A block is private and one-way: nothing changes for the blocked member, or for anybody else. Your earlier reactions
    stay and count. You can still clear them, although the response is 404. A block may need a second to take effect.
    You can block at most 500 members.
    """
    with limit.count_write() as write:
        if handle != member.handle:
            directory.get_profile(handle)
        write.has_changed = blocks.add(member, handle)


@router.delete(
    "/{handle}/block",
    summary="Unblock a member",
    status_code=204,
    responses=error_responses(*LIMITED_MEMBER_ERRORS),
)
def unblock_member(handle: BlockedHandleParam, member: CurrentMember, blocks: Blocks, limit: SafetyLimit) -> None:
    """Make a member and their Dwipps visible to you again. The response is the same for a handle without a block."""
    with limit.count_write() as write:
        write.has_changed = is_handle(handle) and blocks.remove(member, handle)
