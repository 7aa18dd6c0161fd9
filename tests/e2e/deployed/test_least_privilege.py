"""The function's role has each permission that the code needs, and no other: without any of them something fails."""

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from devstack import clients
from devstack.deployment import Deployment
from testkit.api_client import PASSWORD, Api
from testkit.routes import template
from tests.conftest import Figures
from tests.e2e.deployed.deployed_api import Data, behind

pytestmark = pytest.mark.slow

POLICY = "data"
Permission = tuple[int, str, int]


def _statements() -> list[dict[str, Any]]:
    """Those of the policy in deploy/role.yml, each with lists of actions and resources."""
    policies = template("deploy/role.yml")["Resources"]["FunctionRole"]["Properties"]["Policies"]
    (data,) = (policy for policy in policies if policy["PolicyName"] == POLICY)
    return [_listed(statement) for statement in data["PolicyDocument"]["Statement"]]


def _listed(statement: dict[str, Any]) -> dict[str, Any]:
    lists = {name: statement[name] for name in ("Action", "Resource")}
    return statement | {name: value if isinstance(value, list) else [value] for name, value in lists.items()}


PERMISSIONS: list[Permission] = [
    (number, action, place)
    for number, statement in enumerate(_statements())
    for action in statement["Action"]
    for place in range(len(statement["Resource"]))
]


def _name(permission: Permission) -> str:
    number, action, place = permission
    (resource,) = _statements()[number]["Resource"][place].values()
    return f"{action} on {resource}"


@contextmanager
def _without(permission: Permission, deployed: Deployment) -> Iterator[None]:
    """Take one action on one resource away from the role until the block ends."""
    endpoint, region = deployed.aws.endpoint, deployed.settings.region
    iam = clients.permissions(endpoint, region)
    (role,) = (role["RoleName"] for role in iam.list_roles()["Roles"] if "FunctionRole" in role["RoleName"])
    whole: Any = iam.get_role_policy(RoleName=role, PolicyName=POLICY)["PolicyDocument"]

    def put(document: Any) -> None:
        iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=json.dumps(document))

    put(_less(whole, permission))
    try:
        yield
    finally:
        put(whole)


def _less(whole: Any, permission: Permission) -> Any:
    number, action, place = permission
    document = copy.deepcopy(whole)
    statement = _listed(document["Statement"].pop(number))
    rest = [resource for there, resource in enumerate(statement["Resource"]) if there != place]
    others = [other for other in statement["Action"] if other != action]
    document["Statement"] += [statement | {"Action": [action], "Resource": rest}] if rest else []
    document["Statement"] += [statement | {"Action": others}] if others else []
    return document


async def _everything(api: Api, data: Data) -> None:
    """All that the API can do: whatever is not allowed is an answer that is none of these."""
    kay, lee = await api.member("kay"), await api.member("lee")
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
    for listed in (
        "/v1/dwipps",
        "/v1/users/kay/dwipps",
        "/v1/me/favorites",
        "/v1/me/dwipps",
        "/v1/me/export",
        "/v1/me",
    ):
        await lee.get(listed)
    assert (await kay.http.delete(path)).status_code == 204
    assert (await lee.http.delete("/v1/me/sessions")).status_code == 204
    await _leave(api, data)


async def _leave(api: Api, data: Data) -> None:
    mae = await api.member("mae")
    await mae.get("/v1/me")
    assert (await mae.http.delete("/v1/me")).status_code == 202
    data.outlast()
    assert (await mae.http.delete("/v1/me")).status_code == 204
    login = await api.http.post("/v1/auth/login", json={"email": mae.email, "password": PASSWORD})
    assert login.status_code == 401


def _tell(deployed: Deployment) -> None:
    async def telling() -> None:
        async with behind(deployed) as api:
            await _everything(api, Data(deployed))

    asyncio.run(telling())


def test_with_all_of_them_everything_goes(deployed: Deployment, figures: Figures) -> None:
    _tell(deployed)
    figures("actions on tables, indexes and the pool", len(PERMISSIONS))


@pytest.mark.parametrize("permission", PERMISSIONS, ids=_name)
def test_without_one_of_them_something_fails(permission: Permission, deployed: Deployment) -> None:
    with _without(permission, deployed), pytest.raises(AssertionError):
        _tell(deployed)
