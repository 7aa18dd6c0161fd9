"""A suspension can remove all Dwipps of the member. A lift can restore them. A background job does both."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from app.aws.retries import new_write_deadline, retry_on_conflict
from app.aws.timestamps import now
from app.bootstrap import Container
from app.jobs.messages import DECIDE_DWIPPS
from app.members.suspensions import SuspensionRepository
from app.moderation import bulk_job
from app.moderation.bulk_decisions import BulkDecisions
from app.moderation.case_states import CaseStates
from app.openapi.formats import format_timestamp
from app.worker_bootstrap import build_worker
from testkit.api_client import Api, MemberClient

PATH = "/v1/moderation/members/max/suspension"


@pytest.fixture
def _without_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first pass of a job be the last one, because no other writes run."""
    monkeypatch.setattr(bulk_job, "WRITE_DRAIN_PERIOD", timedelta(0))


async def _create(api: Api, count: int = 3) -> tuple[MemberClient, MemberClient, MemberClient, list[str]]:
    """Return Kay, Max, a moderator, and the ids of Dwipps by Max, oldest first."""
    kay, max_, moderator = await api.create_member("kay"), await api.create_member("max"), await api.create_moderator()
    return kay, max_, moderator, [(await max_.post_dwipp(f"Socks {number}"))["id"] for number in range(count)]


async def _suspend(moderator: MemberClient, until: str | None = None, *, remove_dwipps: bool = True) -> None:
    body = {"until": until, "reason": "spam", "note": "A series.", "remove_dwipps": remove_dwipps}
    response = await moderator.http.put(PATH, json=body)
    assert response.status_code == 200, response.text


async def _lift(moderator: MemberClient, *, restore_dwipps: bool = True) -> None:
    response = await moderator.http.delete(f"{PATH}?restore_dwipps={str(restore_dwipps).lower()}")
    assert response.status_code == 204, response.text


async def _decide(moderator: MemberClient, dwipp_id: str, action: str, reason: str = "hate") -> None:
    path = f"/v1/moderation/cases/{dwipp_id}/decision"
    assert (await moderator.http.put(path, json={"action": action, "reason": reason})).status_code == 200


async def _list_visible(reader: MemberClient) -> list[str]:
    """Return the ids of Max's visible Dwipps, oldest first."""
    items = (await reader.get("/v1/users/max/dwipps?limit=100"))["items"]
    return [item["id"] for item in reversed(items)]


async def _list_log(moderator: MemberClient) -> list[tuple[str, str | None, str | None]]:
    entries = (await moderator.get("/v1/moderation/log"))["items"]
    assert {(entry["handle"], entry["dwipp_id"]) for entry in entries} <= {("max", None)}
    return [(entry["action"], entry["reason"], entry["note"]) for entry in entries]


def _is_pending(api: Api) -> bool:
    query = {":pk": {"S": "pending#decide-dwipps"}}
    client = Container(api.settings).dwipps._client
    table = api.settings.safety_table
    return bool(
        client.query(TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=query)["Items"]
    )


def _make_job(api: Api) -> Any:
    return build_worker(api.settings)._jobs[DECIDE_DWIPPS]


async def _run_job(api: Api, max_: MemberClient, dwipps: int | None = None) -> bool:
    """Run the job of Max once, with time for this number of Dwipps or for all. Return True if it is done."""
    must_stop = itertools.repeat(False) if dwipps is None else iter([*[False] * dwipps, True])
    is_done: bool = _make_job(api).run((await max_.get("/v1/me"))["id"], lambda: next(must_stop)).is_done
    return is_done


async def _get_removals(max_: MemberClient, dwipp_ids: Sequence[str]) -> list[Any]:
    return [(await max_.get(f"/v1/dwipps/{dwipp_id}"))["removed"] for dwipp_id in dwipp_ids]


