"""`/v1/moderation/cases`: for moderators only."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app import errors
from app.cases.models import Status
from app.dwipps.dependencies import OthersDwippIdParam, Reactions, Reports
from app.dwipps.feed import to_view
from app.dwipps.models import Reaction
from app.limits.dependencies import DecisionLimit
from app.moderation.case_states import CaseState
from app.moderation.decisions import Ruling
from app.moderation.dependencies import CaseDecisions, Cases, CurrentModerator, require_moderator
from app.moderation.schemas import (
    MAX_REPORTERS,
    CaseDetailView,
    CasePage,
    CaseView,
    DecisionRequest,
    DecisionView,
    ReporterView,
)
from app.openapi.problem_responses import (
    BODY_ERRORS,
    LIMITED_MODERATOR_ERRORS,
    MODERATOR_ERRORS,
    PAGE_ERRORS,
    error_responses,
)
from app.pagination.dependencies import PageParams
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1/moderation", tags=["moderation"], route_class=ApiRoute, dependencies=[require_moderator])

_NO_REACTION = Reaction()


@router.get("/cases", summary="List cases", responses=error_responses(*MODERATOR_ERRORS, *PAGE_ERRORS))
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
    responses=error_responses(*MODERATOR_ERRORS, errors.DwippNotFoundError, errors.OwnDwippError),
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
        for report in reports.list_latest(dwipp_id, MAX_REPORTERS)
        if report.listed_at == state.case.listed_at  # The others belong to a case that has expired.
    ]
    return CaseDetailView(reporters=reporters, **_case_fields(state, reactions.get(moderator.id, dwipp_id)))


@router.put(
    "/cases/{dwipp_id}/decision",
    summary="Decide a case",
    responses=error_responses(
        *(*LIMITED_MODERATOR_ERRORS, *BODY_ERRORS),
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
