"""The dependencies of routes with a limit. An endpoint makes its write in `with limit.count_write():`.

The endpoint counts the write, and not the dependency. A dependency also runs if the body is invalid, and a request with
an invalid body must not count.
"""

from typing import Annotated, Any

from fastapi import Depends, Request

from app.limits.counters import LimitCounters
from app.limits.limiter import WriteLimit
from app.limits.policies import Kind
from app.members.dependencies import CurrentMember
from app.web.dependencies import provided

Counters = Annotated[LimitCounters, provided("limit_counters")]


def _limit(kind: Kind) -> Any:
    async def limit(request: Request, member: CurrentMember, counters: Counters) -> WriteLimit:
        return WriteLimit(counters, member.id, kind, request.state.response_headers)

    return Depends(limit)


DwippLimit = Annotated[WriteLimit, _limit("dwipps")]
ReactionLimit = Annotated[WriteLimit, _limit("reactions")]
ChangeLimit = Annotated[WriteLimit, _limit("changes")]
SafetyLimit = Annotated[WriteLimit, _limit("safety")]
DecisionLimit = Annotated[WriteLimit, _limit("decisions")]
SuspensionLimit = Annotated[WriteLimit, _limit("suspensions")]
