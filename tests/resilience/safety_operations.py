"""Reports, decisions and suspensions, each with a check of its result."""

from typing import Any

from testkit.api_client import MemberClient
from tests.resilience.departure import finish_jobs_despite_faults, revive_and_finish
from tests.resilience.operation_context import ClientOperation, OperationContext, new_name
from tests.resilience.retrying_client import RetryingClient

_SPAM = {"reason": "spam"}


async def _report(context: OperationContext, client: RetryingClient) -> None:
    path = await context.create_dwipp(context.lee)
    await client.send(context.kay.http, "PUT", f"{path}/report", json=_SPAM)
    assert await _read_counts(context, path) == ("open", 1, {"spam": 1})


async def _change_report(context: OperationContext, client: RetryingClient) -> None:
    path = await _create_reported_dwipp(context)
    await client.send(context.kay.http, "PUT", f"{path}/report", json={"reason": "hate"})
    assert await _read_counts(context, path) == ("open", 1, {"hate": 1})


async def _withdraw(context: OperationContext, client: RetryingClient) -> None:
    path = await _create_reported_dwipp(context)
    await client.send(context.kay.http, "DELETE", f"{path}/report")
    assert await _read_counts(context, path) == ("closed", 0, {})


async def _delete_reported(context: OperationContext, client: RetryingClient) -> None:
    path = await _create_reported_dwipp(context)
    await client.send(context.lee.http, "DELETE", path, accepted_on_retry=("dwipp-not-found",))
    assert await _read_counts(context, path) == ("closed", 1, {"spam": 1})


def _make_decision(*actions: str) -> ClientOperation:
    """Return an operation that makes these decisions on a reported Dwipp. The last one meets the faults."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        path, moderator = await _create_reported_dwipp(context), context.moderator
        decision = f"/v1/moderation/cases/{_id(path)}/decision"
        for action in actions[:-1]:
            assert (await moderator.http.put(decision, json={"action": action, "reason": "spam"})).is_success
        await client.send(moderator.http, "PUT", decision, json={"action": actions[-1], "reason": "spam"})
        assert (await context.kay.http.get(path)).status_code == (404 if actions[-1] == "remove" else 200)
        assert await _read_counts(context, path) == ("closed", 1, {"spam": 1})
        assert [entry["action"] for entry in await _list_log(moderator, dwipp_id=_id(path))] == list(reversed(actions))

    return operation


def _make_suspension(*, remove_dwipps: bool) -> ClientOperation:
    """Return an operation that suspends a member who has a Dwipp."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        (member, path, suspension), moderator = await _create_offender(context), context.moderator
        body = {"until": None, "reason": "spam", "remove_dwipps": remove_dwipps}
        await client.send(moderator.http, "PUT", suspension, json=body)
        assert (await member.http.post("/v1/dwipps", json={"text": "Me again"})).status_code == 403
        await revive_and_finish(context.api)
        assert (await context.lee.http.get(path)).status_code == (404 if remove_dwipps else 200)
        entries = await _list_log(moderator, handle=suspension.split("/")[-2])
        assert [entry["action"] for entry in entries] == (["remove"] if remove_dwipps else []) + ["suspend"]

    return operation


