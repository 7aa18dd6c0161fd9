"""The roles of the functions have only the permissions that they require: without any single one, something fails.

The permissions of the event source mapping are missing here, because the embedded AWS does not enforce them. A rule for
the template checks them: `check_queue_actions` in tests/infrastructure/rules/permissions.py.
"""

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import pytest

from app.jobs.lambda_events import SWEEP_EVENT
from app.jobs.messages import RENEW_RANKING, JobMessage
from app.rankings.lists import LISTS
from devstack import clients
from devstack.deployment import Deployment
from devstack.paths import ROOT
from testkit.api_client import PASSWORD, Api, MemberClient
from testkit.templates import load_template
from tests.conftest import Figures
from tests.e2e.deployed.deployed_api import open_deployed_api
from tests.e2e.deployed.operators import Operator

pytestmark = pytest.mark.slow

# The roles in deploy/role.yml, and their policy for the tables, the user pool and the queue.
ROLES = ("FunctionRole", "WorkerRole")
POLICY = "data"


class Permission(NamedTuple):
    """A permission of a role: the index of a statement, an action, and the index of a resource in that statement."""

    role: str
    statement: int
    action: str
    resource: int


@cache  # The id of each test needs the statements, and YAML is slow to read.
def _load_statements(role: str) -> list[dict[str, Any]]:
    """Return the statements of a role's policy in deploy/role.yml, each with lists of actions and resources."""
    policies = load_template(ROOT / "deploy" / "role.yml")["Resources"][role]["Properties"]["Policies"]
    (data,) = (policy for policy in policies if policy["PolicyName"] == POLICY)
    return [_to_lists(statement) for statement in data["PolicyDocument"]["Statement"]]


def _to_lists(statement: dict[str, Any]) -> dict[str, Any]:
    """Return the statement with its action and its resource as lists."""
    lists = {name: statement[name] for name in ("Action", "Resource")}
    return statement | {name: value if isinstance(value, list) else [value] for name, value in lists.items()}


def _list_permissions(role: str) -> list[Permission]:
    return [
        Permission(role, number, action, index)
        for number, statement in enumerate(_load_statements(role))
        for action in statement["Action"]
        for index in range(len(statement["Resource"]))
    ]


def _describe_permission(permission: Permission) -> str:
    statement = _load_statements(permission.role)[permission.statement]
    (resource,) = statement["Resource"][permission.resource].values()
    return f"{permission.role}: {permission.action} on {resource}"


@contextmanager
def _remove_permission(permission: Permission, deployed: Deployment) -> Iterator[None]:
    """Remove one action on one resource from the role until the block ends."""
    iam = clients.iam_client(deployed.aws.endpoint, deployed.settings.region)
    (role,) = (role["RoleName"] for role in iam.list_roles()["Roles"] if permission.role in role["RoleName"])
    original: Any = iam.get_role_policy(RoleName=role, PolicyName=POLICY)["PolicyDocument"]

    def put_policy(document: Any) -> None:
        iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=json.dumps(document))

    put_policy(_subtract(original, permission))
    try:
        yield
    finally:
        put_policy(original)


def _subtract(policy: Any, permission: Permission) -> Any:
    """Return the policy without one action on one resource."""
    document = copy.deepcopy(policy)
    statement = _to_lists(document["Statement"].pop(permission.statement))
    resources = [each for index, each in enumerate(statement["Resource"]) if index != permission.resource]
    actions = [each for each in statement["Action"] if each != permission.action]
    document["Statement"] += [statement | {"Action": [permission.action], "Resource": resources}] if resources else []
    document["Statement"] += [statement | {"Action": actions}] if actions else []
    return document


