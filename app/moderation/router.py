"""`/v1/moderation`: for moderators only.

The last route matches the paths below the prefix, and the methods, that no other route has. So only moderators can
learn which paths exist there.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from app import errors
from app.limits.dependencies import SuspensionLimit
from app.members.dependencies import OthersHandleParam
from app.members.schemas import SuspensionView
from app.moderation.dependencies import (
    CurrentModerator,
    Log,
    MemberRecords,
    MemberSanctions,
    require_moderator,
)
from app.moderation.log import is_log_key
from app.moderation.sanctions import Sentence
from app.moderation.schemas import LogEntryView, LogPage, RecordView, SanctionView, SuspensionRequest
from app.openapi.formats import QueryBool
from app.openapi.problem_responses import (
    BODY_ERRORS,
    LIMITED_MODERATOR_ERRORS,
    MODERATOR_ERRORS,
    PAGE_ERRORS,
    error_responses,
)
from app.pagination.cursors import decode_cursor, encode_cursor
from app.pagination.dependencies import PageParams
from app.web.problems import INVALID_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND
from app.web.routing import ApiRoute, allowed_methods

router = APIRouter(prefix="/v1/moderation", tags=["moderation"], route_class=ApiRoute, dependencies=[require_moderator])


@router.get(
    "/members/{handle}",
    summary="Read a member's record",
    responses=error_responses(*MODERATOR_ERRORS, errors.MemberNotFoundError),
)
def read_record(handle: OthersHandleParam, records: MemberRecords) -> RecordView:
    """Return the suspension of a member, and how many Dwipps were removed and how many cases are open."""
    record = records.get(handle)
    suspension = record.member.suspension
    return RecordView(
        handle=handle,
        joined_at=record.member.joined_at,
        suspension=SuspensionView(until=suspension.until, reason=suspension.reason) if suspension else None,
        removed=record.removed,
        open_cases=record.open_cases,
    )


@router.put(
    "/members/{handle}/suspension",
    summary="Suspend a member",
    responses=error_responses(
        *(*LIMITED_MODERATOR_ERRORS, *BODY_ERRORS, errors.MemberNotFoundError, errors.ProtectedMemberError)
    ),
)
def suspend_member(
    handle: OthersHandleParam,
    body: SuspensionRequest,
    moderator: CurrentModerator,
    sanctions: MemberSanctions,
    limit: SuspensionLimit,
) -> SanctionView:
    """Suspend a member until a time, or until the suspension is lifted. Safe to retry.

    A suspended member can read, export, delete Dwipps and leave, but not write. Another suspension replaces the first.

    With `remove_dwipps`, all Dwipps of the member are removed within minutes, and their cases are closed. This includes
    Dwipps that were in progress at the time of the suspension.
    """
    sentence = Sentence(body.until, body.reason, body.note, body.remove_dwipps)
    with limit.count_write() as write:
        write.has_changed = sanctions.suspend(moderator, handle, sentence)
    return SanctionView(handle=handle, until=body.until, reason=body.reason)


@router.delete(
    "/members/{handle}/suspension",
    summary="Lift a suspension",
    status_code=204,
    responses=error_responses(*LIMITED_MODERATOR_ERRORS, INVALID_REQUEST, errors.MemberNotFoundError),
)
def lift_suspension(
    handle: OthersHandleParam,
    moderator: CurrentModerator,
    sanctions: MemberSanctions,
    limit: SuspensionLimit,
    restore_dwipps: Annotated[
        QueryBool, Query(description="Whether to restore the Dwipps that `remove_dwipps` of this suspension removed.")
    ] = False,
) -> None:
    """Lift the suspension of a member. The response is the same without a suspension.

    This stops a running removal of all Dwipps. A Dwipp stays removed if a moderator decided on it alone.
    """
    with limit.count_write() as write:
        write.has_changed = sanctions.lift(moderator, handle, restore_dwipps=restore_dwipps)


@router.get("/log", summary="List decisions", responses=error_responses(*MODERATOR_ERRORS, *PAGE_ERRORS))
def list_log(params: PageParams, log: Log) -> LogPage:
    """Return a page of the decisions of all moderators within a year, newest first."""
    page = params.page
    before = None if page.cursor is None else decode_cursor("log", page.cursor, is_log_key)[0]
    entries = log.list_latest(page.limit + 1, before)
    shown = entries[: page.limit]
    next_cursor = encode_cursor("log", shown[-1][0]) if len(entries) > page.limit else None
    items = [
        LogEntryView(
            at=entry.at,
            moderator=entry.moderator,
            action=entry.action,
            handle=entry.handle,
            dwipp_id=entry.dwipp_id,
            until=entry.until,
            reason=entry.reason,
            note=entry.note,
        )
        for _, entry in shown
    ]
    return params.with_next_link(LogPage(items=items, next_cursor=next_cursor))


# The first matching route wins, so this one must stay the last. An empty list of methods matches all methods. FastAPI
# cannot derive an operation id from it.
@router.api_route("/{rest:anything}", methods=[], operation_id="refuse_unknown", include_in_schema=False)
async def refuse_unknown(request: Request) -> None:
    """Refuse a moderator's request with a path or a method that does not exist."""
    problem = METHOD_NOT_ALLOWED if allowed_methods(request) else NOT_FOUND
    raise HTTPException(problem.status)