@pytest.mark.in_process
@pytest.mark.usefixtures("_without_drain")
class TestRemoval:
    async def test_all_dwipps_are_removed_and_their_cases_closed(self, api: Api) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api)
        assert (await kay.http.put(f"/v1/dwipps/{dwipp_ids[0]}/report", json={"reason": "hate"})).is_success
        by_kay = (await kay.post_dwipp("Mine"))["id"]
        await _suspend(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == []
        assert [item["id"] for item in (await kay.get("/v1/dwipps"))["items"]] == [by_kay]
        removals = await _get_removals(max_, dwipp_ids)
        assert [removal["reason"] for removal in removals] == ["spam"] * 3
        assert (await moderator.get("/v1/moderation/cases"))["items"] == []
        case = await moderator.get(f"/v1/moderation/cases/{dwipp_ids[0]}")
        expected = {"action": "remove", "reason": "spam", "decided_at": removals[0]["at"]}
        assert (case["status"], case["reports"], case["decision"]) == ("closed", 1, expected)
        closed = (await moderator.get("/v1/moderation/cases?status=closed"))["items"]
        assert {case["dwipp_id"] for case in closed} == set(dwipp_ids)
        assert await _list_log(moderator) == [("remove", "spam", None), ("suspend", "spam", "A series.")]
        assert (await moderator.get("/v1/moderation/members/max"))["removed"] == 3
        assert not _is_pending(api)

    async def test_export_has_the_removals(self, api: Api) -> None:
        _, max_, moderator, dwipp_ids = await _create(api, 2)
        await _suspend(moderator, "2099-01-31T12:00:00.000Z")
        await api.finish_jobs()
        actions = (await max_.get("/v1/me/export"))["moderation"]
        assert {(action["action"], action["dwipp_id"], action["reason"]) for action in actions} == {
            *(("remove", dwipp_id, "spam") for dwipp_id in dwipp_ids),
            ("suspend", None, "spam"),
        }

    @pytest.mark.slow
    async def test_repeated_suspension_removes_once(self, api: Api) -> None:
        kay, _, moderator, dwipp_ids = await _create(api)
        for _ in range(2):
            await _suspend(moderator)
            await api.finish_jobs()
        await _decide(moderator, dwipp_ids[1], "dismiss")
        await _suspend(moderator)
        await _suspend(moderator, "2099-01-31T12:00:00.000Z")
        await api.finish_jobs()
        assert await _list_visible(kay) == [dwipp_ids[1]]

    @pytest.mark.slow
    async def test_suspension_in_force_can_remove_dwipps_later(self, api: Api) -> None:
        kay, _, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator, remove_dwipps=False)
        await api.finish_jobs()
        assert await _list_visible(kay) == dwipp_ids
        await _suspend(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == []
        assert await _list_log(moderator) == [("remove", "spam", "A series."), ("suspend", "spam", "A series.")]


@pytest.mark.in_process
@pytest.mark.usefixtures("_without_drain")
class TestRestoration:
    async def test_lift_can_restore_the_dwipps_that_the_suspension_removed(self, api: Api) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api, 4)
        await kay.http.put(f"/v1/dwipps/{dwipp_ids[0]}/upvote")
        before = await kay.get("/v1/dwipps")
        await _decide(moderator, dwipp_ids[1], "remove")
        await _suspend(moderator)
        await api.finish_jobs()
        await _decide(moderator, dwipp_ids[2], "remove")
        await _lift(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == [dwipp_ids[0], dwipp_ids[3]]
        removals = await _get_removals(max_, dwipp_ids)
        assert [removal and removal["reason"] for removal in removals] == [None, "hate", "hate", None]
        for dwipp_id in (dwipp_ids[1], dwipp_ids[2]):
            await _decide(moderator, dwipp_id, "dismiss")
        assert await kay.get("/v1/dwipps") == before
        case = await moderator.get(f"/v1/moderation/cases/{dwipp_ids[0]}")
        assert (case["decision"]["action"], case["decision"]["reason"]) == ("dismiss", "spam")
        assert not _is_pending(api)

    async def test_restoration_is_one_log_entry(self, api: Api) -> None:
        _, _, moderator, _ = await _create(api)
        await _suspend(moderator)
        await _lift(moderator)
        entries = await _list_log(moderator)
        assert entries[:2] == [("dismiss", "spam", None), ("lift", None, None)]
        assert len(entries) == 4

    @pytest.mark.slow
    async def test_lift_without_restoration_leaves_dwipps_removed(self, api: Api) -> None:
        kay, max_, moderator, _ = await _create(api)
        await _suspend(moderator)
        await api.finish_jobs()
        await _lift(moderator, restore_dwipps=False)
        new = (await max_.post_dwipp("I am back"))["id"]
        await api.finish_jobs()
        assert await _list_visible(kay) == [new]

    @pytest.mark.slow
    async def test_lift_restores_only_the_removals_of_its_suspension(self, api: Api) -> None:
        kay, max_, moderator, _ = await _create(api)
        await _suspend(moderator)
        await api.finish_jobs()
        await _lift(moderator, restore_dwipps=False)
        new = (await max_.post_dwipp("I am back"))["id"]
        for change in (_suspend, _lift):
            await change(moderator)
            await api.finish_jobs()
        assert await _list_visible(kay) == [new]

    @pytest.mark.slow
    async def test_removals_of_an_ended_suspension_can_be_restored(self, api: Api) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator, format_timestamp(now() + timedelta(seconds=0.5)))
        await api.finish_jobs()
        await asyncio.sleep(0.6)
        assert (await max_.get("/v1/me"))["suspension"] is None
        await _lift(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == dwipp_ids

    @pytest.mark.slow
    async def test_removal_during_a_restoration_removes_all_dwipps(self, api: Api) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator)
        await api.finish_jobs()
        await _lift(moderator)
        await _run_job(api, max_, 1)
        assert len(await _list_visible(kay)) == 1
        await _suspend(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == []
        await _lift(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == dwipp_ids

    @pytest.mark.slow
    async def test_restoration_spares_a_dwipp_that_was_also_removed_alone(self, api: Api) -> None:
        kay, _, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator)
        await api.finish_jobs()
        await _decide(moderator, dwipp_ids[1], "remove", "spam")
        await _lift(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == [dwipp_ids[0], dwipp_ids[2]]

    @pytest.mark.slow
    async def test_lift_restores_nothing_if_the_suspension_removed_nothing(self, api: Api) -> None:
        kay, _, moderator, dwipp_ids = await _create(api)
        await _decide(moderator, dwipp_ids[0], "remove")
        await _suspend(moderator, remove_dwipps=False)
        await _lift(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == dwipp_ids[1:]

    @pytest.mark.slow
    @pytest.mark.parametrize("value", ["yes", "1", "on", "True", ""])
    async def test_restore_parameter_other_than_true_or_false_is_422(self, value: str, api: Api) -> None:
        _, _, moderator, _ = await _create(api, 1)
        assert (await moderator.http.delete(f"{PATH}?restore_dwipps={value}")).status_code == 422


@pytest.mark.in_process
class TestJob:
    async def test_last_pass_catches_a_write_in_flight(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        kay, max_, moderator, _ = await _create(api)
        await _suspend(moderator)
        await api.finish_jobs()
        assert await _list_visible(kay) == []
        member = Container(api.settings).directory.find("max")
        Container(api.settings).dwipps.create(member, "In flight")
        assert len(await _list_visible(kay)) == 1
        monkeypatch.setattr(bulk_job, "WRITE_DRAIN_PERIOD", timedelta(0))
        assert await _run_job(api, max_)
        assert await _list_visible(kay) == []
        assert not _is_pending(api)

    async def test_lift_stops_a_running_removal(self, api: Api) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api, 5)
        await _suspend(moderator)
        assert not await _run_job(api, max_, 2)
        assert len(await _list_visible(kay)) == 3
        await _lift(moderator, restore_dwipps=False)
        assert await _run_job(api, max_)
        assert await _list_visible(kay) == dwipp_ids[:3]

    async def test_lift_between_read_and_write_stops_the_write(self, api: Api) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api, 1)
        await _suspend(moderator)
        job, member_id = _make_job(api), (await max_.get("/v1/me"))["id"]
        container = Container(api.settings)
        decision = container.moderation.bulk_decisions.get(member_id)
        assert decision
        suspension, state = (
            container.suspensions.get_last(member_id),
            container.moderation.case_states.get(dwipp_ids[0]),
        )
        await _lift(moderator, restore_dwipps=False)
        with (
            patch.object(BulkDecisions, "get", side_effect=[decision, None]),
            patch.object(SuspensionRepository, "get_last", return_value=suspension),
            patch.object(CaseStates, "get", return_value=state),
        ):
            assert not retry_on_conflict(partial(job._decide, member_id, decision, dwipp_ids[0]), new_write_deadline())
        assert await _list_visible(kay) == dwipp_ids

    @pytest.mark.slow
    async def test_removal_spares_dwipps_after_the_end_of_the_suspension(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator)
        await _suspend(moderator, format_timestamp(now() + timedelta(seconds=0.5)), remove_dwipps=False)
        await asyncio.sleep(0.6)
        later = (await max_.post_dwipp("After the end"))["id"]
        monkeypatch.setattr(bulk_job, "WRITE_DRAIN_PERIOD", timedelta(0))
        await api.finish_jobs()
        assert await _list_visible(kay) == [later]
        assert len(dwipp_ids) == (await moderator.get("/v1/moderation/members/max"))["removed"]

    @pytest.mark.slow
    @pytest.mark.parametrize("is_suspended_again", [False, True])
    async def test_lift_of_an_ended_suspension_stops_the_removal(self, api: Api, *, is_suspended_again: bool) -> None:
        kay, _, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator, format_timestamp(now() + timedelta(seconds=0.3)))
        await asyncio.sleep(0.4)
        if is_suspended_again:
            await _suspend(moderator, remove_dwipps=False)
        await _lift(moderator, restore_dwipps=False)
        await api.finish_jobs()
        assert await _list_visible(kay) == dwipp_ids
        assert not _is_pending(api)

    @pytest.mark.slow
    async def test_job_of_a_lifted_suspension_removes_nothing(self, api: Api) -> None:
        kay, max_, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator)
        container, member_id = Container(api.settings), (await max_.get("/v1/me"))["id"]
        decision = container.moderation.bulk_decisions.get(member_id)
        assert decision
        await _lift(moderator, restore_dwipps=False)
        request = container.moderation.bulk_decisions.start_request(member_id, decision)
        container.dwipps._client.put_item(**request["Put"])
        assert await _run_job(api, max_)
        assert await _list_visible(kay) == dwipp_ids
        assert not _is_pending(api)

    @pytest.mark.slow
    async def test_restoration_skips_dwipps_of_other_removals(self, api: Api) -> None:
        """A message with time for one Dwipp restores one, although newer Dwipps have another removal."""
        kay, max_, moderator, dwipp_ids = await _create(api)
        await _suspend(moderator)
        await api.finish_jobs()
        await _lift(moderator, restore_dwipps=False)
        await _decide(moderator, dwipp_ids[0], "dismiss")
        await _suspend(moderator)
        await _run_job(api, max_)
        await _lift(moderator)
        await _run_job(api, max_, 1)
        assert await _list_visible(kay) == dwipp_ids[:1]
