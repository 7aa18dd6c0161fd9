"""The deployed worker deletes accounts, decides in bulk, revives lost jobs, and leaves unreadable messages alone."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest

from app.jobs.messages import DELETE_ACCOUNT, JobMessage
from devstack import clients
from devstack.deployment import WORKER_FUNCTION, Deployment
from testkit.api_client import PASSWORD, Api, MemberClient
from tests.conftest import Figures
from tests.e2e.deployed.deployed_api import open_deployed_api
from tests.e2e.deployed.operators import Operator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# The drain period is one minute.
_MAX_DELETION_SECONDS = 120.0
_MAX_REVIVAL_SECONDS = 30.0


@pytest.fixture
def operator(deployed: Deployment) -> Operator:
    return Operator(deployed)


@pytest.fixture
async def api(deployed: Deployment) -> AsyncIterator[Api]:
    """Open the API of the deployment, without data."""
    async with open_deployed_api(deployed) as api:
        yield api


@pytest.fixture
def schedule(deployed: Deployment) -> Any:
    """Return the target of the only rule of EventBridge that is enabled. That of the heartbeat is not."""
    events = boto3.client(
        "events",
        endpoint_url=deployed.aws.endpoint,
        region_name=deployed.settings.region,
        aws_access_key_id=clients.ACCESS_KEY,
        aws_secret_access_key=clients.SECRET_KEY,
    )
    (rule,) = (rule for rule in events.list_rules()["Rules"] if rule["State"] == "ENABLED")
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    return target


async def _delete_account(member: MemberClient) -> None:
    assert (await member.http.delete("/v1/me")).status_code == 202


async def _can_log_in(api: Api, member: MemberClient) -> bool:
    response = await api.http.post("/v1/auth/login", json={"email": member.email, "password": PASSWORD})
    return response.status_code == 200


async def test_one_request_deletes_an_account(api: Api, figures: Figures) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp = await kay.post_dwipp("Socks are sleeping bags for feet.")
    lees = await lee.post_dwipp("Ice is water that sits still.")
    assert (await kay.http.put(f"/v1/dwipps/{lees['id']}/upvote")).status_code == 200
    started = time.monotonic()
    await _delete_account(kay)
    assert not await _can_log_in(api, kay)
    while (await kay.http.delete("/v1/me")).status_code == 202:
        assert time.monotonic() - started < _MAX_DELETION_SECONDS
        await asyncio.sleep(1)
    figures("seconds from the request to the end of a deletion", round(time.monotonic() - started, 1))
    assert (await kay.http.delete("/v1/me")).status_code == 204
    assert (await lee.http.get(f"/v1/dwipps/{dwipp['id']}")).status_code == 404
    assert (await lee.get(f"/v1/dwipps/{lees['id']}"))["upvotes"] == 0
    await api.confirm(await api.register(kay.email), kay.email)
    assert await _can_log_in(api, kay)


async def test_schedule_revives_a_lost_job(api: Api, operator: Operator, schedule: Any) -> None:
    kay = await api.create_member("kay")
    with operator.pause_worker():
        await _delete_account(kay)
        operator.purge_messages()
        operator.skip_drain_period()
        operator.age_pending_jobs()
        operator.skip_renewals()
        assert schedule["Arn"].endswith(f":function:{WORKER_FUNCTION}")
        assert operator.invoke_worker(json.loads(schedule["Input"])) is None
        assert operator.count_messages() == 1
    await operator.wait_for_jobs(_MAX_REVIVAL_SECONDS)
    assert (await kay.http.delete("/v1/me")).status_code == 204


async def test_schedule_renews_top_and_hot(api: Api, operator: Operator, schedule: Any) -> None:
    kay = await api.create_member("kay")
    old, best, new = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(3)]
    assert (await kay.http.put(f"/v1/dwipps/{best}/upvote")).status_code == 200
    assert operator.invoke_worker(json.loads(schedule["Input"])) is None
    await operator.wait_for_jobs(_MAX_REVIVAL_SECONDS)
    for params in ({"sort": "hot"}, {"sort": "top"}, {"sort": "top", "period": "all"}):
        page = await kay.get("/v1/dwipps", **params)
        assert [item["id"] for item in page["items"]] == [best, new, old]
        assert page["as_of"]


async def test_unreadable_message_becomes_a_dead_letter_and_blocks_nothing(api: Api, operator: Operator) -> None:
    kay = await api.create_member("kay")
    unreadable = (
        JobMessage(kind=DELETE_ACCOUNT, subject=str(uuid.uuid4())).to_json().replace('"version":1', '"version":2')
    )
    with operator.shorten_visibility(seconds=1):
        operator.send(unreadable)
        await _delete_account(kay)
        await operator.finish_jobs()
        deadline = time.monotonic() + _MAX_REVIVAL_SECONDS
        while operator.read_dead_letters() != [unreadable]:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
    assert (await kay.http.delete("/v1/me")).status_code == 204


async def test_bulk_decision_removes_and_restores(api: Api, operator: Operator) -> None:
    kay, lee, moderator = await api.create_member("kay"), await api.create_member("lee"), await api.create_moderator()
    dwipp_ids = {(await lee.post_dwipp(f"Socks {number}"))["id"] for number in range(3)}
    path, body = "/v1/moderation/members/lee/suspension", {"until": None, "reason": "spam", "remove_dwipps": True}
    assert (await moderator.http.put(path, json=body)).status_code == 200
    await operator.finish_jobs()
    assert (await kay.get("/v1/dwipps"))["items"] == []
    assert (await moderator.http.delete(f"{path}?restore_dwipps=true")).status_code == 204
    await operator.finish_jobs()
    assert {item["id"] for item in (await kay.get("/v1/dwipps"))["items"]} == dwipp_ids
