"""Top and hot show snapshots in their order, with the current Dwipps, and without those that the reader may not see."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.aws.items import serialize
from app.aws.timestamps import now
from app.openapi.formats import format_timestamp
from testkit.api_client import Api, MemberClient
from testkit.moderation import Moderation
from testkit.rankings import NewDwipp, RankingTime, stop_time, write_dwipps

RANKINGS: tuple[dict[str, str], ...] = (
    {"sort": "hot"},
    {"sort": "top"},
    {"sort": "top", "period": "week"},
    {"sort": "top", "period": "month"},
    {"sort": "top", "period": "all"},
)
ALL = RANKINGS[-1]
EMPTY_PAGE: dict[str, Any] = {"items": [], "next_cursor": None}
INVALID_CURSOR = "urn:dwipper:problem:invalid-cursor"


@pytest.fixture
def time() -> Iterator[RankingTime]:
    with stop_time() as time:
        yield time


def _hours(*upvotes_by_age: tuple[float, int]) -> list[NewDwipp]:
    return [NewDwipp(timedelta(hours=hours), upvotes) for hours, upvotes in upvotes_by_age]


async def _list_ids(member: MemberClient, params: dict[str, str], limit: int = 100) -> list[str]:
    return [item["id"] for item in await member.list_all("/v1/dwipps", limit, **params)]


class TestPage:
    @pytest.mark.parametrize("params", RANKINGS, ids=str)
    async def test_page_before_the_first_run_is_empty(self, params: dict[str, str], api: Api) -> None:
        kay = await api.create_member("kay")
        await kay.post_dwipp("First")
        assert await kay.get("/v1/dwipps", **params) == EMPTY_PAGE | {"as_of": None}

    @pytest.mark.parametrize("params", RANKINGS, ids=str)
    async def test_page_of_an_empty_site_has_a_time(self, params: dict[str, str], api: Api, time: RankingTime) -> None:
        kay = await api.create_member("kay")
        await api.finish_jobs()
        expected = EMPTY_PAGE | {"as_of": format_timestamp(time.value)}
        assert await kay.get("/v1/dwipps", **params) == expected

    @pytest.mark.parametrize("params", RANKINGS, ids=str)
    async def test_page_has_the_current_texts_and_reactions(self, params: dict[str, str], api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        path = f"/v1/dwipps/{(await kay.post_dwipp('First'))['id']}"
        await api.finish_jobs()
        assert (await kay.http.patch(path, json={"text": "First!"})).status_code == 200
        assert (await lee.http.put(f"{path}/upvote")).status_code == 200
        page = await lee.get("/v1/dwipps", **params)
        assert page["items"] == [await lee.get(path)]
        (item,) = page["items"]
        assert (item["text"], item["upvotes"], item["upvoted"]) == ("First!", 1, True)
        assert page["next_cursor"] is None

    async def test_other_lists_have_no_time(self, api: Api) -> None:
        kay = await api.create_member("kay")
        await kay.post_dwipp("First")
        await api.finish_jobs()
        for params in ({}, {"sort": "new"}):
            page = await kay.get("/v1/dwipps", **params)
            assert page.keys() == {"items", "next_cursor"}
            assert page["items"][0].keys() == (await kay.get(f"/v1/dwipps/{page['items'][0]['id']}")).keys()

    async def test_link_leads_through_the_same_ranking(self, api: Api) -> None:
        kay = await api.create_member("kay")
        write_dwipps(api.settings, _hours((1, 1), (2, 2)))
        await api.finish_jobs()
        response = await kay.http.get("/v1/dwipps?sort=top&period=week&limit=1")
        assert response.headers["link"].startswith("<?sort=top&period=week&limit=1&cursor=")

    async def test_head_has_no_body(self, api: Api) -> None:
        kay = await api.create_member("kay")
        response = await kay.http.head("/v1/dwipps?sort=hot")
        assert (response.status_code, response.content) == (200, b"")


class TestOrder:
    async def test_top_ranks_by_upvotes_and_then_newest_first(self, api: Api) -> None:
        kay = await api.create_member("kay")
        old, many, new = write_dwipps(api.settings, _hours((3, 1), (2, 5), (1, 1)))
        await api.finish_jobs()
        assert await _list_ids(kay, {"sort": "top"}) == [many, new, old]

    async def test_period_bounds_the_age_at_the_snapshot(self, api: Api, time: RankingTime) -> None:
        kay = await api.create_member("kay")
        second = timedelta(seconds=1)
        bounds = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
        ages = [age for bound in bounds.values() for age in (bound - second, bound + second)]
        ids = write_dwipps(api.settings, [NewDwipp(age) for age in ages], time.value)
        future = write_dwipps(api.settings, [NewDwipp(-second)], time.value)
        await api.finish_jobs()
        counts = {"day": 1, "week": 3, "month": 5, "all": 6}
        for period, count in counts.items():
            assert await _list_ids(kay, {"sort": "top", "period": period}) == ids[:count]
        assert future[0] in await _list_ids(kay, {})

    async def test_hot_weighs_upvotes_by_age(self, api: Api, time: RankingTime) -> None:
        kay = await api.create_member("kay")
        upvotes_by_age = ((0.5, 1), (10, 30), (1, 0), (71.9, 400), (72.1, 9000), (3, 10))
        ids = write_dwipps(api.settings, _hours(*upvotes_by_age), time.value)
        await api.finish_jobs()
        scores = {
            dwipp_id: (upvotes + 1) / (age + 2) ** 1.5
            for dwipp_id, (age, upvotes) in zip(ids, upvotes_by_age, strict=True)
            if age < 72
        }
        assert await _list_ids(kay, {"sort": "hot"}) == sorted(scores, key=scores.__getitem__, reverse=True)

    async def test_equal_dwipps_are_newest_first_and_at_most_500(self, api: Api) -> None:
        kay = await api.create_member("kay")
        ids = write_dwipps(api.settings, [NewDwipp(timedelta(seconds=number), 7) for number in range(600)])
        await api.finish_jobs()
        for params in ({"sort": "top"}, {"sort": "hot"}):
            assert await _list_ids(kay, params) == ids[:500]


class TestHiddenDwipps:
    async def test_hidden_dwipps_are_left_out_and_come_back(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        removed, by_lee, deleted, shown = [(await member.post_dwipp("Hm."))["id"] for member in (kay, lee, kay, kay)]
        await kay.get("/v1/me")
        await api.finish_jobs()
        assert await _list_ids(kay, ALL) == [shown, deleted, by_lee, removed]
        moderation = Moderation.from_settings(api.settings)
        moderation.remove(removed)
        assert (await kay.http.put("/v1/users/lee/block")).status_code == 204
        assert (await kay.http.delete(f"/v1/dwipps/{deleted}")).status_code == 204
        for limit in (100, 1):
            assert await _list_ids(kay, ALL, limit) == [shown]
        assert await _list_ids(lee, ALL) == [shown, by_lee]
        moderation.restore(removed)
        assert (await kay.http.delete("/v1/users/lee/block")).status_code == 204
        assert await _list_ids(kay, ALL) == [shown, by_lee, removed]

    async def test_removed_dwipps_are_not_in_the_next_snapshot(self, api: Api, time: RankingTime) -> None:
        kay = await api.create_member("kay")
        removed, shown = [(await kay.post_dwipp("Hm."))["id"] for _ in range(2)]
        time.pass_time(minutes=1)
        Moderation.from_settings(api.settings).remove(removed)
        await api.finish_jobs()
        Moderation.from_settings(api.settings).restore(removed)
        assert await _list_ids(kay, ALL) == [shown]


class TestWalk:
    async def _prepare(self, api: Api) -> tuple[MemberClient, list[str], str]:
        """Write Dwipps, and read the first page of them. Return a member, the ids in order, and the next cursor."""
        kay = await api.create_member("kay")
        ids = write_dwipps(api.settings, _hours((1, 9), (2, 8), (3, 7), (4, 6)))
        await api.finish_jobs()
        page = await kay.get("/v1/dwipps", limit=2, **ALL)
        assert [item["id"] for item in page["items"]] == ids[:2]
        return kay, ids, page["next_cursor"]

    async def _replace(self, api: Api, time: RankingTime) -> str:
        """Replace the snapshot by one with another Dwipp on top. Return that Dwipp's id."""
        time.pass_time(minutes=5)
        (best,) = write_dwipps(api.settings, [NewDwipp(timedelta(minutes=1), 10)], time.value)
        await api.finish_jobs()
        return best

    async def test_walk_stays_in_its_snapshot(self, api: Api, time: RankingTime) -> None:
        kay, ids, cursor = await self._prepare(api)
        first = (await kay.get("/v1/dwipps", **ALL))["as_of"]
        best = await self._replace(api, time)
        page = await kay.get("/v1/dwipps", limit=2, cursor=cursor, **ALL)
        assert ([item["id"] for item in page["items"]], page["next_cursor"]) == (ids[2:], None)
        assert page["as_of"] == first < (await kay.get("/v1/dwipps", **ALL))["as_of"]
        assert await _list_ids(kay, ALL, 2) == [best, *ids]

    async def test_walk_ends_between_60_and_65_minutes_after_the_replacement(self, api: Api, time: RankingTime) -> None:
        kay, _, cursor = await self._prepare(api)
        time.pass_time(days=3)  # As long as the snapshot is the latest one, its walks go on.
        await kay.get("/v1/dwipps", limit=2, cursor=cursor, **ALL)
        await self._replace(api, time)
        time.pass_time(minutes=60)
        params = {"limit": "2", "cursor": cursor, **ALL}
        assert (await kay.http.get("/v1/dwipps", params=params)).status_code == 200
        time.pass_time(minutes=5)
        response = await kay.http.get("/v1/dwipps", params=params)
        assert (response.status_code, response.json()["type"]) == (400, INVALID_CURSOR)

    @pytest.mark.slow
    async def test_walk_outlasts_the_renewals_of_an_hour(self, api: Api, time: RankingTime) -> None:
        kay, ids, cursor = await self._prepare(api)
        for _ in range(13):
            await self._replace(api, time)
        page = await kay.get("/v1/dwipps", limit=2, cursor=cursor, **ALL)
        assert [item["id"] for item in page["items"]] == ids[2:]
        await self._replace(api, time)
        response = await kay.http.get("/v1/dwipps", params={"limit": 2, "cursor": cursor, **ALL})
        assert response.status_code == 400

    @pytest.mark.parametrize(
        "params", [{}, {"sort": "hot"}, {"sort": "top"}, {"sort": "top", "period": "week"}], ids=str
    )
    async def test_cursor_belongs_to_its_list(self, params: dict[str, str], api: Api) -> None:
        kay, _, cursor = await self._prepare(api)
        response = await kay.http.get("/v1/dwipps", params={"cursor": cursor, **params})
        assert (response.status_code, response.json()["type"]) == (400, INVALID_CURSOR)

    async def test_cursor_of_the_feed_is_400(self, api: Api) -> None:
        kay, _, _ = await self._prepare(api)
        cursor = (await kay.get("/v1/dwipps", limit=1))["next_cursor"]
        response = await kay.http.get("/v1/dwipps", params={"cursor": cursor, **ALL})
        assert (response.status_code, response.json()["type"]) == (400, INVALID_CURSOR)

    @pytest.mark.parametrize(
        ("old", "new"), [(b"\n2", b"\n0"), (b"\n2", b"\n-1"), (b"\n2", b"\n02"), (b"Z\n2", b"\n2")]
    )
    async def test_changed_cursor_is_400(self, old: bytes, new: bytes, api: Api) -> None:
        kay, _, cursor = await self._prepare(api)
        response = await kay.http.get("/v1/dwipps", params={"cursor": _change(cursor, old, new), **ALL})
        assert (response.status_code, response.json()["type"]) == (400, INVALID_CURSOR)

    async def test_cursor_beyond_the_end_is_an_empty_page(self, api: Api) -> None:
        kay, _, cursor = await self._prepare(api)
        page = await kay.get("/v1/dwipps", cursor=_change(cursor, b"\n2", b"\n999"), **ALL)
        assert (page["items"], page["next_cursor"]) == ([], None)

    async def test_cursor_of_an_unknown_snapshot_is_400(self, api: Api, time: RankingTime) -> None:
        kay, _, cursor = await self._prepare(api)
        for year in (b"2020-", b"2999-"):
            forged = _change(cursor, str(time.value.year).encode() + b"-", year)
            response = await kay.http.get("/v1/dwipps", params={"cursor": forged, **ALL})
            assert (response.status_code, response.json()["type"]) == (400, INVALID_CURSOR)


def _change(cursor: str, old: bytes, new: bytes) -> str:
    content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert old in content
    return base64.urlsafe_b64encode(content.replace(old, new)).rstrip(b"=").decode()


async def test_expired_snapshot_is_not_shown(api: Api, time: RankingTime) -> None:
    kay = await api.create_member("kay")
    write_dwipps(api.settings, _hours((1, 1), (2, 2)))
    await api.finish_jobs()
    cursor = (await kay.get("/v1/dwipps", limit=1, **ALL))["next_cursor"]
    _expire_rows(api)
    assert await kay.get("/v1/dwipps", **ALL) == EMPTY_PAGE | {"as_of": None}
    assert (await kay.http.get("/v1/dwipps", params={"cursor": cursor, **ALL})).status_code == 400


def _expire_rows(api: Api) -> None:
    """Set the expiry of all snapshots to the past. DynamoDB has not deleted them yet."""
    client = dynamodb_client(api.settings.region)
    rows: Any = client.scan(TableName=api.settings.safety_table)["Items"]
    past = int((now() - timedelta(days=1)).timestamp())
    for row in rows:
        if "ids" in row:
            client.put_item(TableName=api.settings.safety_table, Item=row | serialize({"expires_at": past}))
