"""`/v1/users/{handle}/dwipps`: the Dwipps of one author."""

from functools import partial

from fastapi import APIRouter

from app import errors
from app.auth.dependencies import CurrentPrincipal
from app.aws.concurrency import run_concurrently
from app.dwipps.dependencies import DwippFeed
from app.dwipps.schemas import DwippPage
from app.members.dependencies import HandleParam, MemberDirectory
from app.openapi.problem_responses import PAGE_ERRORS, PRINCIPAL_ERRORS, error_responses
from app.pagination.dependencies import PageParams
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1/users/{handle}", tags=["members"], route_class=ApiRoute)


@router.get(
    "/dwipps",
    summary="List a member's Dwipps",
    responses=error_responses(*PRINCIPAL_ERRORS, *PAGE_ERRORS, errors.MemberNotFoundError),
)
def list_dwipps_of_member(
    handle: HandleParam,
    principal: CurrentPrincipal,
    params: PageParams,
    directory: MemberDirectory,
    feed: DwippFeed,
) -> DwippPage:
    """Return a page of one member's Dwipps, newest first."""
    # If both fail, the error of the first is raised: an invalid cursor is 400, also for an unknown member.
    page, _ = run_concurrently(
        partial(feed.list_by_author, principal.id, handle, params.page),
        partial(directory.get_profile, handle),
    )
    return params.with_next_link(page)
