"""The moderator who makes a request.

The group of the moderators is read from the access token, so a call asks nobody. A member who left the group keeps the
right until the token expires, for at most 15 minutes.
"""

from typing import Annotated

from fastapi import Depends

from app.auth.dependencies import CurrentPrincipal
from app.errors import ModeratorsOnlyError
from app.members.dependencies import CurrentMember
from app.members.models import Member


async def _require_group(principal: CurrentPrincipal) -> None:
    if not principal.is_moderator:
        raise ModeratorsOnlyError


async def _moderator(_group: Annotated[None, Depends(_require_group)], member: CurrentMember) -> Member:
    """Return the moderator's row, which is read after the check of the group: other callers cost no read."""
    return member


CurrentModerator = Annotated[Member, Depends(_moderator)]
# For a router: all of its routes are for moderators only.
require_moderator = Depends(_moderator)
