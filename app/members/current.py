"""The member who makes the request; reading it makes a member of a newcomer."""

from typing import Annotated

from fastapi import Depends

from app.identity import CurrentCaller
from app.members.member import Member
from app.services import AppServices
from app.threads import waiting


@waiting
def _member(caller: CurrentCaller, services: AppServices) -> Member:
    return services.directory.member(caller.id)


CurrentMember = Annotated[Member, Depends(_member)]
