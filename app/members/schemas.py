"""What the API says of members."""

from datetime import datetime

from pydantic import BaseModel, Field


class ProfileView(BaseModel):
    """What everybody may know of a member."""

    handle: str
    joined_at: datetime


class OwnProfileView(ProfileView):
    """What members may know of themselves."""

    id: str = Field(description="The `sub` of the member's tokens.")
    email: str
