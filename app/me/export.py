"""The export of an account: all personal data of a member, part by part."""

from collections.abc import Sequence
from typing import Any

from app.cognito.user_pool import UserPool
from app.errors import UnauthenticatedError
from app.me.schemas import MAX_EXPORT_ITEMS, ExportView
from app.members.models import Member
from app.members.personal_data import PersonalData
from app.members.schemas import OwnProfileView
from app.pagination.cursors import decode_cursor, encode_cursor

_LIST_SECTIONS = tuple(name for name in ExportView.model_fields if name not in ("profile", "next_cursor"))


class Export:
    """The personal data of a member, one store after the other. A part is filled across stores."""

    def __init__(self, pool: UserPool, stores: Sequence[PersonalData]) -> None:
        self._pool = pool
        self._stores = {store.name: store for store in stores if store.sections}

    def get_part(self, member: Member, cursor: str | None) -> ExportView:
        """Return the part after a cursor, or the first part.

        Raises:
            InvalidCursorError: if the cursor does not belong to the export of this member.
        """
        cursor_name = f"export {member.id}"
        names = list(self._stores)
        name, position = names[0], self._stores[names[0]].first_position
        if cursor is not None:
            name, position = decode_cursor(cursor_name, cursor, self._stores.__contains__, str.isascii)
        profile = self._get_profile(member)  # First, because a deleted user must not cost the reads below.
        sections, next_position = self._read(member, names[names.index(name) :], position)
        next_cursor = encode_cursor(cursor_name, *next_position) if next_position else None
        return ExportView(profile=profile, next_cursor=next_cursor, **sections)

    def _read(
        self, member: Member, names: Sequence[str], position: str
    ) -> tuple[dict[str, Any], tuple[str, str] | None]:
        """Read from a position in the first of these stores on, until the part is full.

        Return the sections, and the store and the position at which the next part begins, None after the last part.
        """
        sections: dict[str, list[Any]] = {section: [] for section in _LIST_SECTIONS}
        capacity = MAX_EXPORT_ITEMS
        for name in names:
            store = self._stores[name]
            start = position if name == names[0] else store.first_position
            if capacity <= 0:
                return sections, (name, start)
            part = store.export(member, capacity, start)
            for section, items in part.sections.items():
                sections[section] += items
            if part.next_position is not None:
                return sections, (name, part.next_position)
            capacity -= sum(map(len, part.sections.values()))
        return sections, None

    def _get_profile(self, member: Member) -> OwnProfileView:
        user = self._pool.get_user(member.id)
        if user is None:
            raise UnauthenticatedError
        return OwnProfileView(id=member.id, handle=member.handle, email=user.email, joined_at=member.joined_at)
