"""The parameters of the list of all Dwipps, and the rules for them.

sort    the order
period  only with `sort=top`
since   the id of a Dwipp; only with `sort=new`
ids     the ids of Dwipps; no other parameter beside it
"""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.dwipps.ids import is_id
from app.openapi import examples
from app.openapi.formats import WithoutNull, lower_ascii
from app.pagination.cursors import CURSOR_DESCRIPTION, DEFAULT_LIMIT, LIMIT_DESCRIPTION, CursorText, Limit, PageRequest
from app.rankings.lists import ListName

MAX_IDS = 100

BESIDE_IDS = "This parameter is not allowed beside `ids`."
SENT_TWICE = "Send this parameter once, with commas between the ids."
ONLY_WITH_NEW = "This parameter is allowed with `sort=new` only."
ONLY_WITH_TOP = "This parameter is allowed with `sort=top` only."

Sort = Literal["new", "top", "hot"]
Period = Literal["day", "week", "month", "all"]

# The form of an id for the OpenAPI document. Ids are case-insensitive (RFC 9562, section 4).
_ID_PATTERN = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}"


def _normalize_id(text: str) -> str:
    dwipp_id = lower_ascii(text)
    if not is_id(dwipp_id):
        raise PydanticCustomError("dwipp_id", "This is not the id of a Dwipp, a UUID of version 7.")
    return dwipp_id


def _normalize_ids(text: str) -> str:
    dwipp_ids = lower_ascii(text).split(",")
    if len(dwipp_ids) > MAX_IDS:
        raise PydanticCustomError("dwipp_ids", "A request has at most {max} ids.", {"max": MAX_IDS})
    for number, dwipp_id in enumerate(dwipp_ids, 1):
        if not is_id(dwipp_id):
            message = "Id {number} is not the id of a Dwipp, a UUID of version 7. Separate ids by commas only."
            raise PydanticCustomError("dwipp_ids", message, {"number": number})
        if dwipp_id in dwipp_ids[: number - 1]:
            raise PydanticCustomError("dwipp_ids", "Id {number} is repeated.", {"number": number})
    return ",".join(dwipp_ids)


# The id of a Dwipp in lower case.
_Id = Annotated[str, AfterValidator(_normalize_id)]
# Different ids of Dwipps in lower case, separated by commas.
_IdList = Annotated[str, AfterValidator(_normalize_ids)]


class ListingQuery(BaseModel):
    """The parameters of one request. `find_conflicts` tells which of them do not go together.

    The document has no defaults: a generated client would send them, also beside `ids`.
    """

    sort: Annotated[Sort | None, WithoutNull()] = Field(
        None,
        description="`new` (default): newest first. `top`: most upvotes first. `hot`: new Dwipps with many upvotes"
        " first.",
    )
    period: Annotated[Period | None, WithoutNull()] = Field(
        None, description="The age of the ranked Dwipps, `day` by default: the last 24 hours. With `sort=top` only."
    )
    since: Annotated[_Id | None, WithoutNull()] = Field(
        None,
        description="The id of a Dwipp. The list ends with the Dwipps that are up to 30 seconds older. With `sort=new`"
        " only. Case-insensitive.",
        json_schema_extra={"pattern": f"^{_ID_PATTERN}$", "examples": [examples.DWIPP_ID]},
    )
    ids: Annotated[_IdList | None, WithoutNull()] = Field(
        None,
        description="1 to 100 different ids of Dwipps, separated by commas. No other parameter beside it."
        " Case-insensitive.",
        json_schema_extra={
            "pattern": f"^{_ID_PATTERN}(?:,{_ID_PATTERN}){{0,{MAX_IDS - 1}}}$",
            "examples": [f"{examples.OTHERS_DWIPP_ID},{examples.DWIPP_ID}"],
        },
    )
    limit: Annotated[Limit | None, WithoutNull()] = Field(
        None, description=f"{LIMIT_DESCRIPTION[:-1]}, {DEFAULT_LIMIT} by default."
    )
    cursor: Annotated[CursorText | None, WithoutNull()] = Field(None, description=CURSOR_DESCRIPTION)

    @property
    def page(self) -> PageRequest:
        """Return the size of the page, and its cursor."""
        return PageRequest(self.limit or DEFAULT_LIMIT, self.cursor)

    @property
    def ranking(self) -> ListName | None:
        """Return the ranked list that the parameters choose. None for the newest Dwipps."""
        if self.sort == "top":
            return self.period or "day"
        return "hot" if self.sort == "hot" else None

    @property
    def dwipp_ids(self) -> list[str]:
        """Return the ids of the Dwipps to read, in this order. Empty without `ids`."""
        return self.ids.split(",") if self.ids else []

    def find_conflicts(self, names: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield the name of each parameter that the others exclude, and the reason.

        Args:
            names: the names of all parameters of the request, as often as they were sent.
        """
        sort = self.sort or "new"
        if self.ids:
            # The last of several would win. That would silently drop the ids of the others.
            if Counter(names)["ids"] > 1:
                yield "ids", SENT_TWICE
            for name in sorted(set(names) - {"ids"}):
                yield name, BESIDE_IDS
            return
        if self.since and sort != "new":
            yield "since", ONLY_WITH_NEW
        if self.period and sort != "top":
            yield "period", ONLY_WITH_TOP
