"""Reports and decisions, each with a check of its result."""

from testkit.api_client import MemberClient
from tests.resilience.operation_context import ClientOperation, OperationContext
from tests.resilience.retrying_client import RetryingClient

SPAM = {"reason": "spam"}


async def _report(context: OperationContext, client: RetryingClient) -> None:
    path = await context.create_dwipp(context.lee)
    await client.send(context.kay.http, "PUT", f"{path}/report", json=SPAM)
    assert await read_counts(context, path) == ("open", 1, {"spam": 1})


async def _change_report(context: OperationContext, client: RetryingClient) -> None:
    path = await _create_reported_dwipp(context)
    await client.send(context.kay.http, "PUT", f"{path}/report", json={"reason": "hate"})
    assert await read_counts(context, path) == ("open", 1, {"hate": 1})


async def _withdraw(context: OperationContext, client: RetryingClient) -> None:
    path = await _create_reported_dwipp(context)
    await client.send(context.kay.http, "DELETE", f"{path}/report")
    assert await read_counts(context, path) == ("closed", 0, {})


async def _delete_reported(context: OperationContext, client: RetryingClient) -> None:
    path = await _create_reported_dwipp(context)
    await client.send(context.lee.http, "DELETE", path, accepted_on_retry=("dwipp-not-found",))
    assert await read_counts(context, path) == ("closed", 1, {"spam": 1})


def _make_decision(*actions: str) -> ClientOperation:
    """Return an operation that makes these decisions on a reported Dwipp. The faults hit the last decision."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        path, moderator = await _create_reported_dwipp(context), context.moderator
        decision = f"/v1/moderation/cases/{_id(path)}/decision"
        for action in actions[:-1]:
            assert (await moderator.http.put(decision, json={"action": action, "reason": "spam"})).is_success
        await client.send(moderator.http, "PUT", decision, json={"action": actions[-1], "reason": "spam"})
        assert (await context.kay.http.get(path)).status_code == (404 if actions[-1] == "remove" else 200)
        assert await read_counts(context, path) == ("closed", 1, {"spam": 1})
        assert await list_actions(moderator, dwipp_id=_id(path)) == list(reversed(actions))

    return operation


def _make_read_operation(path: str) -> ClientOperation:
    """Return an operation by a moderator that reads a path whose content does not change."""

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
    assert (await context.kay.http.put(f"{path}/report", json=SPAM)).is_success
    return path


async def read_counts(context: OperationContext, path: str) -> tuple[str, int, dict[str, int]]:
    """Return the status, the number of reports and the reasons of a case. The number equals that of the reporters."""
    case = await context.moderator.get(f"/v1/moderation/cases/{_id(path)}")
    assert len(case["reporters"]) == case["reports"]
    return case["status"], case["reports"], case["reasons"]


async def list_actions(moderator: MemberClient, **fields: str) -> list[str]:
    """Return the actions of the log entries with these values, newest first."""
    entries = (await moderator.get("/v1/moderation/log?limit=100"))["items"]
    return [entry["action"] for entry in entries if all(entry[name] == value for name, value in fields.items())]


def _id(path: str) -> str:
    return path.rpartition("/")[2]


CASE_OPERATIONS: dict[str, ClientOperation] = {
    "report": _report,
    "change a report": _change_report,
    "withdraw a report": _withdraw,
    "delete a reported Dwipp": _delete_reported,
    "remove": _make_decision("remove"),
    "dismiss": _make_decision("dismiss"),
    "restore": _make_decision("remove", "dismiss"),
    "read a case": _read_case,
    **{
        f"read {path}": _make_read_operation(path)
        for path in ("/v1/moderation/cases", "/v1/moderation/log", "/v1/moderation/members/lee")
    },
}
