"""The profile of a member in the API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.openapi import examples
from app.openapi.formats import HandleText, IdText, ModerationReason, Timestamp, bounded
from app.pagination.cursors import Page

_EXAMPLE: Any = {"handle": examples.HANDLE, "joined_at": examples.JOINED_AT}


class ProfileView(BaseModel):
    """The public profile of a member."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    handle: HandleText
    joined_at: Timestamp


class OwnProfileView(ProfileView):
    """The profile of the calling member."""

    id: IdText = Field(description="The `sub` of the member's tokens.")
    email: Annotated[str, bounded(128)]  # The bound of Cognito's usernames.


class SuspensionView(BaseModel):
    """A suspension that is in force. The member cannot create, edit, react, report or block."""

    until: Timestamp | None = Field(description="The end of the suspension. Null if it has no end.")
    reason: ModerationReason


class ModerationAction(BaseModel):
    """A decision of the moderators that concerns the member."""

    action: Literal["suspend", "remove"]
    at: Timestamp
    dwipp_id: IdText | None = Field(None, description="The removed Dwipp. Null for a suspension.")
    until: Timestamp | None = Field(None, description="The end of a suspension. Null if it has no end.")
    reason: ModerationReason


class BlockView(BaseModel):
    """A blocked member."""

    handle: HandleText


class BlockPage(Page[BlockView]):
    """A page of the members whom the caller blocks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [{"handle": examples.BLOCKED_HANDLE}], "next_cursor": None}],
        }
    )
