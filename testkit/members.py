"""Members for tests of repositories."""

import uuid
from dataclasses import replace
from typing import Any

from app.aws.items import deserialize, serialize
from app.aws.retries import new_write_deadline
from app.aws.timestamps import now
from app.members.models import Member
from app.members.suspensions import last_from_map, select_in_force


def make_author(handle: str = "kay") -> Member:
    """Return a member with this handle, a new id and a new write deadline."""
    return Member(str(uuid.uuid4()), handle, now(), new_write_deadline())


def make_member(member_id: str, handle: str = "kay") -> Member:
    """Return a member with this id and a new write deadline."""
    return Member(member_id, handle, now(), new_write_deadline())


def load_suspended_member(client: Any, table: str, member_id: str) -> Member:
    """Return the member with the suspension in their row."""
    response = client.get_item(TableName=table, Key=serialize({"pk": f"member#{member_id}"}), ConsistentRead=True)
    row = deserialize(response.get("Item", {}))
    last = last_from_map(row.get("suspension"))
    return replace(make_member(member_id), suspension=select_in_force(last), last_suspension=last)
