"""`/v1/dwipps/{dwipp_id}/upvote` and `…/favorite`: POST toggles, PUT sets, DELETE clears."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter

from app import errors
from app.dwipps.dependencies import DwippIdParam, Dwipps, Reactions
from app.dwipps.feed import to_view
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippView, dwipp_example
from app.members.dependencies import CurrentMember
from app.members.models import Member
from app.observability.metrics import counted_as
from app.openapi.problem_responses import MEMBER_ERRORS, error_responses
from app.web.routing import ApiRoute

router = APIRouter(
    prefix="/v1/dwipps/{dwipp_id}",
    tags=["reactions"],
    responses=error_responses(*MEMBER_ERRORS, errors.DwippNotFoundError),
    route_class=ApiRoute,
)


def _example(**changes: Any) -> Any:
    return {200: {"content": {"application/json": {"example": dwipp_example(**changes)}}}}


@router.post("/upvote", summary="Toggle an upvote", responses=_example(upvotes=4, upvoted=True))
@counted_as("Reactions")
def toggle_upvote(dwipp_id: DwippIdParam, member: CurrentMember, dwipps: Dwipps, reactions: Reactions) -> DwippView:
    """Set or clear your upvote. Not safe to retry: PUT and DELETE are. You can upvote your own Dwipps."""
    return _upvote(member, dwipp_id, Change.TOGGLE, dwipps, reactions)


@router.put("/upvote", summary="Upvote a Dwipp", responses=_example(upvotes=4, upvoted=True))
@counted_as("Reactions")
def set_upvote(dwipp_id: DwippIdParam, member: CurrentMember, dwipps: Dwipps, reactions: Reactions) -> DwippView:
    """Set your upvote. Safe to retry: each member's upvote counts once."""
    return _upvote(member, dwipp_id, Change.SET, dwipps, reactions)


@router.delete("/upvote", summary="Remove an upvote", responses=_example(upvotes=3))
@counted_as("Reactions")
def clear_upvote(dwipp_id: DwippIdParam, member: CurrentMember, dwipps: Dwipps, reactions: Reactions) -> DwippView:
    """Clear your upvote. Safe to retry, also without an upvote.

    If the Dwipp was deleted, the response is 404, and your upvote and your favorite are removed.
    """
    return _upvote(member, dwipp_id, Change.CLEAR, dwipps, reactions)


@router.post("/favorite", summary="Toggle a favorite", responses=_example(upvotes=3, favorited=True))
@counted_as("Reactions")
def toggle_favorite(dwipp_id: DwippIdParam, member: CurrentMember, dwipps: Dwipps, reactions: Reactions) -> DwippView:
    """Set or clear your favorite. Not safe to retry: PUT and DELETE are. Nobody else sees your favorites."""
    return _favorite(member, dwipp_id, Change.TOGGLE, dwipps, reactions)


@router.put("/favorite", summary="Add a favorite", responses=_example(upvotes=3, favorited=True))
@counted_as("Reactions")
def set_favorite(dwipp_id: DwippIdParam, member: CurrentMember, dwipps: Dwipps, reactions: Reactions) -> DwippView:
    """Set your favorite. Safe to retry: a favorite keeps its place in the list."""
    return _favorite(member, dwipp_id, Change.SET, dwipps, reactions)


@router.delete("/favorite", summary="Remove a favorite", responses=_example(upvotes=3))
@counted_as("Reactions")
def clear_favorite(dwipp_id: DwippIdParam, member: CurrentMember, dwipps: Dwipps, reactions: Reactions) -> DwippView:
    """Clear your favorite. Safe to retry, also without a favorite.

    If the Dwipp was deleted, the response is 404, and your upvote and your favorite are removed.
    """
    return _favorite(member, dwipp_id, Change.CLEAR, dwipps, reactions)


def _upvote(
    member: Member, dwipp_id: str, change: Change, dwipps: DwippRepository, reactions: ReactionRepository
) -> DwippView:
    with _clean_up_after_deletion(member, dwipp_id, change, reactions):
        reaction = reactions.change_upvote(member, dwipp_id, change)
        return to_view(dwipps.get(dwipp_id), reaction)  # Read after the write, for the current count.


def _favorite(
    member: Member, dwipp_id: str, change: Change, dwipps: DwippRepository, reactions: ReactionRepository
) -> DwippView:
    with _clean_up_after_deletion(member, dwipp_id, change, reactions):
        dwipp = dwipps.get(dwipp_id)  # Read before the write, because a favorite needs an existing Dwipp.
        return to_view(dwipp, reactions.change_favorite(member, dwipp_id, change))


@contextmanager
def _clean_up_after_deletion(
    member: Member, dwipp_id: str, change: Change, reactions: ReactionRepository
) -> Iterator[None]:
    """Remove the row of a reaction that a member clears after the Dwipp was deleted. The response is still 404."""
    try:
        yield
    except errors.DwippNotFoundError:
        if change is Change.CLEAR:
            reactions.clear(member, dwipp_id)
        raise
