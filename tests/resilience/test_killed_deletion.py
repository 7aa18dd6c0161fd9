"""The deletion of an account, killed at every one of its writes in turn and then asked for again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

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
from tests.resilience.conftest import NewEngine

WRITES = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "AdminDeleteUser")

Moment = Literal["before-call", "after-call"]


class KilledError(BaseException):
    """The process is gone."""


@dataclass
class Killer:
    """Lets so many writes through, and from then on none, as if the process had been killed there."""

    writes_left: int

    def attach(self, client: Any, moment: Moment) -> None:
        for operation in WRITES:
            service = client.meta.service_model.service_id.hyphenize()
            client.meta.events.register(f"{moment}.{service}.{operation}", self._strike)

    def _strike(self, **_: Any) -> None:
        if self.writes_left <= 0:
            raise KilledError
        self.writes_left -= 1


@dataclass
class Scene:
    """Kay, who leaves, and Lee, who stays, with all that each of them holds."""

    kay_id: str
    lee: MemberClient
    of_kay: list[str]
    of_lee: list[str]


async def _set(told: Api) -> Scene:
    kay, lee = await told.member("kay"), await told.member("lee")
    of_kay = [(await kay.post_dwipp(f"Of kay {number}"))["id"] for number in range(3)]
    of_lee = [(await lee.post_dwipp(f"Of lee {number}"))["id"] for number in range(3)]
    for member in (kay, lee):
        await member.http.put(f"/v1/dwipps/{of_lee[0]}/upvote")
        await member.http.put(f"/v1/dwipps/{of_lee[1]}/favorite")
    await kay.http.put(f"/v1/dwipps/{of_lee[2]}/upvote")
    await kay.http.put(f"/v1/dwipps/{of_lee[2]}/favorite")
    await kay.http.put(f"/v1/dwipps/{of_kay[0]}/upvote")
    await lee.http.put(f"/v1/dwipps/{of_kay[1]}/upvote")
    return Scene((await kay.get("/v1/me"))["id"], lee, of_kay, of_lee)


@pytest.fixture(autouse=True)
def nobody_writes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))


def _finish(settings: Settings, member_id: str, since: datetime) -> None:
    for _ in range(20):
        if build_container(settings).deletion.resume(member_id, since) == 0:
            return
    raise AssertionError("it never ends")


def _killed_after(settings: Settings, member_id: str, writes: int, moment: Moment) -> bool:
    """Delete until that many writes are done; whether it came to its end before."""
    services = build_container(settings)
    killer = Killer(writes)
    for client in (services.deletion._client, services.user_pool._client):
        killer.attach(client, moment)
    try:
        while services.deletion.resume(member_id, now()):
            pass
    except KilledError:
        return False
    return True


def _rows(settings: Settings, endpoint: str, table: str) -> list[dict[str, Any]]:
    items = clients.dynamodb(endpoint, settings.region).scan(TableName=table, ConsistentRead=True)["Items"]
    return [deserialize(item) for item in items]


async def _assert_gone(told: Api, scene: Scene, store: str) -> None:
    settings = told.settings
    feed = {dwipp["id"]: dwipp for dwipp in (await scene.lee.get("/v1/dwipps"))["items"]}
    assert sorted(feed) == sorted(scene.of_lee)
    assert [feed[dwipp_id]["upvotes"] for dwipp_id in scene.of_lee] == [1, 0, 0]
    favorites = (await scene.lee.get("/v1/me/favorites"))["items"]
    assert [dwipp["id"] for dwipp in favorites] == [scene.of_lee[1]]
    for row in _rows(settings, store, settings.reactions_table):
        assert row["member_id"] != scene.kay_id
    about_kay = [row for row in _rows(settings, store, settings.members_table) if scene.kay_id in str(row)]
    for row in about_kay:
        assert "expires_at" in row, "what is left goes by itself"
        assert "handle" not in row
    assert {"pk": "handle#kay"} in _rows(settings, store, settings.members_table)
    assert build_container(settings).user_pool.get_user(scene.kay_id) is None


@pytest.fixture(params=["ministack", "dynamodb local"])
def new_place(
    request: pytest.FixtureRequest, new_settings: Callable[[], Settings], new_engine: NewEngine, embedded: Service
) -> Callable[[], Engine]:
    """Makes tables that nobody else uses, in one engine and in the other."""
    if request.param == "ministack":
        return lambda: Engine(new_settings(), embedded.endpoint, embedded.endpoint)
    return lambda: new_engine("in_memory")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_deletion_killed_at_any_write_goes_on_to_its_end(moment: Moment, new_place: Callable[[], Engine]) -> None:
    async def killed_after(writes: int) -> bool:
        place = new_place()
        async with open_api(place.settings, place.aws, "uvicorn") as told:
            scene = await _set(told)
            since = now()
            over = await asyncio.to_thread(_killed_after, told.settings, scene.kay_id, writes, moment)
            await asyncio.to_thread(_finish, told.settings, scene.kay_id, since)
            await _assert_gone(told, scene, place.store)
            return over

    for writes in range(100):
        if asyncio.run(killed_after(writes)):
            assert writes > 8, "there were writes to be killed at"
            return
    raise AssertionError("it never came to its end")
