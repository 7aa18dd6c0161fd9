"""`/v1/dwipps/{id}/upvote` and `…/favorite`: POST toggles, PUT sets, DELETE clears."""

from fastapi import APIRouter

from app import errors
from app.bootstrap import AppServices, Services
from app.dwipps.feed import view
from app.dwipps.reactions import Wish, absent, present, toggled
from app.dwipps.schemas import DwippView
from app.members.dependencies import CurrentMember
from app.members.models import Member
from app.openapi.document import OF_MEMBERS, documented
from app.web.threadpool import Route

router = APIRouter(
    prefix="/v1/dwipps/{dwipp_id}",
    tags=["reactions"],
    responses=documented(*OF_MEMBERS, errors.DwippNotFoundError),
    route_class=Route,
)


@router.post("/upvote")
def toggle_upvote(dwipp_id: str, member: CurrentMember, services: AppServices) -> DwippView:
    """Upvote a Dwipp, or take the upvote back.

    It turns over what is there, so it is not safe to repeat: PUT and DELETE are. Your own Dwipps can be upvoted too.
    """
    return _upvote(dwipp_id, member, services, toggled)


@router.put("/upvote")
def set_upvote(dwipp_id: str, member: CurrentMember, services: AppServices) -> DwippView:
    """Upvote a Dwipp.

    Safe to repeat: a member's upvote counts once.
    """
    return _upvote(dwipp_id, member, services, present)


@router.delete("/upvote")
def clear_upvote(dwipp_id: str, member: CurrentMember, services: AppServices) -> DwippView:
    """Take an upvote back.

    Safe to repeat, and where there is none.
    """
    return _upvote(dwipp_id, member, services, absent)


@router.post("/favorite")
def toggle_favorite(dwipp_id: str, member: CurrentMember, services: AppServices) -> DwippView:
    """Make a Dwipp a favorite, or no longer.

    It turns over what is there, so it is not safe to repeat: PUT and DELETE are. Nobody else sees your favorites.
    """
    return _favorite(dwipp_id, member, services, toggled)


@router.put("/favorite")
def set_favorite(dwipp_id: str, member: CurrentMember, services: AppServices) -> DwippView:
    """Make a Dwipp a favorite.

    Safe to repeat: it keeps its place in the list.
    """
    return _favorite(dwipp_id, member, services, present)


@router.delete("/favorite")
def clear_favorite(dwipp_id: str, member: CurrentMember, services: AppServices) -> DwippView:
    """Make a Dwipp no favorite any longer.

    Safe to repeat, and where it is none.
    """
    return _favorite(dwipp_id, member, services, absent)


def _upvote(dwipp_id: str, member: Member, services: Services, wish: Wish) -> DwippView:
    reaction = services.reactions.upvote(member, dwipp_id, wish)
    return view(services.dwipps.get(dwipp_id), reaction)  # Read afterwards, for the count as it is now.


def _favorite(dwipp_id: str, member: Member, services: Services, wish: Wish) -> DwippView:
    dwipp = services.dwipps.get(dwipp_id)  # Read before, since there is no favorite without its Dwipp.
    return view(dwipp, services.reactions.favorite(member, dwipp_id, wish))
