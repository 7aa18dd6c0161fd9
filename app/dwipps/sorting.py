"""The query parameters that choose the order of everybody's Dwipps."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

from app.rankings.lists import ListName

PERIOD_WITHOUT_TOP = "This parameter requires sort=top."

_Period = Literal["day", "week", "month", "all"]
_ABSENT: Any = None  # Of a union with None, an error would name the members. The document shows no default of None.


async def _ranking(
    sort: Annotated[
        Literal["new", "top", "hot"],
        Query(description="`new`: newest first. `top`: most upvotes first. `hot`: new Dwipps with many upvotes first."),
    ] = "new",
    period: Annotated[
        _Period, Query(description="With `sort=top` only: the age of the Dwipps. By default `day`, the last 24 hours.")
    ] = _ABSENT,
) -> ListName | None:
    if sort == "top":
        return period or "day"
    if period is not _ABSENT:
        flaw = {"type": "period_without_top", "loc": ("query", "period"), "msg": PERIOD_WITHOUT_TOP}
        raise RequestValidationError([flaw])
    return "hot" if sort == "hot" else None


# The ranked list that the parameters choose. None for the newest Dwipps.
Ranking = Annotated[ListName | None, Depends(_ranking)]
