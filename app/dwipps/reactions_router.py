"""`/v1/dwipps/{dwipp_id}/upvote` and `…/favorite`: POST toggles, PUT sets, DELETE clears."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter

from app import errors
from app.dwipps.dependencies import DwippIdParam, ReactionChanges
from app.dwipps.reactions import Change
from app.dwipps.schemas import DwippView, dwipp_example
from app.limits.dependencies import ReactionLimit
from app.limits.limiter import WriteLimit
from app.members.dependencies import ActiveMember, CurrentMember
from app.observability.metrics import counted_as
from app.openapi.problem_responses import LIMITED_MEMBER_ERRORS, error_responses
from app.web.routing import ApiRoute

router = APIRouter(
    prefix="/v1/dwipps/{dwipp_id}",
    tags=["reactions"],
    responses=error_responses(*LIMITED_MEMBER_ERRORS, errors.DwippNotFoundError),
    route_class=ApiRoute,
)

# Clearing is never refused.
_REFUSALS: Any = error_responses(errors.SuspendedError, errors.RemovedError)


def _example(**changes: Any) -> Any:
    return {200: {"content": {"application/json": {"example": dwipp_example(**changes)}}}}


def _count_change(limit: WriteLimit, change: Callable[[], tuple[DwippView, bool]]) -> DwippView:
    """Make a change within the limit. It counts if it changed a reaction, even if the response is 404."""
    with limit.count_write() as write:
        try:
            dwipp, write.has_changed = change()
        except errors.DwippNotFoundError as error:
            write.has_changed = error.has_changed
            raise
        return dwipp


@router.post("/upvote", summary="Toggle an upvote", responses=_example(upvotes=4, upvoted=True) | _REFUSALS)
@counted_as("Reactions")
def toggle_upvote(
    dwipp_id: DwippIdParam, member: ActiveMember, reactions: ReactionChanges, limit: ReactionLimit
) -> DwippView:
    """Set or clear your upvote. Not safe to retry: PUT and DELETE are. You can upvote your own Dwipps."""
    return _count_change(limit, partial(reactions.change_upvote, member, dwipp_id, Change.TOGGLE))


@router.put("/upvote", summary="Upvote a Dwipp", responses=_example(upvotes=4, upvoted=True) | _REFUSALS)
@counted_as("Reactions")
def set_upvote(
    dwipp_id: DwippIdParam, member: ActiveMember, reactions: ReactionChanges, limit: ReactionLimit
) -> DwippView:
    """Set your upvote. Safe to retry: each member's upvote counts once."""
    return _count_change(limit, partial(reactions.change_upvote, member, dwipp_id, Change.SET))


@router.delete("/upvote", summary="Remove an upvote", responses=_example(upvotes=3))
@counted_as("Reactions")
def clear_upvote(
    dwipp_id: DwippIdParam, member: CurrentMember, reactions: ReactionChanges, limit: ReactionLimit
) -> DwippView:
    """Clear your upvote. Safe to retry, also without an upvote.

    If the Dwipp was deleted, the response is 404, and your upvote and your favorite are removed.
    If moderators removed it, the response is 404, and your upvote is removed.
    """
    return _count_change(limit, partial(reactions.change_upvote, member, dwipp_id, Change.CLEAR))


@router.post("/favorite", summary="Toggle a favorite", responses=_example(upvotes=3, favorited=True) | _REFUSALS)
@counted_as("Reactions")
def toggle_favorite(
    dwipp_id: DwippIdParam, member: ActiveMember, reactions: ReactionChanges, limit: ReactionLimit
) -> DwippView:
    """Set or clear your favorite. Not safe to retry: PUT and DELETE are. Nobody else sees your favorites."""
    return _count_change(limit, partial(reactions.change_favorite, member, dwipp_id, Change.TOGGLE))


@router.put("/favorite", summary="Add a favorite", responses=_example(upvotes=3, favorited=True) | _REFUSALS)
@counted_as("Reactions")
def set_favorite(
    dwipp_id: DwippIdParam, member: ActiveMember, reactions: ReactionChanges, limit: ReactionLimit
) -> DwippView:
    """Set your favorite. Safe to retry: a favorite keeps its place in the list."""
    return _count_change(limit, partial(reactions.change_favorite, member, dwipp_id, Change.SET))


@router.delete("/favorite", summary="Remove a favorite", responses=_example(upvotes=3))
@counted_as("Reactions")
def clear_favorite(
    dwipp_id: DwippIdParam, member: CurrentMember, reactions: ReactionChanges, limit: ReactionLimit
) -> DwippView:
    """Clear your favorite. Safe to retry, also without a favorite.

    If the Dwipp was deleted, the response is 404, and your upvote and your favorite are removed.
    If moderators removed it, the response is 404, and your favorite is removed.
    """
    return _count_change(limit, partial(reactions.change_favorite, member, dwipp_id, Change.CLEAR))
