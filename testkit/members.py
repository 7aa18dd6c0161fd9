"""Members as the repositories know them, whom no directory has."""

import uuid

from app.aws.retries import new_write_deadline
from app.aws.timestamps import now
from app.members.models import Member


def make_author(handle: str = "kay") -> Member:
    """Somebody of this handle, who may write from now on."""
    return Member(str(uuid.uuid4()), handle, now(), new_write_deadline())


def make_member(member_id: str) -> Member:
    """Somebody of this id, who may write from now on."""
    return Member(member_id, "kay", now(), new_write_deadline())
