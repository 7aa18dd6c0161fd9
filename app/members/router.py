"""`/v1/me` and `/v1/users`: members, and the lists that are theirs."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app import errors
from app.accounts.schemas import ChangePasswordRequest
from app.auth.dependencies import CurrentCaller, bearer_token
from app.auth.tokens import subject_of
from app.aws.clients import side_by_side
from app.bootstrap import AppServices
from app.dwipps.schemas import DwippPage
from app.me.export import ExportView
from app.members.dependencies import CurrentMember
from app.members.schemas import OwnProfileView, ProfileView
from app.openapi.document import OF_BODIES, OF_CALLERS, OF_MEMBERS, documented
from app.pagination.dependencies import Listing
from app.web.problems import INVALID
from app.web.threadpool import Route

router = APIRouter(prefix="/v1", tags=["members"], route_class=Route)


_LIST = (INVALID, errors.InvalidCursorError)


@router.get("/me", responses=documented(*OF_MEMBERS))
def read_me(member: CurrentMember, services: AppServices) -> OwnProfileView:
    """Your own profile.

    The first request makes it, with the handle that you wished for when you registered, if nobody was faster.
    """
    user = services.pool.find(member.id)
    if user is None:
        raise errors.UnauthenticatedError
    return OwnProfileView(id=member.id, handle=member.handle, email=user.email, joined_at=member.joined_at)


@router.delete(
    "/me",
    status_code=204,
    response_class=Response,
    responses=documented(*OF_CALLERS, errors.LoginAgainError, errors.TooManyRequestsError)
    | {202: {"description": "Begun, and not at its end: ask again after the seconds in `Retry-After`."}},
)
def delete_me(caller: CurrentCaller, request: Request, services: AppServices) -> Response:
    """Delete your account and all that it holds.

    That is Dwipps, upvotes, favorites, the profile, the login. It begins if you logged in within the last ten minutes,
    and have not signed out since, and cannot be undone. From its first moment you can write nothing any more, and
    nobody finds your profile. The answer is 202 as long as something is left, which takes about a minute: ask again
    after the seconds in `Retry-After`. At 204 nothing is left. Nothing goes on by itself: unless you ask, your email
    and password stay. Your handle is never given to anybody else.
    """
    # The authorizer does not hear of a sign-out. What cannot be undone asks whoever does.
    signed_out = services.pool.has_ended(_own_token(request, caller.id))
    seconds = services.deletion.go_on(caller.id, None if signed_out else caller.authenticated_at)
    return Response(status_code=202, headers={"Retry-After": str(seconds)}) if seconds else Response(status_code=204)


@router.get("/me/export", responses=documented(*OF_MEMBERS, INVALID, errors.InvalidCursorError))
def export_me(
    member: CurrentMember,
    services: AppServices,
    cursor: Annotated[str | None, Query(description="The `next_cursor` of the part before.")] = None,
) -> ExportView:
    """Everything that is held about you.

    It comes part by part: first your Dwipps, then your upvotes and favorites, until `next_cursor` is null.
    """
    return services.export.page(member, cursor)


@router.put(
    "/me/password",
    status_code=204,
    responses=documented(
        *OF_MEMBERS,
        *OF_BODIES,
        errors.WeakPasswordError,
        errors.WrongPasswordError,
        errors.PasswordResetRequiredError,
    ),
)
def change_password(
    body: ChangePasswordRequest, member: CurrentMember, request: Request, services: AppServices
) -> None:
    """Set another password; ends all sessions, this one too.

    An access token lives on until it expires, 15 minutes at most. Safe to retry: where the new password is set already,
    the sessions are ended.
    """
    try:
        services.pool.change_password(_own_token(request, member.id), body.current_password, body.new_password)
    except errors.WrongPasswordError:
        # Perhaps this very request set it, and got no answer, or failed to end the sessions.
        if not services.pool.is_password(member.id, body.new_password):
            raise
    services.pool.log_out_everywhere(member.id)


@router.delete("/me/sessions", status_code=204, responses=documented(*OF_MEMBERS))
def log_out_everywhere(member: CurrentMember, services: AppServices) -> None:
    """Sign out everywhere.

    All refresh tokens are dead at once; an access token is not asked after anywhere and lives until it expires.
    """
    services.pool.log_out_everywhere(member.id)


@router.get("/me/dwipps", responses=documented(*OF_MEMBERS, *_LIST))
def list_my_dwipps(member: CurrentMember, listing: Listing, services: AppServices) -> DwippPage:
    """Your own Dwipps, newest first.

    A page at a time, as everybody's.
    """
    return listing.linked(services.feed.newest_of(member.id, member.handle, listing.page))


@router.get("/me/favorites", responses=documented(*OF_CALLERS, *_LIST))
def list_my_favorites(caller: CurrentCaller, listing: Listing, services: AppServices) -> DwippPage:
    """Your favorites, the latest favorited first.

    Nobody else sees them. A page may be short where Dwipps were deleted: only a null `next_cursor` ends the list.
    """
    return listing.linked(services.feed.favorites(caller.id, listing.page))


@router.get("/users/{handle}", responses=documented(*OF_CALLERS, errors.MemberNotFoundError))
def read_member(handle: str, _caller: CurrentCaller, services: AppServices) -> ProfileView:
    """A member's profile.

    Only who has confirmed an account, and has used it, has one.
    """
    profile = services.directory.profile(handle)
    return ProfileView(handle=profile.handle, joined_at=profile.joined_at)


@router.get("/users/{handle}/dwipps", responses=documented(*OF_CALLERS, *_LIST, errors.MemberNotFoundError))
def list_dwipps_of_member(
    handle: str,
    caller: CurrentCaller,
    listing: Listing,
    services: AppServices,
) -> DwippPage:
    """A member's Dwipps, newest first.

    A page at a time, as everybody's.
    """
    _, page = side_by_side(
        partial(services.directory.profile, handle),
        partial(services.feed.newest_of, caller.id, handle, listing.page),
    )
    return listing.linked(page)


def _own_token(request: Request, member_id: str) -> str:
    """The access token in the header, where Cognito itself asks for it.

    Behind API Gateway nothing else looks at that header: it has to be the one whose claims came with the event.
    """
    token = bearer_token(request)
    if subject_of(token) != member_id:
        raise errors.UnauthenticatedError
    return token
