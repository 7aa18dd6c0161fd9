"""Suspensions of members in tests, written as a moderator's decision writes them."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.aws.timestamps import now
from app.members.models import Member, Suspension
from app.members.suspensions import SuspensionRepository
from app.openapi.formats import ModerationReason
from devstack import clients
from testkit.api_client import Api, MemberClient
from testkit.members import load_suspended_member

REASON: ModerationReason = "spam"


def make_suspension(until: datetime | None = None, reason: ModerationReason = REASON) -> Suspension:
    """Return a new suspension. Without `until`, it has no end."""
    return Suspension(str(uuid.uuid4()), now(), until, reason)


async def suspend(api: Api, member: MemberClient, until: datetime | None = None) -> None:
    """Suspend a member. Their row must exist, so this reads the profile first."""
    suspension = make_suspension(until)
    await _transact(api, member, lambda store, row: store.suspend_requests(row, member.email, suspension))


async def lift(api: Api, member: MemberClient) -> None:
    """Lift the suspension of a member, which may have ended."""
    await _transact(api, member, lambda store, row: store.lift_requests(row.id, _get(row)))


def _get(row: Member) -> Suspension:
    assert row.last_suspension, "the member was never suspended"
    return row.last_suspension


async def _transact(
    api: Api, member: MemberClient, make_requests: Callable[[SuspensionRepository, Member], list[Any]]
) -> None:
    member_id = (await member.get("/v1/me"))["id"]
    client = clients.dynamodb_client(api.endpoint, api.settings.region)
    store = SuspensionRepository(client, api.settings.members_table)
    row = load_suspended_member(client, api.settings.members_table, member_id)
    client.transact_write_items(TransactItems=make_requests(store, row))
