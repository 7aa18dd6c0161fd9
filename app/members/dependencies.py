"""The dependencies of routes on members."""

from typing import Annotated, Any

from fastapi import Depends, Path
from pydantic import AfterValidator

from app.auth.dependencies import CurrentPrincipal
from app.errors import SuspendedError
from app.members.audience import Audiences
from app.members.blocks import BlockRepository
from app.members.directory import Directory
from app.members.models import Member
from app.openapi import examples
from app.openapi.formats import format_timestamp, lower_ascii
from app.web.dependencies import provided
from app.web.threadpool import in_threadpool

Blocks = Annotated[BlockRepository, provided("blocks")]
MemberAudiences = Annotated[Audiences, provided("audiences")]
MemberDirectory = Annotated[Directory, provided("directory")]


def _handle_path(example: str) -> Any:
    return Path(description="The handle of a member. Case-insensitive.", examples=[example])


HandleParam = Annotated[str, AfterValidator(lower_ascii), _handle_path(examples.HANDLE)]
# The example is not the demo member, because members cannot block themselves.
OthersHandleParam = Annotated[str, AfterValidator(lower_ascii), _handle_path(examples.BLOCKED_HANDLE)]


@in_threadpool
def _member(principal: CurrentPrincipal, directory: MemberDirectory) -> Member:
    return directory.get_or_create(principal.id)


CurrentMember = Annotated[Member, Depends(_member)]


async def _active_member(member: CurrentMember) -> Member:
    if member.suspension is not None:
        until = member.suspension.until
        raise SuspendedError(format_timestamp(until) if until else None, member.suspension.reason)
    return member


# A member who is not suspended. Dependencies run before the body is validated, so the 403 precedes a 422.
ActiveMember = Annotated[Member, Depends(_active_member)]
