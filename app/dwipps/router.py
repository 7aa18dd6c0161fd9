"""`/v1/dwipps`: everybody's Dwipps."""

from fastapi import APIRouter, Request, Response

from app import errors
from app.dwipps.feed import view
from app.dwipps.schemas import DwippDraft, DwippPage, DwippView
from app.identity import CurrentCaller
from app.members.current import CurrentMember
from app.paging import Listing
from app.problems import INVALID, OF_BODIES, OF_CALLERS, OF_MEMBERS, documented
from app.services import AppServices

router = APIRouter(prefix="/v1/dwipps", tags=["dwipps"])


@router.get("", responses=documented(*OF_CALLERS, INVALID, errors.InvalidCursorError))
def list_dwipps(caller: CurrentCaller, listing: Listing, services: AppServices) -> DwippPage:
    """Everybody's Dwipps, newest first."""
    return listing.linked(services.feed.newest(caller.id, listing.page))


@router.post("", status_code=201, responses=documented(*OF_MEMBERS, *OF_BODIES))
def create_dwipp(
    body: DwippDraft, member: CurrentMember, request: Request, response: Response, services: AppServices
) -> DwippView:
    """Write a Dwipp."""
    dwipp = services.dwipps.create(member.handle, body.text)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/v1/dwipps/{dwipp.id}"
    return view(dwipp)


@router.get("/{dwipp_id}", responses=documented(*OF_CALLERS, errors.DwippNotFoundError))
def read_dwipp(dwipp_id: str, caller: CurrentCaller, services: AppServices) -> DwippView:
    """One Dwipp, as it is now."""
    return services.feed.one(caller.id, dwipp_id)


@router.patch(
    "/{dwipp_id}",
    responses=documented(*OF_MEMBERS, *OF_BODIES, errors.DwippNotFoundError, errors.NotTheAuthorError),
)
def edit_dwipp(dwipp_id: str, body: DwippDraft, member: CurrentMember, services: AppServices) -> DwippView:
    """Give your Dwipp another text; the text that it has already changes nothing."""
    dwipp = services.dwipps.edit(dwipp_id, member.handle, body.text)
    return view(dwipp, services.reactions.get(member.id, dwipp_id))


@router.delete(
    "/{dwipp_id}",
    status_code=204,
    responses=documented(*OF_MEMBERS, errors.DwippNotFoundError, errors.NotTheAuthorError),
)
def delete_dwipp(dwipp_id: str, member: CurrentMember, services: AppServices) -> None:
    """Delete your Dwipp."""
    services.dwipps.delete(dwipp_id, member.handle)
