"""The audience of a response: the caller, and the handles that the caller blocks. It decides what the response shows.

An `Audience` checks every response that shows a member or a Dwipp. The table in `tests/api/test_read_paths.py` lists
all operations with such a response.
"""

from dataclasses import dataclass

from app.errors import MemberNotFoundError
from app.members.blocks import BlockRepository


@dataclass(frozen=True, slots=True)
class Audience:
    """What the caller of a request may see: everything except for the blocked handles and their Dwipps."""

    blocked_handles: frozenset[str] = frozenset()

    def may_see_member(self, handle: str) -> bool:
        """Return True if the caller may see the profile of this member, and that member's Dwipps."""
        return handle not in self.blocked_handles


class Audiences:
    """The audiences of requests, by the id of the caller. Each costs one read of DynamoDB."""

    def __init__(self, blocks: BlockRepository) -> None:
        self._blocks = blocks

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
