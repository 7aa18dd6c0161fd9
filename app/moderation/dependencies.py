"""The moderator who makes a request.

The access token has the groups of its user, so the check makes no call to Cognito. A member who was removed from the
group keeps the right until the token expires, for at most 15 minutes.
"""

from typing import Annotated

from fastapi import Depends

from app.auth.dependencies import CurrentPrincipal
from app.errors import ModeratorsOnlyError
from app.members.dependencies import ActiveMember
from app.members.models import Member
from app.moderation.case_pages import CasePages
from app.moderation.decisions import Decisions
from app.moderation.log import ModerationLog
from app.moderation.records import Records
from app.moderation.sanctions import Sanctions
from app.web.dependencies import provided

Cases = Annotated[CasePages, provided("moderation.case_pages")]
CaseDecisions = Annotated[Decisions, provided("moderation.decisions")]
MemberRecords = Annotated[Records, provided("moderation.records")]
MemberSanctions = Annotated[Sanctions, provided("moderation.sanctions")]
Log = Annotated[ModerationLog, provided("moderation.log")]


async def _require_group(principal: CurrentPrincipal) -> None:
    if not principal.is_moderator:
        raise ModeratorsOnlyError


async def _moderator(_group: Annotated[None, Depends(_require_group)], member: ActiveMember) -> Member:
    """Return the moderator. The member's row is read after the check of the group, so other callers cost no read."""
    return member


CurrentModerator = Annotated[Member, Depends(_moderator)]
# For a router: all of its routes are for moderators only.
require_moderator = Depends(_moderator)
