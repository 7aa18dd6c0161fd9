"""Moderators read cases and decide them. A decision removes or restores the Dwipp, and closes the case."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.aws.timestamps import now
from app.bootstrap import Container
from app.openapi.formats import format_timestamp
from app.pagination.cursors import encode_cursor
from testkit.api_client import Api, MemberClient

UNKNOWN_ID = "019a3f6c-21e4-7b09-8d57-4c1e9ab03f62"


async def _report(member: MemberClient, dwipp_id: str, reason: str = "spam", comment: str | None = None) -> None:
    body = {"reason": reason} | ({"comment": comment} if comment else {})
    assert (await member.http.put(f"/v1/dwipps/{dwipp_id}/report", json=body)).status_code == 204


async def _decide(moderator: MemberClient, dwipp_id: str, action: str, reason: str = "spam", **more: Any) -> Any:
    body = {"action": action, "reason": reason, **more}
    response = await moderator.http.put(f"/v1/moderation/cases/{dwipp_id}/decision", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def _try_to_decide(moderator: MemberClient, dwipp_id: str, **body: Any) -> tuple[int, str]:
    response = await moderator.http.put(f"/v1/moderation/cases/{dwipp_id}/decision", json=body)
    return response.status_code, response.json()["type"].removeprefix("urn:dwipper:problem:")


async def _create(api: Api) -> tuple[MemberClient, MemberClient, MemberClient, str]:
    """Return Kay, Max, a moderator, and the id of a Dwipp by Max."""
    kay, max_, moderator = await api.create_member("kay"), await api.create_member("max"), await api.create_moderator()
    return kay, max_, moderator, (await max_.post_dwipp("Buy my socks"))["id"]


async def _list_ids(moderator: MemberClient, status: str = "open", limit: int = 20) -> list[str]:
    return [case["dwipp_id"] for case in await moderator.list_all("/v1/moderation/cases", limit, status=status)]


async def _list_log(moderator: MemberClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await moderator.get("/v1/moderation/log"))["items"]
    return items


class TestReading:
    async def test_case_has_its_reports(self, api: Api) -> None:
        kay, max_, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id, "hate", "No.")
        await max_.http.patch(f"/v1/dwipps/{dwipp_id}", json={"text": "Buy my shoes"})
        await moderator.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
        case = await moderator.get(f"/v1/moderation/cases/{dwipp_id}")
        assert case["dwipp"] == await moderator.get(f"/v1/dwipps/{dwipp_id}")
        assert case["dwipp"]["favorited"] is True
        (reporter,) = case.pop("reporters")
        assert reporter == {
            "handle": "kay",
            "reason": "hate",
            "comment": "No.",
            "text": "Buy my socks",
            "at": case["last_reported_at"],
        }
        assert case["first_reported_at"] == case["last_reported_at"]
        del case["dwipp"], case["first_reported_at"], case["last_reported_at"]
        assert case == {
            "dwipp_id": dwipp_id,
            "reports": 1,
            "reasons": {"hate": 1},
            "reported_text": "Buy my socks",
            "status": "open",
            "decision": None,
        }

    async def test_dwipp_without_reports_has_a_closed_case(self, api: Api) -> None:
        _, _, moderator, dwipp_id = await _create(api)
        case = await moderator.get(f"/v1/moderation/cases/{dwipp_id}")
        assert (case["status"], case["reports"], case["reporters"], case["decision"]) == ("closed", 0, [], None)
        assert (case["first_reported_at"], case["reported_text"]) == (None, None)
        assert await _list_ids(moderator) == await _list_ids(moderator, "closed") == []

    @pytest.mark.parametrize("dwipp_id", [UNKNOWN_ID, "no-id", "%20"])
    async def test_unknown_case_is_404(self, dwipp_id: str, api: Api) -> None:
        moderator = await api.create_moderator()
        response = await moderator.http.get(f"/v1/moderation/cases/{dwipp_id}")
        assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
        body = {"action": "remove", "reason": "spam"}
        assert await _try_to_decide(moderator, dwipp_id, **body) == (404, "dwipp-not-found")

    async def test_cases_are_listed_by_first_report(self, api: Api) -> None:
        kay, max_, moderator, first = await _create(api)
        ids = [first, *[(await max_.post_dwipp(f"{number}"))["id"] for number in range(4)]]
        order = [ids[3], ids[0], ids[4], ids[1], ids[2]]
        for dwipp_id in order:
            await _report(kay, dwipp_id)
        await _report(kay, ids[3], "hate")  # A later report does not move the case.
        for limit in (1, 2, 5, 20):
            assert await _list_ids(moderator, limit=limit) == order
        for dwipp_id in order[:3]:
            await _decide(moderator, dwipp_id, "dismiss")
        for limit in (1, 2, 5):
            assert await _list_ids(moderator, limit=limit) == order[3:]
            assert await _list_ids(moderator, "closed", limit) == order[:3]
        (case, *_) = (await moderator.get("/v1/moderation/cases"))["items"]
        assert case == {
            name: value
            for name, value in (await moderator.get(f"/v1/moderation/cases/{order[3]}")).items()
            if name != "reporters"
        }

    async def test_cursor_belongs_to_its_list(self, api: Api) -> None:
        kay, max_, moderator, first = await _create(api)
        for dwipp_id in (first, (await max_.post_dwipp("Two"))["id"]):
            await _report(kay, dwipp_id)
        cursor = (await moderator.get("/v1/moderation/cases?limit=1"))["next_cursor"]
        for path in ("/v1/moderation/cases?status=closed&", "/v1/moderation/log?", "/v1/dwipps?"):
            response = await moderator.http.get(f"{path}cursor={cursor}")
            assert (response.status_code, response.json()["type"]) == (400, "urn:dwipper:problem:invalid-cursor")

    @pytest.mark.parametrize("query", ["status=all", "status=", "limit=0", "limit=101"])
    async def test_invalid_query_is_422(self, query: str, api: Api) -> None:
        moderator = await api.create_moderator()
        assert (await moderator.http.get(f"/v1/moderation/cases?{query}")).status_code == 422

    async def test_case_of_a_gone_dwipp_is_closed(self, api: Api) -> None:
        kay, max_, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id)
        assert (await max_.http.delete(f"/v1/dwipps/{dwipp_id}")).status_code == 204
        assert await _list_ids(moderator) == []
        (case,) = (await moderator.get("/v1/moderation/cases?status=closed"))["items"]
        assert (case["dwipp"], case["reported_text"], case["status"]) == (None, "Buy my socks", "closed")
        assert (case["decision"]["action"], case["decision"]["reason"]) == ("deleted", None)

    async def test_case_counts_as_closed_if_its_closing_was_lost(self, api: Api) -> None:
        kay, max_, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id)
        container = Container(api.settings)
        container.dwipps._client.delete_item(TableName=api.settings.dwipps_table, Key={"dwipp_id": {"S": dwipp_id}})
        assert await _list_ids(moderator) == []
        assert (await moderator.get("/v1/moderation/members/max"))["open_cases"] == 0
        case = await moderator.get(f"/v1/moderation/cases/{dwipp_id}")
        assert (case["status"], case["decision"]) == (
            "closed",
            {"action": "deleted", "reason": None, "decided_at": None},
        )
        assert (await max_.http.delete(f"/v1/dwipps/{dwipp_id}")).status_code == 404
        assert await _list_ids(moderator, "closed") == [dwipp_id]


class TestDecision:
    async def test_removal_hides_and_dismissal_restores(self, api: Api) -> None:
        kay, max_, moderator, dwipp_id = await _create(api)
        await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
        await _report(kay, dwipp_id)
        before = await kay.get(f"/v1/dwipps/{dwipp_id}")
        case = await _decide(moderator, dwipp_id, "remove", "hate", note="A series.")
        decided_at = case["decision"]["decided_at"]
        assert case["decision"] == {"action": "remove", "reason": "hate", "decided_at": decided_at}
        assert (case["status"], case["dwipp"]["removed"]) == ("closed", {"at": decided_at, "reason": "hate"})
        assert case == {
            name: value
            for name, value in (await moderator.get(f"/v1/moderation/cases/{dwipp_id}")).items()
            if name != "reporters"
        }
        assert (await kay.http.get(f"/v1/dwipps/{dwipp_id}")).status_code == 404
        assert (await kay.get("/v1/dwipps"))["items"] == []
        own = await max_.get(f"/v1/dwipps/{dwipp_id}")
        assert own["removed"] == {"at": decided_at, "reason": "hate"}
        assert "A series." not in (await max_.http.get("/v1/me/export")).text
        assert await _list_ids(moderator) == []
        assert await _list_ids(moderator, "closed") == [dwipp_id]
        case = await _decide(moderator, dwipp_id, "dismiss", "other", if_decided_at=decided_at)
        assert (case["decision"]["action"], case["dwipp"]["removed"]) == ("dismiss", None)
        assert await kay.get(f"/v1/dwipps/{dwipp_id}") == before
        assert [item["id"] for item in (await kay.get("/v1/dwipps"))["items"]] == [dwipp_id]

    @pytest.mark.parametrize("action", ["remove", "dismiss"])
    async def test_decision_needs_no_report(self, action: str, api: Api) -> None:
        kay, _, moderator, dwipp_id = await _create(api)
        case = await _decide(moderator, dwipp_id, action)
        assert (case["status"], case["reports"], case["decision"]["action"]) == ("closed", 0, action)
        assert await _list_ids(moderator, "closed") == [dwipp_id]
        assert (await kay.http.get(f"/v1/dwipps/{dwipp_id}")).status_code == (404 if action == "remove" else 200)

    async def test_first_report_opens_a_case_that_was_decided_without_one(self, api: Api) -> None:
        kay, _, moderator, dwipp_id = await _create(api)
        await _decide(moderator, dwipp_id, "dismiss")
        await _report(kay, dwipp_id)
        assert await _list_ids(moderator) == [dwipp_id]
        assert await _list_ids(moderator, "closed") == []
        await _decide(moderator, dwipp_id, "dismiss")
        assert await _list_ids(moderator) == []
        assert await _list_ids(moderator, "closed") == [dwipp_id]

    async def test_standing_decision_changes_and_logs_nothing(self, api: Api) -> None:
        kay, _, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id)
        first = await _decide(moderator, dwipp_id, "remove", note="First")
        assert await _decide(moderator, dwipp_id, "remove", note="Second") == first
        assert [entry["note"] for entry in await _list_log(moderator)] == ["First"]
        other_reason = await _decide(moderator, dwipp_id, "remove", "hate")
        assert other_reason["dwipp"]["removed"]["reason"] == "hate"
        assert len(await _list_log(moderator)) == 2

    async def test_same_decision_closes_a_reopened_case(self, api: Api) -> None:
        kay, _, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id, "spam")
        first = await _decide(moderator, dwipp_id, "dismiss")
        await _report(kay, dwipp_id, "hate")
        reopened = await moderator.get(f"/v1/moderation/cases/{dwipp_id}")
        assert (reopened["status"], reopened["decision"]) == ("open", first["decision"])
        second = await _decide(moderator, dwipp_id, "dismiss")
        assert second["status"] == "closed"
        assert second["decision"]["decided_at"] > first["decision"]["decided_at"]

    async def test_stale_decision_is_409_and_changes_nothing(self, api: Api) -> None:
        _, _, moderator, dwipp_id = await _create(api)
        stale = format_timestamp(now() - timedelta(hours=1))
        body = {"action": "remove", "reason": "spam", "if_decided_at": stale}
        assert await _try_to_decide(moderator, dwipp_id, **body) == (409, "decision-conflict")
        first = await _decide(moderator, dwipp_id, "remove")
        assert await _try_to_decide(moderator, dwipp_id, **body) == (409, "decision-conflict")
        assert await _try_to_decide(moderator, dwipp_id, **body | {"action": "dismiss"}) == (409, "decision-conflict")
        decided_at = first["decision"]["decided_at"].replace("Z", "+00:00")
        assert (await _decide(moderator, dwipp_id, "dismiss", if_decided_at=decided_at))["dwipp"]["removed"] is None
        assert len(await _list_log(moderator)) == 2

    async def test_shown_time_of_a_deletion_is_accepted(self, api: Api) -> None:
        kay, max_, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id)
        await max_.http.delete(f"/v1/dwipps/{dwipp_id}")
        decided_at = (await moderator.get(f"/v1/moderation/cases/{dwipp_id}"))["decision"]["decided_at"]
        await _decide(moderator, dwipp_id, "remove", if_decided_at=decided_at)

    async def test_removal_outlasts_its_case(self, api: Api) -> None:
        _, _, moderator, dwipp_id = await _create(api)
        first = await _decide(moderator, dwipp_id, "remove", "hate")
        key = {"pk": {"S": f"case#{dwipp_id}"}, "sk": {"S": "case"}}
        Container(api.settings).dwipps._client.delete_item(TableName=api.settings.safety_table, Key=key)
        case = await moderator.get(f"/v1/moderation/cases/{dwipp_id}")
        assert case["decision"] == first["decision"]
        assert (await _decide(moderator, dwipp_id, "remove", "hate"))["decision"] == first["decision"]
        assert len(await _list_log(moderator)) == 1
        assert (await _decide(moderator, dwipp_id, "dismiss"))["dwipp"]["removed"] is None

    async def test_decision_on_a_gone_dwipp_closes_its_case(self, api: Api) -> None:
        kay, max_, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id)
        await max_.http.delete(f"/v1/dwipps/{dwipp_id}")
        case = await _decide(moderator, dwipp_id, "remove")
        assert (case["dwipp"], case["decision"]["action"]) == (None, "remove")

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "change",
        [
            {"action": "delete"},
            {"action": None},
            {"reason": "boring"},
            {"reason": None},
            {"note": ""},
            {"note": "x" * 501},
            {"note": None},
            {"if_decided_at": None},
            {"if_decided_at": "yesterday"},
            {"if_decided_at": 1_700_000_000},
            {"if_decided_at": "2026-01-31T12:00:00"},
            {"if_decided_at": "0001-01-01T00:00:00+23:59"},
            {"more": 1},
        ],
        ids=str,
    )
    async def test_invalid_body_is_422(self, change: Any, api: Api) -> None:
        _, _, moderator, dwipp_id = await _create(api)
        body = {"action": "remove", "reason": "spam"} | change
        response = await moderator.http.put(f"/v1/moderation/cases/{dwipp_id}/decision", json=body)
        assert response.status_code == 422
        (name,) = change
        assert {flaw["pointer"] for flaw in response.json()["errors"]} == {f"/{name}"}
        assert (await moderator.get(f"/v1/dwipps/{dwipp_id}"))["removed"] is None


class TestOwnDwipps:
    async def test_own_case_is_403_and_is_left_out(self, api: Api) -> None:
        kay, moderator = await api.create_member("kay"), await api.create_moderator()
        dwipp_id = (await moderator.post_dwipp("I decide"))["id"]
        await _report(kay, dwipp_id)
        other = (await (await api.create_member()).post_dwipp("Another"))["id"]
        await _report(kay, other)
        assert await _list_ids(moderator, limit=1) == [other]
        response = await moderator.http.get(f"/v1/moderation/cases/{dwipp_id}")
        assert (response.status_code, response.json()["type"]) == (403, "urn:dwipper:problem:own-dwipp")
        body = {"action": "dismiss", "reason": "other"}
        assert await _try_to_decide(moderator, dwipp_id, **body) == (403, "own-dwipp")
        assert await _list_ids(await api.create_moderator()) == [dwipp_id, other]


class TestLog:
    async def test_decisions_are_logged_newest_first(self, api: Api) -> None:
        _, max_, moderator, first = await _create(api)
        handle = (await moderator.get("/v1/me"))["handle"]
        second = (await max_.post_dwipp("Second"))["id"]
        await _decide(moderator, first, "remove", "hate", note="One")
        await _decide(moderator, second, "dismiss")
        await _decide(moderator, first, "dismiss", "other")
        entries = await moderator.list_all("/v1/moderation/log", 1)
        assert [(entry["action"], entry["dwipp_id"], entry["reason"], entry["note"]) for entry in entries] == [
            ("dismiss", first, "other", None),
            ("dismiss", second, "spam", None),
            ("remove", first, "hate", "One"),
        ]
        assert {(entry["moderator"], entry["handle"], entry["until"]) for entry in entries} == {(handle, "max", None)}
        assert await _list_log(moderator) == entries

    async def test_log_names_no_email_and_no_id(self, api: Api) -> None:
        kay, max_, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id)
        await _decide(moderator, dwipp_id, "remove")
        secrets = [member.email for member in (kay, max_, moderator)]
        secrets += [(await member.get("/v1/me"))["id"] for member in (kay, max_, moderator)]
        for path in ("log", f"cases/{dwipp_id}", "cases?status=closed"):
            text = (await moderator.http.get(f"/v1/moderation/{path}")).text
            assert not [secret for secret in secrets if secret in text]

    async def test_page_after_entries_that_are_no_longer_shown_is_empty(self, api: Api) -> None:
        moderator = await api.create_moderator()
        cursor = encode_cursor("log", "2000-01-01T00:00:00.000000Z#00000000")
        assert await moderator.get("/v1/moderation/log", cursor=cursor) == {"items": [], "next_cursor": None}


class TestConcurrency:
    async def test_one_of_parallel_decisions_wins_each_time(self, api: Api) -> None:
        kay, _, moderator, dwipp_id = await _create(api)
        await _report(kay, dwipp_id)
        await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
        decisions = [_decide(moderator, dwipp_id, action) for action in ("remove", "dismiss") * 3]
        votes = [kay.http.request(method, f"/v1/dwipps/{dwipp_id}/upvote") for method in ("PUT", "DELETE") * 2]
        reports = [_report_or_404(kay, dwipp_id, reason) for reason in ("hate", "spam", "other")]
        api.transcript.pause()
        results = await asyncio.gather(*decisions, *votes, *reports)
        times = [result["decision"]["decided_at"] for result in results[:6]]
        log = await _list_log(moderator)
        assert {entry["at"] for entry in log} <= set(times)
        case = await moderator.get(f"/v1/moderation/cases/{dwipp_id}")
        assert case["decision"]["decided_at"] == log[0]["at"]
        assert (case["dwipp"]["removed"] is not None) == (case["decision"]["action"] == "remove")
        assert (case["reports"], sum(case["reasons"].values()), len(case["reporters"])) == (1, 1, 1)
        assert case["dwipp"]["upvotes"] == len((await kay.get("/v1/me/export"))["upvotes"])
        assert (dwipp_id in await _list_ids(moderator)) == (case["status"] == "open")
        api.transcript.resume()


async def _report_or_404(member: MemberClient, dwipp_id: str, reason: str) -> None:
    response = await member.http.put(f"/v1/dwipps/{dwipp_id}/report", json={"reason": reason})
    assert response.status_code in (204, 404)
