"""A member reports Dwipps of others, once each. The reports of a Dwipp make up its case."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from app.aws.timestamps import now
from app.bootstrap import Container
from app.cases.models import Case, Decision
from app.cases.repository import CaseRepository
from app.errors import UnavailableError
from app.members.models import Member
from app.members.personal_data import PersonalData
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import Api, MemberClient, open_api
from testkit.aws_calls import AwsCalls
from testkit.members import make_member


def _find_case(api: Api, dwipp_id: str) -> Case | None:
    return Container(api.settings).cases.get(dwipp_id)


def _get_case(api: Api, dwipp_id: str) -> Case:
    case = _find_case(api, dwipp_id)
    assert case
    return case


def _list_open(api: Api) -> list[str]:
    """Return the ids of the Dwipps in the list of open cases."""
    states = Container(api.settings).moderation.case_states.list(_list_entries(api))
    return [state.case.dwipp_id for state in states if state.case.opening]


def _list_entries(api: Api) -> list[str]:
    return Container(api.settings).case_entries.list_page("open", 100, None)


def _dismiss(api: Api, dwipp_id: str) -> Case:
    """Write the dismissal of a case, but not the lists. Return the case as it was before."""
    container, case = Container(api.settings), _get_case(api, dwipp_id)
    request = container.cases.decision_request(case, Decision("dismiss", "spam", now()), is_new=False)
    container.dwipps._client.update_item(**request["Update"])
    return case


async def _report(member: MemberClient, dwipp_id: str, reason: str = "spam", comment: str | None = None) -> None:
    body = {"reason": reason} | ({"comment": comment} if comment else {})
    response = await member.http.put(f"/v1/dwipps/{dwipp_id}/report", json=body)
    assert (response.status_code, response.content) == (204, b""), response.text


def _erase_all(store: PersonalData, member: Member) -> None:
    """Erase the data of a member in one store."""
    while calls := store.erase(member, 100):
        for call in calls:
            call()


async def _withdraw(member: MemberClient, dwipp_id: str) -> None:
    response = await member.http.delete(f"/v1/dwipps/{dwipp_id}/report")
    assert (response.status_code, response.content) == (204, b""), response.text


async def _create(api: Api) -> tuple[MemberClient, MemberClient, MemberClient, str]:
    """Return Kay, Lee, Max, and the id of a Dwipp by Max."""
    kay, lee, max_ = [await api.create_member(handle) for handle in ("kay", "lee", "max")]
    return kay, lee, max_, (await max_.post_dwipp("Buy my socks"))["id"]


async def _get_problem(member: MemberClient, path: str, body: Any) -> tuple[int, str]:
    response = await member.http.put(path, json=body)
    return response.status_code, response.json()["type"].removeprefix("urn:dwipper:problem:")


@pytest.mark.in_process
async def test_reports_are_counted_by_reason(api: Api) -> None:
    kay, lee, _, dwipp_id = await _create(api)
    await _report(kay, dwipp_id, "spam")
    await _report(lee, dwipp_id, "self-harm", " I worry.\r\n ")
    case = _get_case(api, dwipp_id)
    assert (case.reports, case.reasons) == (2, {"self-harm": 1, "spam": 1})
    assert (case.author, case.text) == ("max", "Buy my socks")
    assert case.first_reported_at
    assert case.last_reported_at
    assert case.first_reported_at < case.last_reported_at
    assert (case.status, case.decision) == ("open", None)
    assert _list_open(api) == [dwipp_id]
    reports = Container(api.settings).reports.list_latest(dwipp_id, 100)
    assert [(report.handle, report.reason, report.comment, report.text) for report in reports] == [
        ("lee", "self-harm", "I worry.", "Buy my socks"),
        ("kay", "spam", None, "Buy my socks"),
    ]


@pytest.mark.in_process
async def test_another_report_replaces_the_first(api: Api) -> None:
    kay, _, max_, dwipp_id = await _create(api)
    await _report(kay, dwipp_id, "spam")
    await max_.http.patch(f"/v1/dwipps/{dwipp_id}", json={"text": "Buy my shoes"})
    for _ in range(2):
        await _report(kay, dwipp_id, "hate", "They hate socks.")
        case = _get_case(api, dwipp_id)
        assert (case.reports, case.reasons, case.text) == (1, {"hate": 1}, "Buy my shoes")
    (report,) = Container(api.settings).reports.list_latest(dwipp_id, 100)
    assert (report.reason, report.comment, report.text) == ("hate", "They hate socks.", "Buy my shoes")


@pytest.mark.in_process
async def test_same_report_of_another_text_opens_a_decided_case(api: Api) -> None:
    kay, _, max_, dwipp_id = await _create(api)
    await _report(kay, dwipp_id)
    _dismiss(api, dwipp_id)
    await max_.http.patch(f"/v1/dwipps/{dwipp_id}", json={"text": "Buy my worse socks"})
    await _report(kay, dwipp_id)
    reopened = _get_case(api, dwipp_id)
    assert (reopened.status, reopened.reports, reopened.text) == ("open", 1, "Buy my worse socks")


@pytest.mark.in_process
async def test_changed_comment_keeps_the_counts(api: Api) -> None:
    kay, _, _, dwipp_id = await _create(api)
    for comment in ("One", "Two", None):
        await _report(kay, dwipp_id, "spam", comment)
        case = _get_case(api, dwipp_id)
        assert (case.reports, case.reasons) == (1, {"spam": 1})


@pytest.mark.in_process
async def test_withdrawal_of_the_last_report_closes_the_case(api: Api) -> None:
    kay, lee, _, dwipp_id = await _create(api)
    await _report(kay, dwipp_id, "spam")
    await _report(lee, dwipp_id, "hate")
    for _ in range(2):
        await _withdraw(kay, dwipp_id)
        case = _get_case(api, dwipp_id)
        assert (case.status, case.reports, case.reasons) == ("open", 1, {"hate": 1})
    await _withdraw(lee, dwipp_id)
    case = _get_case(api, dwipp_id)
    assert (case.status, case.reports, case.reasons, case.decision) == ("closed", 0, {}, None)
    assert _list_open(api) == []
    assert _list_entries(api) == []
    await _report(lee, dwipp_id, "hate")
    reopened = _get_case(api, dwipp_id)
    assert (reopened.status, reopened.reports) == ("open", 1)
    assert reopened.first_reported_at == case.first_reported_at


async def test_withdrawal_is_204_whatever_became_of_the_dwipp(api: Api) -> None:
    kay, _, max_, dwipp_id = await _create(api)
    for unknown in (dwipp_id, "no-id", "019a3f6c-21e4-7b09-8d57-4c1e9ab03f62"):
        await _withdraw(kay, unknown)
    await _report(kay, dwipp_id)
    assert (await max_.http.delete(f"/v1/dwipps/{dwipp_id}")).status_code == 204
    for _ in range(2):
        await _withdraw(kay, dwipp_id)
    assert (await kay.get("/v1/me/export"))["reports"] == []


@pytest.mark.in_process
async def test_deletion_of_the_dwipp_closes_the_case(api: Api) -> None:
    kay, _, max_, dwipp_id = await _create(api)
    await _report(kay, dwipp_id)
    assert (await max_.http.delete(f"/v1/dwipps/{dwipp_id}")).status_code == 204
    case = _get_case(api, dwipp_id)
    assert case.status == "closed"
    assert case.decision
    assert (case.decision.action, case.decision.reason) == ("deleted", None)
    assert case.text == "Buy my socks"
    assert _list_entries(api) == []


@pytest.mark.in_process
async def test_deletion_of_a_reported_dwipp_makes_as_many_calls_as_any_other(
    checked_settings: Settings, embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = AwsCalls.watch(monkeypatch)
    async with open_api(checked_settings, embedded.endpoint, "uvicorn", has_quick_accounts=True) as api:
        kay, _, max_, reported = await _create(api)
        other = (await max_.post_dwipp("More socks"))["id"]
        await _report(kay, reported)
        counts = []
        for dwipp_id in (reported, other):
            calls.operations.clear()
            assert (await max_.http.delete(f"/v1/dwipps/{dwipp_id}")).status_code == 204
            counts.append(len(calls.operations))
    assert counts[0] == counts[1]


@pytest.mark.in_process
async def test_repeated_deletion_closes_a_case_left_open_by_the_first(api: Api) -> None:
    kay, _, max_, dwipp_id = await _create(api)
    await _report(kay, dwipp_id)
    with patch.object(CaseRepository, "close_deleted", side_effect=UnavailableError):
        assert (await max_.http.delete(f"/v1/dwipps/{dwipp_id}")).status_code == 503
    case = _get_case(api, dwipp_id)
    assert case.status == "open"
    assert (await max_.http.delete(f"/v1/dwipps/{dwipp_id}")).status_code == 404
    closed = _get_case(api, dwipp_id)
    assert (closed.status, _list_entries(api)) == ("closed", [])


@pytest.mark.in_process
async def test_erasure_closes_the_cases_that_are_still_open(api: Api) -> None:
    kay, _, max_, dwipp_id = await _create(api)
    await _report(kay, dwipp_id)
    container = Container(api.settings)
    key = {"dwipp_id": {"S": dwipp_id}}
    container.dwipps._client.delete_item(TableName=api.settings.dwipps_table, Key=key)
    (store,) = [store for store in container.personal.stores if store.name == "dwipps"]
    _erase_all(store, make_member((await max_.get("/v1/me"))["id"], "max"))
    closed = _get_case(api, dwipp_id)
    assert (closed.status, _list_entries(api)) == ("closed", [])


@pytest.mark.in_process
async def test_only_a_new_report_opens_a_decided_case(api: Api) -> None:
    kay, lee, _, dwipp_id = await _create(api)
    await _report(kay, dwipp_id)
    case = _dismiss(api, dwipp_id)
    cases = Container(api.settings).cases
    cases.unlist_as_open(case)
    await _report(kay, dwipp_id)  # The same report as before.
    decided = _get_case(api, dwipp_id)
    assert decided.decision
    assert (decided.status, decided.decision.action) == ("closed", "dismiss")
    assert _list_open(api) == []
    await _report(lee, dwipp_id)
    reopened = _get_case(api, dwipp_id)
    assert (reopened.status, reopened.decision, reopened.reports) == ("open", decided.decision, 2)
    assert reopened.opening != case.opening
    cases.unlist_as_open(case)  # Late: it belongs to the first opening.
    assert _list_open(api) == [dwipp_id]


class TestRefusals:
    async def test_own_dwipp_is_403(self, api: Api) -> None:
        _, _, max_, dwipp_id = await _create(api)
        assert await _get_problem(max_, f"/v1/dwipps/{dwipp_id}/report", {"reason": "spam"}) == (403, "own-dwipp")
        assert _find_case(api, dwipp_id) is None

    @pytest.mark.parametrize("dwipp_id", ["019a3f6c-21e4-7b09-8d57-4c1e9ab03f62", "no-id", "%20", "🦆"])
    async def test_unknown_dwipp_is_404(self, dwipp_id: str, api: Api) -> None:
        kay = await api.create_member("kay")
        path = f"/v1/dwipps/{dwipp_id}/report"
        assert await _get_problem(kay, path, {"reason": "spam"}) == (404, "dwipp-not-found")

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"reason": "boring"},
            {"reason": "Spam"},
            {"reason": None},
            {"reason": ["spam"]},
            {"reason": "spam", "comment": ""},
            {"reason": "spam", "comment": " \n "},
            {"reason": "spam", "comment": "\u2800"},
            {"reason": "spam", "comment": "x" * 501},
            {"reason": "spam", "comment": "x\0"},
            {"reason": "spam", "comment": 7},
            {"reason": "spam", "comment": None},
            {"reason": "spam", "other": 1},
            [],
        ],
        ids=str,
    )
    async def test_invalid_body_is_422_and_changes_nothing(self, body: Any, api: Api) -> None:
        kay, _, _, dwipp_id = await _create(api)
        assert await _get_problem(kay, f"/v1/dwipps/{dwipp_id}/report", body) == (422, "invalid-request")
        assert _find_case(api, dwipp_id) is None

    async def test_comment_may_have_500_code_points(self, api: Api) -> None:
        kay, _, _, dwipp_id = await _create(api)
        await _report(kay, dwipp_id, "other", " " + "🦆" * 500 + "\t")
        (report,) = (await kay.get("/v1/me/export"))["reports"]
        assert report["comment"] == "🦆" * 500


async def test_author_of_a_reported_dwipp_sees_no_difference(api: Api) -> None:
    kay, _, max_, dwipp_id = await _create(api)
    paths = (f"/v1/dwipps/{dwipp_id}", "/v1/me/dwipps", "/v1/me", "/v1/users/max", "/v1/me/export", "/v1/dwipps")
    before = [[await member.get(path) for path in paths[:4]] for member in (kay, max_)]
    export = await max_.get("/v1/me/export")
    await _report(kay, dwipp_id, "hate", "Go away")
    assert [[await member.get(path) for path in paths[:4]] for member in (kay, max_)] == before
    assert await max_.get("/v1/me/export") == export


@pytest.mark.in_process
async def test_dwipp_of_a_blocked_member_can_be_reported(api: Api) -> None:
    kay, _, _, dwipp_id = await _create(api)
    assert (await kay.http.put("/v1/users/max/block")).status_code == 204
    await _report(kay, dwipp_id)
    case = _get_case(api, dwipp_id)
    assert case.reports == 1


class TestPersonalData:
    async def test_export_has_the_reports(self, api: Api) -> None:
        kay, _, max_, dwipp_id = await _create(api)
        second = (await max_.post_dwipp("More socks"))["id"]
        await _report(kay, dwipp_id, "spam", "No.")
        await _report(kay, second, "hate")
        first_report, second_report = (await kay.get("/v1/me/export"))["reports"]
        assert first_report.pop("at").endswith("Z")
        expected = {"dwipp_id": dwipp_id, "reason": "spam", "comment": "No.", "text": "Buy my socks"}
        assert first_report == expected
        assert (second_report["dwipp_id"], second_report["comment"]) == (second, None)

    async def test_reports_are_erased_with_the_account(self, api: Api) -> None:
        kay, lee, _, dwipp_id = await _create(api)
        await _report(kay, dwipp_id, "spam")
        await _report(lee, dwipp_id, "hate")
        member_id = (await kay.get("/v1/me"))["id"]
        (store,) = [store for store in Container(api.settings).personal.stores if store.name == "reports"]
        _erase_all(store, make_member(member_id))
        assert (await kay.get("/v1/me/export"))["reports"] == []
        case = _get_case(api, dwipp_id)
        assert (case.reports, case.reasons) == (1, {"hate": 1})


class TestConcurrency:
    async def test_parallel_reports_and_withdrawals_of_one_member_count_at_most_one(self, api: Api) -> None:
        kay, _, _, dwipp_id = await _create(api)
        await kay.get("/v1/me")
        api.transcript.pause()
        await asyncio.gather(*[call for _ in range(4) for call in (_report(kay, dwipp_id), _withdraw(kay, dwipp_id))])
        api.transcript.resume()
        reports = Container(api.settings).reports.list_latest(dwipp_id, 100)
        case = _find_case(api, dwipp_id)
        assert (case.reports if case else 0) == len(reports) <= 1

    async def test_parallel_reports_of_all_members_are_counted(self, api: Api) -> None:
        _, _, _, dwipp_id = await _create(api)
        members = [await api.create_member() for _ in range(6)]
        for member in members:
            await member.get("/v1/me")
        await asyncio.gather(*[_report(member, dwipp_id, reason) for member in members for reason in ("spam", "hate")])
        case = _get_case(api, dwipp_id)
        assert (case.reports, sum(case.reasons.values())) == (6, 6)
        reports = Container(api.settings).reports.list_latest(dwipp_id, 100)
        counts = {reason: sum(report.reason == reason for report in reports) for reason in case.reasons}
        assert counts == case.reasons
        await asyncio.gather(*[_withdraw(member, dwipp_id) for member in members])
        closed = _get_case(api, dwipp_id)
        assert (closed.reports, closed.reasons, closed.status) == (0, {}, "closed")
        assert _list_open(api) == []
