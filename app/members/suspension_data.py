"""The suspension of a member, for the export and the deletion of the account."""

from collections.abc import Callable, Sequence

from app.errors import InvalidCursorError
from app.members.models import Member, Suspension
from app.members.personal_data import ExportPart
from app.members.schemas import ModerationAction


class SuspensionData:
    """The suspension of a member, for the export.

    The erasure of the account deletes the member's row. The other row stays until the suspension ends, because a new
    account would lift it otherwise.
    """

    name = "suspension"
    sections = frozenset({"moderation"})
    key_prefixes = frozenset({"suspension"})
    first_position = ""

    def export(self, member: Member, limit: int, position: str) -> ExportPart:  # noqa: ARG002 -- at most one item
        """Return the suspension that is in force."""
        if position != self.first_position:
            raise InvalidCursorError
        return ExportPart({"moderation": _list_actions(member.suspension)}, None)

    def erase(self, member: Member, limit: int) -> Sequence[Callable[[], None]]:  # noqa: ARG002 -- the protocol's
        """Return no calls."""
        return ()


def _list_actions(suspension: Suspension | None) -> list[ModerationAction]:
    if suspension is None:
        return []
    return [ModerationAction(action="suspend", at=suspension.at, until=suspension.until, reason=suspension.reason)]
