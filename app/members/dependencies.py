"""The member who makes the request; reading it makes a member of a newcomer."""

from typing import Annotated

from fastapi import Depends

from app.auth.dependencies import CurrentCaller
from app.bootstrap import AppServices
from app.members.models import Member
from app.web.threadpool import waiting


@waiting
def _member(caller: CurrentCaller, services: AppServices) -> Member:
    return services.directory.member(caller.id)


CurrentMember = Annotated[Member, Depends(_member)]
