"""The audience of a response: what the caller may see. It decides what the response shows.

An `Audience` checks every response that shows a member or a Dwipp. The table in `tests/api/test_read_paths.py` lists
all operations with such a response.
"""

from typing import NamedTuple

from app.errors import MemberNotFoundError
from app.members.blocks import BlockRepository
from app.members.directory import Directory


class Audience(NamedTuple):
    """What the caller of a request may see: everything except for blocked handles, their Dwipps, and removed Dwipps.

    Attributes:
        blocked_handles: the handles that the caller blocks.
        own_handle: the handle of the caller, whose own removed Dwipps the response shows. None if it shows none.
        is_moderator: True if the response shows removed Dwipps to the caller, who is a moderator.
    """

    blocked_handles: frozenset[str] = frozenset()
    own_handle: str | None = None
    is_moderator: bool = False

    def may_see_member(self, handle: str) -> bool:
        """Return True if the caller may see the profile of this member, and that member's Dwipps."""
        return handle not in self.blocked_handles

    def may_see_removed_dwipps(self, author_handle: str) -> bool:
        """Return True if the caller may see the removed Dwipps of this author."""
        return self.is_moderator or author_handle == self.own_handle


class Audiences:
    """The audiences of requests, by the id of the caller. Each costs one read of DynamoDB."""

    def __init__(self, blocks: BlockRepository, directory: Directory) -> None:
        self._blocks = blocks
        self._directory = directory

    def get(self, member_id: str) -> Audience:
        """Return the audience of a caller. A block may need a second to take effect."""
        return Audience(self._blocks.list_recent(member_id))

    def get_for_member(self, member_id: str, handle: str) -> Audience:
        """Return the audience of a caller who may see the member with this handle.

        Raises:
            MemberNotFoundError: if the caller may not see the member, the same as for an unknown handle.
        """
        audience = self.get(member_id)
        if not audience.may_see_member(handle):
            raise MemberNotFoundError
        return audience

    def with_removed_dwipps(self, audience: Audience, member_id: str, *, is_moderator: bool) -> Audience:
        """Return the audience of the same caller for a response that can show a removed Dwipp.

        For a moderator, all of them are visible. For other callers, their own are, and another read finds their handle.
        """
        if is_moderator:
            return audience._replace(is_moderator=True)
        return audience._replace(own_handle=self._directory.get_handle(member_id))