def _make_lift(*, restore_dwipps: bool) -> ClientOperation:
    """Return an operation that lifts a suspension which removed the member's Dwipp."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        (member, path, suspension), moderator = await _create_offender(context), context.moderator
        body = {"until": None, "reason": "spam", "remove_dwipps": True}
        assert (await moderator.http.put(suspension, json=body)).is_success
        await revive_and_finish(context.api)
        query = {"restore_dwipps": str(restore_dwipps).lower()}
        await client.send(moderator.http, "DELETE", suspension, params=query)
        await member.post_dwipp("Me again")
        await revive_and_finish(context.api)
        assert (await context.lee.http.get(path)).status_code == (200 if restore_dwipps else 404)
        entries = await _list_log(moderator, handle=suspension.split("/")[-2])
        lifts = ["dismiss", "lift"] if restore_dwipps else ["lift"]
        assert [entry["action"] for entry in entries] == [*lifts, "remove", "suspend"]

    return operation


async def _run_bulk_job(context: OperationContext, client: RetryingClient) -> None:
    """Suspend a member without faults. Then run the worker with faults, and a second time without."""
    (member, path, suspension), moderator = await _create_offender(context), context.moderator
    second = await context.create_dwipp(member)
    assert (await context.lee.http.put(f"{path}/report", json=_SPAM)).is_success
    body = {"until": None, "reason": "spam", "remove_dwipps": True}
    assert (await moderator.http.put(suspension, json=body)).is_success
    await finish_jobs_despite_faults(context.api, client)
    assert await _read_counts(context, path) == ("closed", 1, {"spam": 1})
    assert [(await context.lee.http.get(each)).status_code for each in (path, second)] == [404, 404]
    assert (await moderator.get(suspension.removesuffix("/suspension")))["removed"] == 2
    assert suspension.split("/")[-2] not in str(
        [row for row in context.engine.scan(context.engine.settings.safety_table) if row["pk"].startswith("pending#")]
    )


def _make_read_operation(path: str) -> ClientOperation:
    """Return an operation that reads a path of the moderators whose content does not change."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        await _create_reported_dwipp(context)
        expected = await context.moderator.get(path)
        assert (await client.send(context.moderator.http, "GET", path)).json() == expected

    return operation


async def _read_case(context: OperationContext, client: RetryingClient) -> None:
    case = f"/v1/moderation/cases/{_id(await _create_reported_dwipp(context))}"
    expected = await context.moderator.get(case)
    assert (await client.send(context.moderator.http, "GET", case)).json() == expected


async def _create_reported_dwipp(context: OperationContext) -> str:
    """Return the path of a new Dwipp by Lee that Kay reported as spam."""
    path = await context.create_dwipp(context.lee)
    assert (await context.kay.http.put(f"{path}/report", json=_SPAM)).is_success
    return path


async def _create_offender(context: OperationContext) -> tuple[MemberClient, str, str]:
    """Return a new member, the path of the member's only Dwipp, and the path of the member's suspension."""
    handle = new_name()
    member = await context.api.create_member(handle)
    return member, await context.create_dwipp(member), f"/v1/moderation/members/{handle}/suspension"


async def _read_counts(context: OperationContext, path: str) -> tuple[str, int, dict[str, int]]:
    """Return the status, the number of reports and the reasons of a case. They equal the rows of the reports."""
    case = await context.moderator.get(f"/v1/moderation/cases/{_id(path)}")
    assert len(case["reporters"]) == case["reports"]
    return case["status"], case["reports"], case["reasons"]


async def _list_log(moderator: MemberClient, **fields: Any) -> list[Any]:
    """Return the entries with these values, newest first."""
    items = (await moderator.get("/v1/moderation/log?limit=100"))["items"]
    return [item for item in items if all(item[name] == value for name, value in fields.items())]


def _id(path: str) -> str:
    return path.rpartition("/")[2]


SAFETY_OPERATIONS: dict[str, ClientOperation] = {
    "report": _report,
    "change a report": _change_report,
    "withdraw a report": _withdraw,
    "delete a reported Dwipp": _delete_reported,
    "remove": _make_decision("remove"),
    "dismiss": _make_decision("dismiss"),
    "restore": _make_decision("remove", "dismiss"),
    "suspend": _make_suspension(remove_dwipps=False),
    "suspend and remove Dwipps": _make_suspension(remove_dwipps=True),
    "lift": _make_lift(restore_dwipps=False),
    "lift and restore Dwipps": _make_lift(restore_dwipps=True),
    "run the job of a bulk decision": _run_bulk_job,
    "read a case": _read_case,
    **{
        f"read {path}": _make_read_operation(path)
        for path in ("/v1/moderation/cases", "/v1/moderation/log", "/v1/moderation/members/lee")
    },
}
