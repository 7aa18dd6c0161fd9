"""The export of an account: all personal data of a member, part by part. Independent of HTTP."""

from collections.abc import Sequence
from typing import Any

from app.cognito.user_pool import UserPool
from app.errors import UnauthenticatedError
from app.me.schemas import ExportView
from app.members.models import Member
from app.members.personal_data import PersonalData
from app.members.schemas import OwnProfileView
from app.pagination.cursors import decode_cursor, encode_cursor

# A Dwipp is at most 2 KB of JSON, a reaction 200 bytes. So a part stays below 1.2 MB, and a Lambda response may have 6
# MB.
MAX_EXPORT_ITEMS = 500

_LIST_SECTIONS = tuple(name for name in ExportView.model_fields if name not in ("profile", "next_cursor"))


class Export:
    """The personal data of a member, one store after the other."""

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
        part = self._stores[name].export(member, MAX_EXPORT_ITEMS, position)
        sections: dict[str, Any] = dict.fromkeys(_LIST_SECTIONS, ()) | dict(part.sections)
        following = names[names.index(name) + 1 :]
        next_cursor = None
        if part.next_position is not None:
            next_cursor = encode_cursor(cursor_name, name, part.next_position)
        elif following:
            next_cursor = encode_cursor(cursor_name, following[0], self._stores[following[0]].first_position)
        return ExportView(profile=profile, next_cursor=next_cursor, **sections)

    def _get_profile(self, member: Member) -> OwnProfileView:
        user = self._pool.get_user(member.id)
        if user is None:
            raise UnauthenticatedError
        return OwnProfileView(id=member.id, handle=member.handle, email=user.email, joined_at=member.joined_at)
