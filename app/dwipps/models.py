"""A Dwipp, its removal by moderators, and a member's reaction to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self

from app.aws.items import deserialize
from app.aws.timestamps import from_text, to_text
from app.dwipps.ids import creation_time
from app.members.audience import Audience
from app.members.models import Member
from app.openapi.formats import ModerationReason


class Removal(NamedTuple):
    """The removal of a Dwipp by moderators.

    Attributes:
        at: the time.
        reason: the reason.
        bulk_id: the id of the bulk removal of all Dwipps of the author. None if the decision was on this Dwipp alone.
    """

    at: datetime
    reason: ModerationReason
    bulk_id: str | None = None

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Return the removal in the attribute of an item."""
        return cls(from_text(value["at"]), value["reason"], value.get("bulk_id"))

    def to_value(self) -> dict[str, str]:
        """Return the attribute of an item."""
        value = {"at": to_text(self.at), "reason": self.reason}
        return value | {"bulk_id": self.bulk_id} if self.bulk_id else value


class Dwipp(NamedTuple):
    """A Dwipp as it is stored."""

    id: str
    text: str
    author_handle: str
    version: int
    upvotes: int
    edited_at: datetime | None
    removed: Removal | None = None

    @classmethod
    def from_item(cls, item: Any) -> Self:
        """Return the Dwipp in an item of the table or of its indexes."""
        values = deserialize(item)
        edited_at, removed = values.get("edited_at"), values.get("removed")
        return cls(
            id=values["dwipp_id"],
            text=values["text"],
            author_handle=values["author_handle"],
            version=int(values["version"]),
            upvotes=int(values["upvotes"]),
            edited_at=from_text(edited_at) if edited_at else None,
            removed=Removal.from_value(removed) if removed else None,
        )

    @property
    def created_at(self) -> datetime:
        """Return the time in the id."""
        return creation_time(self.id)

    def is_visible_to(self, audience: Audience) -> bool:
        """Return True if this audience may see the Dwipp."""
        if self.removed and not audience.may_see_removed_dwipps(self.author_handle):
            return False
        return audience.may_see_member(self.author_handle)


class Reaction(NamedTuple):
    """A member's reactions to one Dwipp: the times of the upvote and of the favorite, None if absent."""

    upvoted_at: datetime | None = None
    favorited_at: datetime | None = None

    @classmethod
    def from_item(cls, item: Any) -> Self:
        """Return the reaction in a row."""
        values = deserialize(item)
        upvoted_at, favorited_at = values.get("upvoted_at"), values.get("favorited_at")
        return cls(
            upvoted_at=from_text(upvoted_at) if upvoted_at else None,
            favorited_at=from_text(favorited_at) if favorited_at else None,
        )


class Favorite(NamedTuple):
    """A row of the favorites index."""

    dwipp_id: str
    favorited_at: str
    reaction: Reaction

    @classmethod
    def from_item(cls, item: Any) -> Self:
        """Return the favorite in an item of the index."""
        values = deserialize(item)
        return cls(values["dwipp_id"], values["favorited_at"], Reaction.from_item(item))

    @property
    def position(self) -> tuple[str, str]:
        """Return the position in the index."""
        return (self.favorited_at, self.dwipp_id)


def new_dwipp(dwipp_id: str, author: Member, text: str) -> Dwipp:
    """Return a Dwipp in its initial state."""
    return Dwipp(dwipp_id, text, author.handle, version=1, upvotes=0, edited_at=None)
