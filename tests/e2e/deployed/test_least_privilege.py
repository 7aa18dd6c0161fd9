"""The role of the function has only the permissions that it requires: without any single one, a request fails."""

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from devstack import clients
from devstack.deployment import Deployment
from devstack.paths import ROOT
from testkit.api_client import PASSWORD, Api
from testkit.templates import load_template
from tests.conftest import Figures
from tests.e2e.deployed.deployed_api import DeployedData, open_deployed_api

pytestmark = pytest.mark.slow

# The policy of the role for the tables and the user pool.
POLICY = "data"
# The index of a statement, an action, and the index of a resource in that statement.
Permission = tuple[int, str, int]


def _load_statements() -> list[dict[str, Any]]:
    """Return the statements of the policy in deploy/role.yml, each with lists of actions and resources."""
    policies = load_template(ROOT / "deploy" / "role.yml")["Resources"]["FunctionRole"]["Properties"]["Policies"]
    (data,) = (policy for policy in policies if policy["PolicyName"] == POLICY)
    return [_to_lists(statement) for statement in data["PolicyDocument"]["Statement"]]


def _to_lists(statement: dict[str, Any]) -> dict[str, Any]:
    """Return the statement with its action and its resource as lists."""
    lists = {name: statement[name] for name in ("Action", "Resource")}
    return statement | {name: value if isinstance(value, list) else [value] for name, value in lists.items()}


PERMISSIONS: list[Permission] = [
    (number, action, index)
    for number, statement in enumerate(_load_statements())
    for action in statement["Action"]
    for index in range(len(statement["Resource"]))
]


def _describe_permission(permission: Permission) -> str:
    number, action, index = permission
    (resource,) = _load_statements()[number]["Resource"][index].values()
    return f"{action} on {resource}"


@contextmanager
def _remove_permission(permission: Permission, deployed: Deployment) -> Iterator[None]:
    """Remove one action on one resource from the role until the block ends."""
    endpoint, region = deployed.aws.endpoint, deployed.settings.region
    iam = clients.iam_client(endpoint, region)
    (role,) = (role["RoleName"] for role in iam.list_roles()["Roles"] if "FunctionRole" in role["RoleName"])
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
    number, action, index = permission
    document = copy.deepcopy(policy)
    statement = _to_lists(document["Statement"].pop(number))
    other_resources = [resource for other, resource in enumerate(statement["Resource"]) if other != index]
    other_actions = [other for other in statement["Action"] if other != action]
    document["Statement"] += [statement | {"Action": [action], "Resource": other_resources}] if other_resources else []
    document["Statement"] += [statement | {"Action": other_actions}] if other_actions else []
    return document


async def _use_every_permission(api: Api, data: DeployedData) -> None:
    """Send requests that require all permissions. Raises AssertionError if one fails."""
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
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
    for read_path in (
        "/v1/dwipps",
        "/v1/users/kay/dwipps",
        "/v1/me/favorites",
        "/v1/me/dwipps",
        "/v1/me/export",
        "/v1/me",
    ):
        await lee.get(read_path)
    assert (await kay.http.delete(path)).status_code == 204
    assert (await lee.http.delete("/v1/me/sessions")).status_code == 204
    await _delete_account(api, data)


async def _delete_account(api: Api, data: DeployedData) -> None:
    mae = await api.create_member("mae")
    await mae.get("/v1/me")
    assert (await mae.http.delete("/v1/me")).status_code == 202
    data.skip_drain_period()
    assert (await mae.http.delete("/v1/me")).status_code == 204
    login = await api.http.post("/v1/auth/login", json={"email": mae.email, "password": PASSWORD})
    assert login.status_code == 401


def _send_all_requests(deployed: Deployment) -> None:
    async def send_all() -> None:
        async with open_deployed_api(deployed) as api:
            await _use_every_permission(api, DeployedData(deployed))

    asyncio.run(send_all())


def test_all_requests_succeed_with_all_permissions(deployed: Deployment, figures: Figures) -> None:
    _send_all_requests(deployed)
    figures("actions on tables, indexes and the pool", len(PERMISSIONS))


@pytest.mark.parametrize("permission", PERMISSIONS, ids=_describe_permission)
def test_request_fails_without_the_permission(permission: Permission, deployed: Deployment) -> None:
    with _remove_permission(permission, deployed), pytest.raises(AssertionError):
        _send_all_requests(deployed)
