"""A deletion whose process is killed at any write is completed by later requests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

import pytest

from app.aws.items import deserialize
from app.aws.timestamps import now
from app.bootstrap import build_container
from app.me import deletion
from app.settings import Settings
from devstack import clients
from devstack.process import Service
from testkit.api_client import Api, MemberClient, open_api
from testkit.engine import Engine
from tests.conftest import NewEngine

WRITE_OPERATIONS = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "AdminDeleteUser")

# The event of botocore at which the process is killed: before or after a write takes effect.
Moment = Literal["before-call", "after-call"]


class KilledError(BaseException):
    """The process was killed."""


@dataclass
class ProcessKiller:
    """A hook that lets some writes pass, and raises at each later write, as if the process had been killed."""

    writes_left: int

    def attach(self, client: Any, moment: Moment) -> None:
        """Count the writes of a client, and raise after the allowed number."""
        for operation in WRITE_OPERATIONS:
            service = client.meta.service_model.service_id.hyphenize()
            client.meta.events.register(f"{moment}.{service}.{operation}", self._count_write)

    def _count_write(self, **_: Any) -> None:
        if self.writes_left <= 0:
            raise KilledError
        self.writes_left -= 1


@dataclass
class Accounts:
    """Kay, the deleted member, and Lee, another member, with the ids of their Dwipps."""

    kay_id: str
    lee: MemberClient
    kays_dwipps: list[str]
    lees_dwipps: list[str]

    @classmethod
    async def from_api(cls, api: Api) -> Self:
        """Create both members, their Dwipps, and reactions of each to Dwipps of both."""
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        kays_dwipps = [(await kay.post_dwipp(f"Of kay {number}"))["id"] for number in range(3)]
        lees_dwipps = [(await lee.post_dwipp(f"Of lee {number}"))["id"] for number in range(3)]
        for member in (kay, lee):
            await member.http.put(f"/v1/dwipps/{lees_dwipps[0]}/upvote")
            await member.http.put(f"/v1/dwipps/{lees_dwipps[1]}/favorite")
        await kay.http.put(f"/v1/dwipps/{lees_dwipps[2]}/upvote")
        await kay.http.put(f"/v1/dwipps/{lees_dwipps[2]}/favorite")
        await kay.http.put(f"/v1/dwipps/{kays_dwipps[0]}/upvote")
        await lee.http.put(f"/v1/dwipps/{kays_dwipps[1]}/upvote")
        return cls((await kay.get("/v1/me"))["id"], lee, kays_dwipps, lees_dwipps)


@pytest.fixture(autouse=True)
def no_drain_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the drain period of deletions, because no other writes run."""
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))


def _finish_deletion(settings: Settings, member_id: str, authenticated_at: datetime) -> None:
    for _ in range(20):
        if build_container(settings).deletion.resume(member_id, authenticated_at) == 0:
            return
    raise AssertionError("the deletion does not end")


def _delete_until_killed(settings: Settings, member_id: str, writes: int, moment: Moment) -> bool:
    """Delete an account, and kill the process after a number of writes. Return True if the deletion ended first."""
    container = build_container(settings)
    killer = ProcessKiller(writes)
    for client in (container.deletion._client, container.user_pool._client):
        killer.attach(client, moment)
    try:
        while container.deletion.resume(member_id, now()):
            pass
    except KilledError:
        return False
    return True


def _scan(settings: Settings, endpoint: str, table: str) -> list[dict[str, Any]]:
    items = clients.dynamodb_client(endpoint, settings.region).scan(TableName=table, ConsistentRead=True)["Items"]
    return [deserialize(item) for item in items]


async def _assert_deleted(api: Api, accounts: Accounts, store: str) -> None:
    settings = api.settings
    feed = {dwipp["id"]: dwipp for dwipp in (await accounts.lee.get("/v1/dwipps"))["items"]}
    assert sorted(feed) == sorted(accounts.lees_dwipps)
    assert [feed[dwipp_id]["upvotes"] for dwipp_id in accounts.lees_dwipps] == [1, 0, 0]
    favorites = (await accounts.lee.get("/v1/me/favorites"))["items"]
    assert [dwipp["id"] for dwipp in favorites] == [accounts.lees_dwipps[1]]
    for row in _scan(settings, store, settings.reactions_table):
        assert row["member_id"] != accounts.kay_id
    members = _scan(settings, store, settings.members_table)
    for row in (row for row in members if accounts.kay_id in str(row)):
        assert "expires_at" in row, "a remaining row does not expire"
        assert "handle" not in row
    assert {"pk": "handle#kay"} in members
    assert build_container(settings).user_pool.get_user(accounts.kay_id) is None


@pytest.fixture(params=["ministack", "dynamodb local"])
def new_tables(
    request: pytest.FixtureRequest, new_settings: Callable[[], Settings], new_engine: NewEngine, embedded: Service
) -> Callable[[], Engine]:
    """Return a function that creates tables in one of the stores."""
    if request.param == "ministack":
        return lambda: Engine(new_settings(), embedded.endpoint, embedded.endpoint)
    return lambda: new_engine("memory_store")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_deletion_killed_at_any_write_ends_on_retry(moment: Moment, new_tables: Callable[[], Engine]) -> None:
    async def kill_and_retry(writes: int) -> bool:
        engine = new_tables()
        async with open_api(engine.settings, engine.aws, "uvicorn") as api:
            accounts = await Accounts.from_api(api)
            authenticated_at = now()
            has_ended = await asyncio.to_thread(_delete_until_killed, api.settings, accounts.kay_id, writes, moment)
            await asyncio.to_thread(_finish_deletion, api.settings, accounts.kay_id, authenticated_at)
            await _assert_deleted(api, accounts, engine.store)
            return has_ended

    for writes in range(100):
        if asyncio.run(kill_and_retry(writes)):
            assert writes > 8, "the deletion has too few writes"
            return
    raise AssertionError("the deletion never ended before it was killed")
