"""The blocks of a member, for the export and the deletion of the account."""

from collections.abc import Callable, Sequence
from functools import partial

from app.errors import InvalidCursorError
from app.members.blocks import BlockRepository
from app.members.handles import is_handle
from app.members.models import Member
from app.members.personal_data import ExportPart


class BlockData:
    """The handles that a member blocks. If another member blocks this one, the block is the other member's data."""

    name = "blocks"
    sections = frozenset({"blocks"})
    key_prefixes = frozenset({"blocks"})
    first_position = ""

    def __init__(self, blocks: BlockRepository) -> None:
        self._blocks = blocks

    def export(self, member: Member, limit: int, position: str) -> ExportPart:
        """Return handles in sorted order. A position is the last handle of the previous part."""
        if position != self.first_position and not is_handle(position):
            raise InvalidCursorError
        handles = [handle for handle in self._blocks.list_current(member.id) if handle > position]
        return ExportPart({"blocks": handles[:limit]}, handles[limit - 1] if len(handles) > limit else None)

    def erase(self, member: Member, limit: int) -> Sequence[Callable[[], None]]:  # noqa: ARG002 -- one row holds all
        """Return one call that deletes the member's row, or no call if there is no row."""
        return [partial(self._blocks.delete_all, member.id)] if self._blocks.has_row(member.id) else ()