async def _send_all_requests(api: Api, operator: Operator) -> None:
    """Send requests that require all permissions of the API. Raises AssertionError if one fails."""
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    moderator = await api.create_moderator()
    await api.register("again@example.org")
    await api.register("again@example.org")
    first = await kay.post_dwipp("First")
    others = [await lee.post_dwipp(f"Between {number}") for number in range(30)]
    await kay.post_dwipp("Last")
    once = await kay.http.post("/v1/dwipps", json={"text": "Once"}, headers={"Idempotency-Key": "once"})
    assert once.status_code == 201
    path = f"/v1/dwipps/{first['id']}"
    assert (await kay.http.patch(path, json={"text": "First!"})).status_code == 200
    for method in ("PUT", "DELETE", "PUT"):
        for reaction in ("upvote", "favorite"):
            assert (await lee.http.request(method, f"{path}/{reaction}")).status_code == 200
    for other in others:
        assert (await lee.http.put(f"/v1/dwipps/{other['id']}/favorite")).status_code == 200
    report = {"reason": "spam"}
    for member, reported in ((lee, path), (kay, f"/v1/dwipps/{others[0]['id']}")):
        assert (await member.http.put(f"{reported}/report", json=report)).status_code == 204
    assert (await kay.http.delete(f"/v1/dwipps/{others[0]['id']}/report")).status_code == 204
    assert len((await moderator.get("/v1/moderation/cases"))["items"]) == 1
    assert len((await moderator.get(f"/v1/moderation/cases/{first['id']}"))["reporters"]) == 1
    suspension = {"until": None, "reason": "spam"}
    assert (await moderator.http.put("/v1/moderation/members/lee/suspension", json=suspension)).status_code == 200
    assert (await moderator.http.delete("/v1/moderation/members/lee/suspension")).status_code == 204
    for read_path in (
        "/v1/dwipps",
        "/v1/users/kay/dwipps",
        f"/v1/dwipps?since={first['id']}",
        f"/v1/dwipps?ids={first['id']}",
        "/v1/dwipps/random",
        "/v1/me/favorites",
        "/v1/me/upvotes",
        "/v1/me/dwipps",
        "/v1/me/export",
        "/v1/me",
    ):
        await lee.get(read_path)
    assert (await kay.http.delete(path)).status_code == 204
    assert (await lee.http.delete("/v1/me/sessions")).status_code == 204
    mae = await api.create_member("mae")
    await mae.get("/v1/me")
    assert (await mae.http.delete("/v1/me")).status_code == 202
    # No response of the API shows that a message was not sent, or that a pending confirmation was not deleted.
    assert operator.count_messages() == 1
    login = await api.http.post("/v1/auth/login", json={"email": mae.email, "password": PASSWORD})
    assert login.status_code == 401, "the response says that the account is not confirmed"


async def _run_all_jobs(api: Api, operator: Operator) -> None:
    """Let the worker do jobs that require all its permissions. Raises AssertionError if one fails."""
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    await kay.post_dwipp("Mine")
    path = f"/v1/dwipps/{(await lee.post_dwipp('Hers'))['id']}"
    for reaction in ("upvote", "favorite"):
        assert (await kay.http.put(f"{path}/{reaction}")).status_code == 200
    assert (await kay.http.put("/v1/users/lee/block")).status_code == 204
    assert (await kay.http.put(f"{path}/report", json={"reason": "spam"})).status_code == 204
    assert (await kay.http.delete("/v1/me")).status_code == 202
    operator.purge_messages()
    operator.age_pending_jobs()
    operator.invoke_worker(SWEEP_EVENT)
    assert operator.count_messages() == 1 + len(LISTS)
    for name in LISTS:
        operator.run_message(JobMessage(kind=RENEW_RANKING, subject=name))
    assert [item["id"] for item in (await lee.get("/v1/dwipps", sort="hot"))["items"]]
    operator.skip_drain_period()
    (message,) = operator.list_pending()
    operator.run_message(message)
    assert operator.list_pending() == []
    await _remove_all_dwipps(api, operator, lee)


async def _remove_all_dwipps(api: Api, operator: Operator, author: MemberClient) -> None:
    """Let the worker remove all Dwipps of a member."""
    moderator = await api.create_moderator()
    handle = (await author.get("/v1/me"))["handle"]
    body = {"until": None, "reason": "spam", "remove_dwipps": True}
    assert (await moderator.http.put(f"/v1/moderation/members/{handle}/suspension", json=body)).status_code == 200
    operator.skip_drain_period()
    (message,) = operator.list_pending()
    operator.run_message(message)
    assert operator.list_pending() == []
    assert (await moderator.get("/v1/dwipps"))["items"] == []


def _use_permissions(role: str, deployed: Deployment) -> None:
    """Do what requires all permissions of a role. Raises AssertionError if a part of it fails.

    The worker gets no messages from the queue: the test invokes it, so that a failure shows at once.
    """
    operator = Operator(deployed)

    async def use() -> None:
        async with open_deployed_api(deployed) as api:
            await (_send_all_requests if role == "FunctionRole" else _run_all_jobs)(api, operator)

    with operator.pause_worker():
        asyncio.run(use())


@pytest.mark.parametrize("role", ROLES)
def test_all_succeeds_with_all_permissions(role: str, deployed: Deployment, figures: Figures) -> None:
    _use_permissions(role, deployed)
    figures(f"actions on tables, indexes, pool and queue: {role}", len(_list_permissions(role)))


@pytest.mark.parametrize("permission", [*chain.from_iterable(map(_list_permissions, ROLES))], ids=_describe_permission)
def test_something_fails_without_the_permission(permission: Permission, deployed: Deployment) -> None:
    with _remove_permission(permission, deployed), pytest.raises(AssertionError):
        _use_permissions(permission.role, deployed)
