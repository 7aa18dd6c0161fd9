"""Members for tests of repositories. They have no row in a table."""

import uuid

from app.aws.retries import new_write_deadline
from app.aws.timestamps import now
from app.members.models import Member


def make_author(handle: str = "kay") -> Member:
    """Return a member with this handle, a new id and a new write deadline."""
    return Member(str(uuid.uuid4()), handle, now(), new_write_deadline())


def make_member(member_id: str) -> Member:
    """Return a member with this id and a new write deadline."""
    return Member(member_id, "kay", now(), new_write_deadline())
