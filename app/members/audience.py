"""The audience of a response: what the caller may see.

Every response that shows a member or a Dwipp asks an `Audience`. The table in `tests/api/test_read_paths.py` has all
operations with such a response.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from app.errors import DwippNotFoundError, MemberNotFoundError, NotTheAuthorError
from app.members.blocks import BlockRepository


class Post(Protocol):
    """The attributes of a Dwipp that decide who may see it."""

    @property
    def author_handle(self) -> str:
        """Return the handle of the author."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The caller of a request, with the handles of the members whom they block."""

    member_id: str
    blocked_handles: frozenset[str] = frozenset()

    def may_see_member(self, handle: str) -> bool:
        """Return True if the caller may see the profile of this member, and that member's Dwipps."""
        return handle not in self.blocked_handles

    def may_see(self, post: Post) -> bool:
        """Return True if the caller may see the Dwipp."""
        return self.may_see_member(post.author_handle)

    def check(self, post: Post) -> None:
        """Raise an error if the caller may not see the Dwipp.

        Raises:
            DwippNotFoundError: the same as for a Dwipp that does not exist.
        """
        if not self.may_see(post):
            raise DwippNotFoundError


class Audiences:
    """The audiences of requests, by the id of the caller. Each is one read, concurrent with the others of a request."""

    def __init__(self, blocks: BlockRepository) -> None:
        self._blocks = blocks

    def get(self, member_id: str) -> Audience:
        """Return the audience of a caller. A block may need a second to show."""
        return Audience(member_id, self._blocks.list_recent(member_id))

    def get_for_member(self, member_id: str, handle: str) -> Audience:
        """Return the audience of a caller who may see the member with this handle.

        Raises:
            MemberNotFoundError: if the caller may not see the member, the same as for an unknown handle.
        """
        audience = self.get(member_id)
        if not audience.may_see_member(handle):
            raise MemberNotFoundError
        return audience

    @contextmanager
    def hide_refusals(self, member_id: str) -> Iterator[None]:
        """Hide from the caller that a change was refused because of the author, if the caller may not see the Dwipp.

        Raises:
            DwippNotFoundError: if the caller may not see the Dwipp.
            NotTheAuthorError: if the block raised it, and the caller may see the Dwipp.
        """
        try:
            yield
        except NotTheAuthorError as error:
            if not self.get(member_id).may_see_member(error.author_handle):
                raise DwippNotFoundError from error
            raise
