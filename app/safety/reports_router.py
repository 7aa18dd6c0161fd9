"""`/v1/dwipps/{dwipp_id}/report`: the report of a member."""

from fastapi import APIRouter

from app import errors
from app.cases.models import ReportedDwipp
from app.dwipps.dependencies import Dwipps, OthersDwippIdParam, Reports
from app.dwipps.ids import is_id
from app.limits.dependencies import SafetyLimit
from app.members.dependencies import ActiveMember
from app.openapi.problem_responses import BODY_ERRORS, LIMITED_ACTIVE_MEMBER_ERRORS, error_responses
from app.safety.schemas import ReportRequest
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1/dwipps/{dwipp_id}/report", tags=["safety"], route_class=ApiRoute)


@router.put(
    "",
    summary="Report a Dwipp",
    status_code=204,
    responses=error_responses(
        *LIMITED_ACTIVE_MEMBER_ERRORS,
        *BODY_ERRORS,
        errors.DwippNotFoundError,
        errors.OwnDwippError,
        errors.RemovedError,
    ),
)
def report_dwipp(
    dwipp_id: OthersDwippIdParam,
    body: ReportRequest,
    member: ActiveMember,
    dwipps: Dwipps,
    reports: Reports,
    limit: SafetyLimit,
) -> None:
    """Report a Dwipp to the moderators. Safe to retry.

    You have one report for each Dwipp. Another report replaces it. Only moderators see your report, with your handle.
    Neither the author nor other members learn of it. You can also report the Dwipps of members whom you block.
    """
    with limit.count_write() as write:
        if not is_id(dwipp_id):
            raise errors.DwippNotFoundError
        # The eventually consistent read costs half. It may miss a new Dwipp, or a restoration.
        dwipp = dwipps.get_many([dwipp_id]).get(dwipp_id)
        if dwipp is None or dwipp.removed:
            dwipp = dwipps.get(dwipp_id)
        if dwipp.author_handle == member.handle:
            raise errors.RemovedError if dwipp.removed else errors.OwnDwippError
        if dwipp.removed:
            raise errors.DwippNotFoundError
        reported = ReportedDwipp(dwipp.id, dwipp.text, dwipp.author_handle, dwipps.visibility_check(dwipp.id))
        write.has_changed = reports.put(member, reported, body.reason, body.comment)


@router.delete(
    "", summary="Withdraw a report", status_code=204, responses=error_responses(*LIMITED_ACTIVE_MEMBER_ERRORS)
)
def withdraw_report(dwipp_id: OthersDwippIdParam, member: ActiveMember, reports: Reports, limit: SafetyLimit) -> None:
    """Delete your report. The response is the same without a report, and if the Dwipp is gone."""
    if is_id(dwipp_id):
        with limit.count_write() as write:
            write.has_changed = reports.withdraw(member, dwipp_id)
