"""`/v1/me`: the member's own account."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic.json_schema import SkipJsonSchema

from app import errors
from app.accounts.dependencies import AccountPasswords, AccountSessions
from app.accounts.schemas import ChangePasswordRequest
from app.auth.dependencies import CurrentPrincipal, own_access_token
from app.dwipps.dependencies import DwippFeed
from app.dwipps.schemas import DwippPage
from app.me.dependencies import AccountDeletion, AccountExport, AccountUserPool
from app.me.schemas import AccountView, ExportView
from app.members.dependencies import CurrentMember
from app.members.models import Suspension
from app.members.schemas import SuspensionView
from app.openapi.links import links_with_parameters
from app.openapi.problem_responses import (
    BODY_ERRORS,
    MEMBER_ERRORS,
    PAGE_ERRORS,
    PRINCIPAL_ERRORS,
    error_responses,
)
from app.pagination.cursors import CursorText
from app.pagination.dependencies import PageParams
from app.web.routing import Accepted, ApiRoute

router = APIRouter(prefix="/v1/me", tags=["members"], route_class=ApiRoute)

_PROFILE_LINKS: Any = {
    200: {"links": links_with_parameters("read_member", "list_dwipps_of_member", handle="$response.body#/handle")}
}
_STATES: Any = {
    202: {"description": "The deletion is running. `Retry-After` says when it can be over."},
    204: {"description": "The deletion is over: nothing is left."},
}


@router.get("", summary="Read your profile", responses=error_responses(*MEMBER_ERRORS) | _PROFILE_LINKS)
def read_me(member: CurrentMember, principal: CurrentPrincipal, user_pool: AccountUserPool) -> AccountView:
    """Return your profile. Your first request creates it, with the handle that you requested if it is still free."""
    user = user_pool.get_user(member.id)
    if user is None:
        raise errors.UnauthenticatedError
    return AccountView(
        id=member.id,
        handle=member.handle,
        email=user.email,
        joined_at=member.joined_at,
        moderator=principal.is_moderator,
        suspension=_to_view(member.suspension),
    )


@router.delete(
    "",
    summary="Delete your account",
    status_code=202,
    response_class=Response,
    responses=error_responses(*PRINCIPAL_ERRORS, errors.LoginAgainError, errors.TooManyRequestsError) | _STATES,
)
def delete_me(principal: CurrentPrincipal, request: Request, deletion: AccountDeletion) -> Response:
    """Delete your account: Dwipps, upvotes, favorites, blocks, reports, profile and login. This cannot be undone.

    One request is enough. It needs a login within the last 10 minutes, and the session must not have been signed out
    since. From then on, you cannot log in or write, and nobody finds your profile. Your data is deleted in the
    background, within a few minutes. To learn when the deletion is over, repeat the request with the same access token
    after the seconds in `Retry-After`. The response is 202 while data is left, and 204 afterwards. Your handle stays
    reserved: no other member gets it.
    """
    get_token = partial(own_access_token, request, principal.id)
    seconds = deletion.request(principal.id, principal.authenticated_at, get_token)
    return Accepted({"Retry-After": str(seconds)}) if seconds else Response(status_code=204)


@router.get("/export", summary="Export your data", responses=error_responses(*MEMBER_ERRORS, *PAGE_ERRORS))
def export_me(
    member: CurrentMember,
    export: AccountExport,
    cursor: Annotated[
        CursorText | SkipJsonSchema[None], Query(description="The `next_cursor` of the previous part.")
    ] = None,
) -> ExportView:
    """Return all data about you. The export of a larger account has several parts.

    A part has at most 500 items: your Dwipps, the members whom you block, your reports, the suspension, and the Dwipps
    with a reaction of yours, in this order. The decision on a removed Dwipp is in addition. The export ends only at a
    null `next_cursor`.
    """
    return export.get_part(member, cursor)


@router.put(
    "/password",
    summary="Change your password",
    status_code=204,
    responses=error_responses(
        *MEMBER_ERRORS,
        *BODY_ERRORS,
        errors.WeakPasswordError,
        errors.WrongPasswordError,
        errors.PasswordResetRequiredError,
    ),
)
def change_password(
    body: ChangePasswordRequest, member: CurrentMember, request: Request, passwords: AccountPasswords
) -> None:
    """Set a new password, and end all sessions, including this one.

    Access tokens stay valid until they expire, at most 15 minutes. Safe to retry: if the account already has the new
    password, only the sessions are ended.
    """
    access_token = own_access_token(request, member.id)
    try:
        passwords.change(member.id, access_token, body.current_password, body.new_password)
    except errors.WeakPasswordError as error:
        # The schema does not know the email. This has the form of a validation error, so that it names the field.
        flaw = {"type": "weak_password", "loc": ("body", "new_password"), "msg": error.detail}
        raise RequestValidationError([flaw]) from error


@router.delete("/sessions", summary="Log out everywhere", status_code=204, responses=error_responses(*MEMBER_ERRORS))
def log_out_everywhere(member: CurrentMember, sessions: AccountSessions) -> None:
    """End all sessions. All refresh tokens are revoked at once. Access tokens stay valid until they expire."""
    sessions.log_out_everywhere(member.id)


@router.get("/dwipps", summary="List your Dwipps", responses=error_responses(*MEMBER_ERRORS, *PAGE_ERRORS))
def list_my_dwipps(member: CurrentMember, params: PageParams, feed: DwippFeed) -> DwippPage:
    """Return a page of your Dwipps, newest first. Those that moderators removed are among them, with `removed`."""
    return params.with_next_link(feed.list_own(member, params.page))


@router.get("/favorites", summary="List your favorites", responses=error_responses(*PRINCIPAL_ERRORS, *PAGE_ERRORS))
def list_my_favorites(principal: CurrentPrincipal, params: PageParams, feed: DwippFeed) -> DwippPage:
    """Return a page of your favorites, latest favorited first. Nobody else sees them.

    A page may be short if Dwipps were deleted or removed, or if you block their authors. Only a null `next_cursor`
    ends the list.
    `DELETE` on the favorite of a deleted Dwipp has the response 404 and removes the favorite.
    """
    return params.with_next_link(feed.list_favorites(principal.id, params.page))


@router.get("/upvotes", summary="List your upvotes", responses=error_responses(*PRINCIPAL_ERRORS, *PAGE_ERRORS))
def list_my_upvotes(principal: CurrentPrincipal, params: PageParams, feed: DwippFeed) -> DwippPage:
    """Return a page of the Dwipps that you upvoted, newest Dwipp first. Nobody else sees who upvoted a Dwipp.

    A page may be short if Dwipps were deleted or removed, if you block their authors, or if many favorites are between
    your upvotes. Only a null `next_cursor` ends the list.
    """
    return params.with_next_link(feed.list_upvotes(principal.id, params.page))


def _to_view(suspension: Suspension | None) -> SuspensionView | None:
    return SuspensionView(until=suspension.until, reason=suspension.reason) if suspension else None
