"""The account of a member and its export in the API."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.dwipps.schemas import DwippView, Mark, dwipp_example
from app.members.schemas import ModerationAction, OwnProfileView, SuspensionView
from app.openapi import examples
from app.safety.schemas import OwnReport

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
    dwipps: list[DwippView]
    upvotes: list[Mark]
    favorites: list[Mark]
    blocks: list[str] = Field(description="The handles of the members whom you block.")
    reports: list[OwnReport]
    moderation: list[ModerationAction] = Field(
        description="The moderators' decisions about you that are in force: removals of Dwipps, and the suspension."
    )
    next_cursor: str | None = Field(description="The `cursor` of the next part. Null in the last part.")
