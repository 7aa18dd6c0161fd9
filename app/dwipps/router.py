"""`/v1/dwipps`: everybody's Dwipps."""

from functools import partial

from fastapi import APIRouter

from app import errors
from app.auth.dependencies import CurrentCaller
from app.aws.clients import side_by_side
from app.bootstrap import AppServices
from app.dwipps.dependencies import Creation
from app.dwipps.feed import view
from app.dwipps.schemas import DwippDraft, DwippEdit, DwippPage, DwippView
from app.members.dependencies import CurrentMember
from app.openapi.document import OF_BODIES, OF_CALLERS, OF_MEMBERS, documented
from app.pagination.dependencies import Listing
from app.web.problems import INVALID
from app.web.threadpool import Route

router = APIRouter(prefix="/v1/dwipps", tags=["dwipps"], route_class=Route)


@router.get("", responses=documented(*OF_CALLERS, INVALID, errors.InvalidCursorError))
def list_dwipps(caller: CurrentCaller, listing: Listing, services: AppServices) -> DwippPage:
    """Everybody's Dwipps, newest first.

    A page at a time: `next_cursor`, or the `Link` header, leads to the next, and only null ends the list. Whoever walks
    all pages sees every Dwipp that is there throughout exactly once, whatever is written meanwhile. What was just
    written may be missing for a second.
    """
    return listing.linked(services.feed.newest(caller.id, listing.page))


@router.post("", status_code=201, responses=documented(*OF_MEMBERS, *OF_BODIES, errors.IdempotencyKeyReusedError))
def create_dwipp(body: DwippDraft, member: CurrentMember, services: AppServices, creation: Creation) -> DwippView:
    """Write a Dwipp.

    Under an `Idempotency-Key` only once, however often it is sent within a day: the first answer comes again, with
    `Idempotent-Replayed: true`, and another text is refused.
    """
    if creation.key is None:
        dwipp, replayed = services.dwipps.create(member, body.text), False
    else:
        dwipp, replayed = services.writer.create(member, creation.key, body.text)
    return creation.announced(view(dwipp), replayed=replayed)


@router.get("/{dwipp_id}", responses=documented(*OF_CALLERS, errors.DwippNotFoundError))
def read_dwipp(dwipp_id: str, caller: CurrentCaller, services: AppServices) -> DwippView:
    """One Dwipp, as it is now.

    Lists may be a second behind, this is not.
    """
    return services.feed.one(caller.id, dwipp_id)


@router.patch(
    "/{dwipp_id}",
    responses=documented(
        *OF_MEMBERS, *OF_BODIES, errors.DwippNotFoundError, errors.NotTheAuthorError, errors.EditConflictError
    ),
)
def edit_dwipp(dwipp_id: str, body: DwippEdit, member: CurrentMember, services: AppServices) -> DwippView:
    """Give your Dwipp another text.

    The text that it has already changes nothing. Send the `version` that you read, so that what you wrote meanwhile
    somewhere else is not written over.
    """
    return view(
        *side_by_side(
            partial(services.dwipps.edit, member, dwipp_id, body.text, body.version),
            partial(services.reactions.get, member.id, dwipp_id),
        )
    )


@router.delete(
    "/{dwipp_id}",
    status_code=204,
    responses=documented(*OF_MEMBERS, errors.DwippNotFoundError, errors.NotTheAuthorError),
)
def delete_dwipp(dwipp_id: str, member: CurrentMember, services: AppServices) -> None:
    """Delete your Dwipp.

    Within a second it is gone from all lists, those of whoever kept it too. A second time there is nothing to delete.
    """
    services.dwipps.delete(member, dwipp_id)
