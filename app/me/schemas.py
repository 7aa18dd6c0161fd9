"""The account of a member and its export in the API."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.dwipps.schemas import DwippView, Mark, dwipp_example
from app.members.schemas import ModerationAction, OwnProfileView, SuspensionView
from app.openapi import examples
from app.openapi.formats import HandleText
from app.pagination.cursors import CursorText
from app.safety.schemas import OwnReport

# A Dwipp is at most 2 KB of JSON, a decision or a reaction 200 bytes. So a part stays below 1.3 MB, and a Lambda
# response may have 6 MB.
MAX_EXPORT_ITEMS = 500

_PROFILE: Any = {
    "handle": examples.HANDLE,
    "joined_at": examples.JOINED_AT,
    "id": examples.MEMBER_ID,
    "email": examples.EMAIL,
}
_MARK = {"dwipp_id": examples.DWIPP_ID, "at": examples.EDITED_AT}
_EXAMPLE: Any = {
    "profile": _PROFILE,
    "dwipps": [dwipp_example(upvotes=3, upvoted=True, favorited=True)],
    "upvotes": [_MARK],
    "favorites": [_MARK],
    "blocks": [examples.BLOCKED_HANDLE],
    "reports": [],
    "moderation": [],
    "next_cursor": None,
}


# The moderators' decisions on removed Dwipps are in addition to the items of a part, at most one for each.
_SECTION_BOUND: Any = {"maxItems": 2 * MAX_EXPORT_ITEMS}
_SECTION: Any = Field(json_schema_extra=_SECTION_BOUND)


class AccountView(OwnProfileView):
    """The profile of the calling member, the rights of the access token, and the suspension."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROFILE | {"moderator": False, "suspension": None}]})

    moderator: bool = Field(
        description="True if the access token gives the rights of a moderator. A change takes effect at the next login"
        " or refresh.",
    )
    suspension: SuspensionView | None = Field(description="Null if you are not suspended.")


class ExportView(BaseModel):
    """A part of all data about a member. Every part has the profile."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    profile: OwnProfileView
    dwipps: list[DwippView] = _SECTION
    upvotes: list[Mark] = _SECTION
    favorites: list[Mark] = _SECTION
    blocks: list[HandleText] = Field(
        description="The handles of the members whom you block.", json_schema_extra=_SECTION_BOUND
    )
    reports: list[OwnReport] = _SECTION
    moderation: list[ModerationAction] = Field(
        json_schema_extra=_SECTION_BOUND,
        description="The moderators' decisions about you that are in force: removals of Dwipps, and the suspension.",
    )
    next_cursor: CursorText | None = Field(description="The `cursor` of the next part. Null in the last part.")
