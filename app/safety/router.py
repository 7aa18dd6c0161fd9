"""`/v1/me/blocks` and `/v1/users/{handle}/block`: the blocks of a member."""

from fastapi import APIRouter

from app import errors
from app.auth.dependencies import CurrentPrincipal
from app.limits.dependencies import SafetyLimit
from app.members.dependencies import ActiveMember, Blocks, CurrentMember, MemberDirectory, OthersHandleParam
from app.members.handles import is_handle
from app.members.schemas import BlockPage, BlockView
from app.openapi.problem_responses import (
    LIMITED_ACTIVE_MEMBER_ERRORS,
    LIMITED_MEMBER_ERRORS,
    PAGE_ERRORS,
    PRINCIPAL_ERRORS,
    error_responses,
)
from app.pagination.cursors import PageRequest, decode_cursor, encode_cursor
from app.pagination.dependencies import PageParams
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1", tags=["safety"], route_class=ApiRoute)


@router.get("/me/blocks", summary="List your blocks", responses=error_responses(*PRINCIPAL_ERRORS, *PAGE_ERRORS))
def list_my_blocks(principal: CurrentPrincipal, params: PageParams, blocks: Blocks) -> BlockPage:
    """Return a page of the members whom you block, ordered by handle. Nobody else sees this list."""
    return params.with_next_link(_to_page(principal.id, blocks.list_current(principal.id), params.page))


@router.put(
    "/users/{handle}/block",
    summary="Block a member",
    status_code=204,
    responses=error_responses(
        *LIMITED_ACTIVE_MEMBER_ERRORS, errors.MemberNotFoundError, errors.OwnProfileError, errors.TooManyBlocksError
    ),
)
def block_member(
    handle: OthersHandleParam, member: ActiveMember, directory: MemberDirectory, blocks: Blocks, limit: SafetyLimit
) -> None:
    """Hide a member's profile and Dwipps from you, in all lists and by id. Safe to retry.

    A block is private and one-way: nothing changes for the blocked member, or for anybody else. Your earlier reactions
    stay and count. You can still clear them, although the response is 404. A block may need a second to take effect.
    You can block at most 500 members.
    """
    if handle == member.handle:
        raise errors.OwnProfileError
    with limit.count_write() as write:
        directory.get_profile(handle)
        write.has_changed = blocks.add(member, handle)


@router.delete(
    "/users/{handle}/block",
    summary="Unblock a member",
    status_code=204,
    responses=error_responses(*LIMITED_MEMBER_ERRORS),
)
def unblock_member(handle: OthersHandleParam, member: CurrentMember, blocks: Blocks, limit: SafetyLimit) -> None:
    """Make a member and their Dwipps visible to you again. The response is the same for a handle without a block."""
    if is_handle(handle):
        with limit.count_write() as write:
            write.has_changed = blocks.remove(member, handle)


def _to_page(member_id: str, handles: list[str], page: PageRequest) -> BlockPage:
    """Return a page of sorted handles after the position of the cursor. The cursor belongs to this member's list."""
    name = f"blocks {member_id}"
    after = "" if page.cursor is None else decode_cursor(name, page.cursor, is_handle)[0]
    rest = [handle for handle in handles if handle > after]
    shown = rest[: page.limit]
    return BlockPage(
        items=[BlockView(handle=handle) for handle in shown],
        next_cursor=encode_cursor(name, shown[-1]) if len(rest) > page.limit else None,
    )
