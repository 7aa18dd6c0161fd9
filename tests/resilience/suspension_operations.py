"""Suspensions, with and without the removal of all Dwipps, each with a check of its result."""

from dataclasses import dataclass
from typing import Any, Self

from testkit.api_client import MemberClient
from tests.resilience.case_operations import SPAM, list_actions, read_counts
from tests.resilience.departure import finish_jobs_despite_faults, revive_and_finish
from tests.resilience.operation_context import ClientOperation, OperationContext, new_name
from tests.resilience.retrying_client import RetryingClient

_REMOVAL: dict[str, Any] = {"until": None, "reason": "spam", "remove_dwipps": True}


@dataclass(frozen=True, slots=True)
class _Offender:
    """A new member who is to be suspended.

    Attributes:
        member: a client of the member.
        handle: the handle.
        dwipp_path: the path of the member's first Dwipp.
    """

    member: MemberClient
    handle: str
    dwipp_path: str

    @classmethod
    async def create(cls, context: OperationContext) -> Self:
        """Create the member and the Dwipp."""
        handle = new_name()
        member = await context.api.create_member(handle)
        return cls(member, handle, await context.create_dwipp(member))

    @property
    def suspension_path(self) -> str:
        return f"/v1/moderation/members/{self.handle}/suspension"

    async def suspend(self, moderator: MemberClient) -> None:
        """Suspend the member, and request the removal of all Dwipps."""
        assert (await moderator.http.put(self.suspension_path, json=_REMOVAL)).is_success


def _make_suspension(*, remove_dwipps: bool) -> ClientOperation:
    """Return an operation that suspends a member who has a Dwipp."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        offender = await _Offender.create(context)
        body = {**_REMOVAL, "remove_dwipps": remove_dwipps}
        await client.send(context.moderator.http, "PUT", offender.suspension_path, json=body)
        assert (await offender.member.http.post("/v1/dwipps", json={"text": "Me again"})).status_code == 403
        await revive_and_finish(context.api)
        assert (await context.lee.http.get(offender.dwipp_path)).status_code == (404 if remove_dwipps else 200)
        expected = ["remove", "suspend"] if remove_dwipps else ["suspend"]
        assert await list_actions(context.moderator, handle=offender.handle) == expected

    return operation


def _make_lift(*, restore_dwipps: bool) -> ClientOperation:
    """Return an operation that lifts a suspension which removed the member's Dwipp."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        offender = await _Offender.create(context)
        await offender.suspend(context.moderator)
        await revive_and_finish(context.api)
        query = {"restore_dwipps": str(restore_dwipps).lower()}
        await client.send(context.moderator.http, "DELETE", offender.suspension_path, params=query)
        await offender.member.post_dwipp("Me again")
        await revive_and_finish(context.api)
        assert (await context.lee.http.get(offender.dwipp_path)).status_code == (200 if restore_dwipps else 404)
        lifts = ["dismiss", "lift"] if restore_dwipps else ["lift"]
        assert await list_actions(context.moderator, handle=offender.handle) == [*lifts, "remove", "suspend"]

    return operation


async def _run_bulk_job(context: OperationContext, client: RetryingClient) -> None:
    """Suspend a member without faults. Then run the worker with faults, and a second time without faults."""
    offender = await _Offender.create(context)
    second = await context.create_dwipp(offender.member)
    assert (await context.lee.http.put(f"{offender.dwipp_path}/report", json=SPAM)).is_success
    await offender.suspend(context.moderator)
    await finish_jobs_despite_faults(context.api, client)
    assert await read_counts(context, offender.dwipp_path) == ("closed", 1, {"spam": 1})
    for path in (offender.dwipp_path, second):
        assert (await context.lee.http.get(path)).status_code == 404
    assert (await context.moderator.get(f"/v1/moderation/members/{offender.handle}"))["removed"] == 2
    rows = context.engine.scan(context.engine.settings.safety_table)
    assert offender.handle not in str([row for row in rows if row["pk"].startswith("pending#")])


SUSPENSION_OPERATIONS: dict[str, ClientOperation] = {
    "suspend": _make_suspension(remove_dwipps=False),
    "suspend and remove Dwipps": _make_suspension(remove_dwipps=True),
    "lift": _make_lift(restore_dwipps=False),
    "lift and restore Dwipps": _make_lift(restore_dwipps=True),
    "run the job of a bulk decision": _run_bulk_job,
}
