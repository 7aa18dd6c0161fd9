"""Members can make as many writes as the settings allow, and responses have the number of writes that are left.

The clock of the limits is a stand-in, so no test depends on the real time.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.dwipps.ids import new_id
from app.limits import counters
from app.settings import MemberLimits, Settings
from testkit.api_client import Api, MemberClient

POLICY = '"hour";q=30;w=3600, "day";q=200;w=86400'
FIELDS = ("ratelimit", "ratelimit-policy")


class Calendar:
    """A stand-in for `now`.

    Attributes:
        moment: the current time.
    """

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 26, 10, 40, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def settings(new_settings: Callable[[], Settings]) -> Settings:
    """Return settings with the default limits."""
    return replace(new_settings(), limits=MemberLimits())


@pytest.fixture(autouse=True)
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    calendar = Calendar()
    monkeypatch.setattr(counters, "now", calendar)
    return calendar


async def _create(member: MemberClient, text: str = "Hm.", **headers: str) -> httpx.Response:
    return await member.http.post("/v1/dwipps", json={"text": text}, headers=headers)


async def _use_up(api: Api, member: MemberClient, count: int = 30) -> None:
    """Create this many Dwipps concurrently."""
    await member.get("/v1/me")
    api.transcript.pause()
    responses = await asyncio.gather(*[_create(member) for _ in range(count)])
    api.transcript.resume()
    assert {response.status_code for response in responses} == {201}


def _assert_counted(response: httpx.Response, state: str, policy: str = POLICY) -> None:
    assert (response.headers["ratelimit"], response.headers["ratelimit-policy"]) == (state, policy)


def _assert_not_counted(response: httpx.Response) -> None:
    assert not response.headers.keys() & set(FIELDS)


async def test_only_counted_responses_tell_the_limits(api: Api) -> None:
    kay = await api.create_member("kay")
    responses = {
        "created": await kay.http.post("/v1/dwipps", json={"text": "Hm."}),
        "read": await kay.http.get("/v1/dwipps"),
        "invalid": await kay.http.post("/v1/dwipps", json={"text": ""}),
        "missing": await kay.http.delete(f"/v1/dwipps/{new_id()}"),
        "unauthenticated": await api.http.post("/v1/dwipps", json={"text": "Hm."}),
    }
    assert [name for name, response in responses.items() if "ratelimit" in response.headers] == ["created"]
    assert re.fullmatch(r'"hour";r=\d+;t=\d+(, "day";r=\d+;t=\d+)?', responses["created"].headers["ratelimit"])


class TestDwipps:
    async def test_hundred_parallel_creates_make_thirty_dwipps(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        await kay.get("/v1/me")
        api.transcript.pause()
        responses = await asyncio.gather(*[_create(kay) for _ in range(100)])
        created = await kay.list_all("/v1/me/dwipps", 100)
        api.transcript.resume()
        assert Counter(response.status_code for response in responses) == {201: 30, 429: 70}
        left = {response.headers["ratelimit"] for response in responses if response.status_code == 201}
        assert left == {f'"hour";r={rest};t=1200, "day";r={rest + 170};t=48000' for rest in range(30)}
        assert len(created) == 30
        assert (await _create(lee)).status_code == 201, "other members have their own limits"

    async def test_response_beyond_the_limit_is_429_with_its_header_fields(self, api: Api) -> None:
        kay = await api.create_member("kay")
        await _use_up(api, kay)
        response = await _create(kay)
        assert (response.status_code, response.json()["type"]) == (429, "urn:dwipper:problem:rate-limited")
        assert response.headers["retry-after"] == "1200"
        _assert_counted(response, '"hour";r=0;t=1200, "day";r=170;t=48000')

    async def test_next_hour_has_its_own_count(self, api: Api, calendar: Calendar) -> None:
        kay = await api.create_member("kay")
        await _use_up(api, kay)
        calendar.moment += timedelta(seconds=1199)
        assert (await _create(kay)).headers["retry-after"] == "1"
        calendar.moment += timedelta(seconds=1)
        _assert_counted(await _create(kay), '"hour";r=29;t=3600, "day";r=169;t=46800')

    async def test_day_limit_outlasts_the_hours(self, api: Api, calendar: Calendar) -> None:
        kay = await api.create_member("kay")
        for _ in range(6):
            await _use_up(api, kay)
            calendar.moment += timedelta(hours=1)
        await _use_up(api, kay, 20)
        refused = await _create(kay)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(48000 - 6 * 3600))
        _assert_counted(refused, '"hour";r=10;t=1200, "day";r=0;t=26400')
        calendar.moment = datetime(2026, 11, 27, tzinfo=UTC)
        assert (await _create(kay)).status_code == 201

    async def test_invalid_body_does_not_count_and_is_422_beyond_the_limit(self, api: Api) -> None:
        kay = await api.create_member("kay")
        for _ in range(2):
            for text in ("", "a" * 281):
                assert (await _create(kay, text)).status_code == 422
            _assert_not_counted(await _create(kay, ""))
            await _use_up(api, kay, 15)
        assert (await _create(kay)).status_code == 429
        assert (await _create(kay, "")).status_code == 422
        assert (
            await kay.http.post("/v1/dwipps", json={"text": "Hm."}, headers={"Idempotency-Key": ""})
        ).status_code == 422

    async def test_other_operations_succeed_beyond_the_limit(self, api: Api) -> None:
        kay = await api.create_member("kay")
        dwipp = await kay.post_dwipp("Hm.")
        await _use_up(api, kay, 29)
        assert (await _create(kay)).status_code == 429
        path = f"/v1/dwipps/{dwipp['id']}"
        assert await kay.get(path) == dwipp
        assert (await kay.http.put(f"{path}/upvote")).status_code == 200
        assert (await kay.http.delete(path)).status_code == 204


class TestReplays:
    async def test_replay_does_not_count(self, api: Api) -> None:
        kay = await api.create_member("kay")
        first = await _create(kay, "Once", **{"Idempotency-Key": "one"})
        _assert_counted(first, '"hour";r=29;t=1200, "day";r=199;t=48000')
        for _ in range(2):
            replay = await _create(kay, "Once", **{"Idempotency-Key": "one"})
            assert (replay.json(), replay.headers["idempotent-replayed"]) == (first.json(), "true")
            _assert_not_counted(replay)
        _assert_counted(await _create(kay), '"hour";r=28;t=1200, "day";r=198;t=48000')

    async def test_replay_is_answered_beyond_the_limit(self, api: Api) -> None:
        kay = await api.create_member("kay")
        first = await _create(kay, "Once", **{"Idempotency-Key": "one"})
        await _use_up(api, kay, 29)
        assert (await kay.http.delete(f"/v1/dwipps/{first.json()['id']}")).status_code == 204
        replay = await _create(kay, "Once", **{"Idempotency-Key": "one"})
        assert (replay.status_code, replay.json()) == (201, first.json())
        assert (replay.headers["idempotent-replayed"], replay.headers["location"]) == (
            "true",
            first.headers["location"],
        )
        _assert_not_counted(replay)
        reused = await _create(kay, "Twice", **{"Idempotency-Key": "one"})
        assert (reused.status_code, reused.json()["type"]) == (422, "urn:dwipper:problem:idempotency-key-reused")
        _assert_not_counted(reused)
        refused = await _create(kay, "Once", **{"Idempotency-Key": "two"})
        assert refused.status_code == 429
        _assert_counted(refused, '"hour";r=0;t=1200, "day";r=170;t=48000')

    async def test_reused_key_does_not_count(self, api: Api) -> None:
        kay = await api.create_member("kay")
        await _create(kay, "Once", **{"Idempotency-Key": "one"})
        reused = await _create(kay, "Twice", **{"Idempotency-Key": "one"})
        assert reused.status_code == 422
        _assert_not_counted(reused)
        _assert_counted(await _create(kay), '"hour";r=28;t=1200, "day";r=198;t=48000')

    async def test_key_of_another_member_is_no_replay(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        await _create(lee, "Once", **{"Idempotency-Key": "one"})
        await _use_up(api, kay)
        assert (await _create(kay, "Once", **{"Idempotency-Key": "one"})).status_code == 429


class TestChanges:
    async def test_edits_and_deletions_share_a_limit(self, api: Api) -> None:
        kay = await api.create_member("kay")
        path = f"/v1/dwipps/{(await kay.post_dwipp('Hm.'))['id']}"
        other = f"/v1/dwipps/{(await kay.post_dwipp('Hm.'))['id']}"
        edited = await kay.http.patch(path, json={"text": "Edit"})
        _assert_counted(edited, '"hour";r=119;t=1200', '"hour";q=120;w=3600')
        deleted = await kay.http.delete(other)
        _assert_counted(deleted, '"hour";r=118;t=1200', '"hour";q=120;w=3600')

    async def test_unchanged_dwipps_do_not_count(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        path = f"/v1/dwipps/{(await kay.post_dwipp('Hm.'))['id']}"
        responses = [
            await kay.http.patch(path, json={"text": "Hm."}),
            await kay.http.patch(path, json={"text": "Edit", "version": 7}),
            await kay.http.patch(path, json={"text": ""}),
            await kay.http.patch(f"/v1/dwipps/{new_id()}", json={"text": "Edit"}),
            await kay.http.patch("/v1/dwipps/malformed", json={"text": "Edit"}),
            await kay.http.delete(f"/v1/dwipps/{new_id()}"),
            await lee.http.patch(path, json={"text": "Edit"}),
            await lee.http.delete(path),
        ]
        assert [response.status_code for response in responses] == [200, 409, 422, 404, 404, 404, 403, 403]
        for response in responses:
            _assert_not_counted(response)
        edited = await kay.http.patch(path, json={"text": "Edit"})
        _assert_counted(edited, '"hour";r=119;t=1200', '"hour";q=120;w=3600')

    async def test_used_up_limit_is_429_before_404_and_403(self, api: Api) -> None:
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        path = f"/v1/dwipps/{(await kay.post_dwipp('Hm.'))['id']}"
        api.transcript.pause()
        for number in range(120):
            assert (await kay.http.patch(path, json={"text": f"Edit {number}"})).status_code == 200
        api.transcript.resume()
        foreign = f"/v1/dwipps/{(await lee.post_dwipp('Hm.'))['id']}"
        for target in (path, foreign, f"/v1/dwipps/{new_id()}", "/v1/dwipps/malformed"):
            assert (await kay.http.patch(target, json={"text": "Too late"})).status_code == 429
            assert (await kay.http.delete(target)).status_code == 429
        assert (await kay.http.patch(path, json={"text": ""})).status_code == 422
        assert (await kay.get(path))["text"] == "Edit 119"


class TestReactions:
    async def test_all_reactions_share_a_limit(self, api: Api) -> None:
        kay = await api.create_member("kay")
        path = f"/v1/dwipps/{(await kay.post_dwipp('Hm.'))['id']}"
        left = 600
        for reaction in ("upvote", "favorite"):
            for method in ("POST", "POST", "PUT", "DELETE"):
                left -= 1
                response = await kay.http.request(method, f"{path}/{reaction}")
                _assert_counted(response, f'"hour";r={left};t=1200', '"hour";q=600;w=3600')

    async def test_unchanged_reactions_do_not_count(self, api: Api) -> None:
        kay = await api.create_member("kay")
        path = f"/v1/dwipps/{(await kay.post_dwipp('Hm.'))['id']}"
        for reaction in ("upvote", "favorite"):
            _assert_not_counted(await kay.http.delete(f"{path}/{reaction}"))
            assert (await kay.http.put(f"{path}/{reaction}")).status_code == 200
            _assert_not_counted(await kay.http.put(f"{path}/{reaction}"))
            for method in ("POST", "PUT", "DELETE"):
                for missing in (new_id(), "malformed"):
                    response = await kay.http.request(method, f"/v1/dwipps/{missing}/{reaction}")
                    assert response.status_code == 404
                    _assert_not_counted(response)
        _assert_counted(await kay.http.post(f"{path}/upvote"), '"hour";r=597;t=1200', '"hour";q=600;w=3600')

    @pytest.mark.parametrize("reaction", ["upvote", "favorite"])
    async def test_removing_the_reaction_to_a_deleted_dwipp_counts_once(self, reaction: str, api: Api) -> None:
        kay = await api.create_member("kay")
        path = f"/v1/dwipps/{(await kay.post_dwipp('Hm.'))['id']}"
        assert (await kay.http.put(f"{path}/{reaction}")).status_code == 200
        assert (await kay.http.delete(path)).status_code == 204
        first, second = [await kay.http.delete(f"{path}/{reaction}") for _ in range(2)]
        assert (first.status_code, second.status_code) == (404, 404)
        _assert_counted(first, '"hour";r=598;t=1200', '"hour";q=600;w=3600')
        _assert_not_counted(second)


class TestSafety:
    async def test_blocks_and_unblocks_share_a_limit(self, api: Api) -> None:
        kay = await _create_blocker(api)
        for remaining, method in ((59, "PUT"), (58, "DELETE"), (57, "PUT")):
            response = await _call_block(kay, method, "lee")
            assert (response.status_code, response.headers["ratelimit"]) == (204, f'"hour";r={remaining};t=1200')
            assert response.headers["ratelimit-policy"] == '"hour";q=60;w=3600'

    async def test_unchanged_blocks_do_not_count(self, api: Api) -> None:
        kay = await _create_blocker(api)
        await _call_block(kay, "PUT", "lee")
        unchanged = (("PUT", "lee", 204), ("PUT", "nobody", 404), ("PUT", "kay", 422), ("DELETE", "nobody", 204))
        for method, handle, status in (*unchanged, ("DELETE", "%00", 204)):
            response = await _call_block(kay, method, handle)
            assert response.status_code == status
            assert not response.headers.keys() & set(FIELDS), (method, handle)
        assert (await _call_block(kay, "DELETE", "lee")).headers["ratelimit"] == '"hour";r=58;t=1200'

    async def test_limit_refuses_before_404_and_after_422(self, api: Api) -> None:
        kay = await _create_blocker(api)
        api.transcript.pause()
        for number in range(60):
            assert (await _call_block(kay, ("PUT", "DELETE")[number % 2], "lee")).status_code == 204
        api.transcript.resume()
        refusals = {
            ("PUT", "lee"): (429, "rate-limited"),
            ("DELETE", "lee"): (429, "rate-limited"),
            ("PUT", "nobody"): (429, "rate-limited"),
            ("PUT", "kay"): (422, "own-profile"),
        }
        for (method, handle), (status, slug) in refusals.items():
            response = await _call_block(kay, method, handle)
            assert (response.status_code, response.json()["type"]) == (status, f"urn:dwipper:problem:{slug}")
        assert (await _create(kay)).status_code == 201, "the limit of another kind is used up"


async def _create_blocker(api: Api) -> MemberClient:
    """Create Kay and Lee. Return Kay."""
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    await kay.get("/v1/me")
    await lee.get("/v1/me")
    return kay


async def _call_block(member: MemberClient, method: str, handle: str) -> httpx.Response:
    return await member.http.request(method, f"/v1/users/{handle}/block")


@pytest.mark.parametrize(
    ("limits", "policy"),
    [
        (MemberLimits(dwipps_hour=0), '"day";q=200;w=86400'),
        (MemberLimits(dwipps_day=0), '"hour";q=30;w=3600'),
        (MemberLimits(dwipps_hour=0, dwipps_day=0), None),
    ],
    ids=["hour", "day", "both"],
)
class TestLimitsTurnedOff:
    @pytest.fixture
    def settings(self, new_settings: Callable[[], Settings], limits: MemberLimits) -> Settings:
        return replace(new_settings(), limits=limits)

    async def test_limit_of_zero_is_off(self, policy: str | None, api: Api) -> None:
        kay = await api.create_member("kay")
        assert (await _create(kay)).headers.get("ratelimit-policy") == policy
