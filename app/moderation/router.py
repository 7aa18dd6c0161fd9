"""`/v1/moderation`: for moderators only.

The last route matches the paths below the prefix, and the methods, that no other route has. So only moderators can
learn which paths exist there.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from app import errors
from app.cases.models import Status
from app.dwipps.dependencies import OthersDwippIdParam, Reactions
from app.dwipps.feed import to_view
from app.dwipps.reactions import Reaction
from app.limits.dependencies import DecisionLimit, SuspensionLimit
from app.members.dependencies import OthersHandleParam
from app.members.schemas import SuspensionView
from app.moderation.case_states import CaseState
from app.moderation.decisions import Ruling
from app.moderation.dependencies import (
    CaseDecisions,
    Cases,
    CurrentModerator,
    Log,
    MemberRecords,
    MemberSanctions,
    require_moderator,
)
from app.moderation.log import is_log_key
from app.moderation.sanctions import Sentence
from app.moderation.schemas import (
    CaseDetailView,
    CasePage,
    CaseView,
    DecisionRequest,
    DecisionView,
    LogEntryView,
    LogPage,
    RecordView,
    ReporterView,
    SanctionView,
    SuspensionRequest,
)
from app.openapi.formats import QueryBool
from app.openapi.problem_responses import (
    ACTIVE_MEMBER_ERRORS,
    BODY_ERRORS,
    LIMITED_ACTIVE_MEMBER_ERRORS,
    PAGE_ERRORS,
    error_responses,
)
from app.pagination.cursors import decode_cursor, encode_cursor
from app.pagination.dependencies import PageParams
from app.safety.dependencies import Reports
from app.web.problems import INVALID_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND
from app.web.routing import ApiRoute, allowed_methods

router = APIRouter(prefix="/v1/moderation", tags=["moderation"], route_class=ApiRoute, dependencies=[require_moderator])

_MAX_REPORTERS = 100
_ERRORS = (*ACTIVE_MEMBER_ERRORS, errors.ModeratorsOnlyError)
_LIMITED_ERRORS = (*LIMITED_ACTIVE_MEMBER_ERRORS, errors.ModeratorsOnlyError)
_NO_REACTION = Reaction()


@router.get("/cases", summary="List cases", responses=error_responses(*_ERRORS, *PAGE_ERRORS))
def list_cases(
    moderator: CurrentModerator,
    params: PageParams,
    cases: Cases,
    reactions: Reactions,
    status: Annotated[Status, Query(description="The status of the listed cases.")] = "open",
) -> CasePage:
    """Return a page of cases, oldest first report first. Cases of your own Dwipps are left out.

    A page may be short. Only a null `next_cursor` ends the list.
    """
    states, next_cursor = cases.list_page(moderator, status, params.page)
    own = reactions.get_many(moderator.id, [state.dwipp.id for state in states if state.dwipp])
    items = [CaseView(**_case_fields(state, own.get(state.case.dwipp_id, _NO_REACTION))) for state in states]
    return params.with_next_link(CasePage(items=items, next_cursor=next_cursor))


@router.get(
    "/cases/{dwipp_id}",
    summary="Read a case",
    responses=error_responses(*_ERRORS, errors.DwippNotFoundError, errors.OwnDwippError),
)
def read_case(
    dwipp_id: OthersDwippIdParam,
    moderator: CurrentModerator,
    decisions: CaseDecisions,
    reports: Reports,
    reactions: Reactions,
) -> CaseDetailView:
    """Return a case with its latest 100 reports. A Dwipp without reports has a closed case."""
    state = decisions.get(moderator, dwipp_id)
    reporters = [
        ReporterView(handle=report.handle, reason=report.reason, comment=report.comment, text=report.text, at=report.at)
        for report in reports.list_latest(dwipp_id, _MAX_REPORTERS)
        if report.listed_at == state.case.listed_at  # The others belong to a case that has expired.
    ]
    return CaseDetailView(reporters=reporters, **_case_fields(state, reactions.get(moderator.id, dwipp_id)))


@router.put(
    "/cases/{dwipp_id}/decision",
    summary="Decide a case",
    responses=error_responses(
        *(*_LIMITED_ERRORS, *BODY_ERRORS),
        *(errors.DwippNotFoundError, errors.OwnDwippError, errors.DecisionConflictError),
    ),
)
def decide_case(
    dwipp_id: OthersDwippIdParam,
    body: DecisionRequest,
    moderator: CurrentModerator,
    decisions: CaseDecisions,
    reactions: Reactions,
    limit: DecisionLimit,
) -> CaseView:
    """Remove a Dwipp, or dismiss its reports. Safe to retry.

    A Dwipp needs no report for a decision. Another decision replaces the first: `dismiss` restores a removed Dwipp. The
    same decision again changes nothing.
    """
    ruling = Ruling(body.action, body.reason, body.note, body.if_decided_at)
    with limit.count_write() as write:
        state, write.has_changed = decisions.decide(moderator, dwipp_id, ruling)
    return CaseView(**_case_fields(state, reactions.get(moderator.id, dwipp_id)))


@router.get(
    "/members/{handle}",
    summary="Read a member's record",
    responses=error_responses(*_ERRORS, errors.MemberNotFoundError),
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
        *(*_LIMITED_ERRORS, *BODY_ERRORS, errors.MemberNotFoundError, errors.ProtectedMemberError)
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
    responses=error_responses(*_LIMITED_ERRORS, INVALID_REQUEST, errors.MemberNotFoundError),
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


@router.get("/log", summary="List decisions", responses=error_responses(*_ERRORS, *PAGE_ERRORS))
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


def _case_fields(state: CaseState, reaction: Reaction) -> dict[str, Any]:
    """Return the fields of a case for a moderator with this reaction to its Dwipp."""
    case, decision = state.case, state.case.decision
    return {
        "dwipp_id": case.dwipp_id,
        "dwipp": to_view(state.dwipp, reaction) if state.dwipp else None,
        "reports": case.reports,
        "reasons": case.reasons,
        "first_reported_at": case.first_reported_at,
        "last_reported_at": case.last_reported_at,
        "reported_text": case.text,
        "status": case.status,
        "decision": DecisionView(action=decision.action, reason=decision.reason, decided_at=decision.decided_at)
        if decision
        else None,
    }
