"""Moderators suspend members and lift suspensions. Each decision is in the log."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError

from app.aws.timestamps import now
from app.cognito.user_pool import UserPool
from app.openapi.formats import format_timestamp
from testkit.api_client import Api, MemberClient

UNTIL = "2099-01-31T12:00:00.000Z"


async def _create(api: Api) -> tuple[MemberClient, MemberClient]:
    """Return Kay and a moderator."""
    kay, moderator = await api.create_member("kay"), await api.create_moderator()
    await kay.get("/v1/me")
    return kay, moderator


async def _suspend(moderator: MemberClient, until: str | None = None, reason: str = "spam", **more: Any) -> Any:
    body = {"until": until, "reason": reason, **more}
    response = await moderator.http.put("/v1/moderation/members/kay/suspension", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def _lift(moderator: MemberClient) -> None:
    assert (await moderator.http.delete("/v1/moderation/members/kay/suspension")).status_code == 204


async def _get_problem(moderator: MemberClient, path: str, body: Any) -> tuple[int, str]:
    response = await moderator.http.put(f"/v1/moderation/{path}", json=body)
    return response.status_code, response.json()["type"].removeprefix("urn:dwipper:problem:")


async def _list_log(moderator: MemberClient) -> list[tuple[str, str | None, str | None, str | None]]:
    entries = (await moderator.get("/v1/moderation/log"))["items"]
    assert {(entry["handle"], entry["dwipp_id"]) for entry in entries} <= {("kay", None)}
    return [(entry["action"], entry["until"], entry["reason"], entry["note"]) for entry in entries]


class TestSuspension:
    async def test_suspended_member_cannot_write_until_it_is_lifted(self, api: Api) -> None:
        kay, moderator = await _create(api)
        assert await _suspend(moderator, UNTIL, "hate") == {"handle": "kay", "until": UNTIL, "reason": "hate"}
        refused = await kay.http.post("/v1/dwipps", json={"text": "Hello"})
        assert (refused.status_code, refused.json()["until"], refused.json()["reason"]) == (403, UNTIL, "hate")
        assert (await kay.get("/v1/me"))["suspension"] == {"until": UNTIL, "reason": "hate"}
        for _ in range(2):
            await _lift(moderator)
        assert (await kay.get("/v1/me"))["suspension"] is None
        await kay.post_dwipp("Hello")
        assert await _list_log(moderator) == [("lift", None, None, None), ("suspend", UNTIL, "hate", None)]

    async def test_another_suspension_replaces_the_first(self, api: Api) -> None:
        kay, moderator = await _create(api)
        await _suspend(moderator, UNTIL, note="One")
        await _suspend(moderator, UNTIL, note="The same again")
        await _suspend(moderator, None, note="Two")
        assert (await kay.get("/v1/me"))["suspension"] == {"until": None, "reason": "spam"}
        assert await _list_log(moderator) == [("suspend", None, "spam", "Two"), ("suspend", UNTIL, "spam", "One")]

    async def test_handle_is_case_insensitive(self, api: Api) -> None:
        _, moderator = await _create(api)
        body = {"until": None, "reason": "spam"}
        response = await moderator.http.put("/v1/moderation/members/KAY/suspension", json=body)
        assert (response.status_code, response.json()["handle"]) == (200, "kay")

    async def test_note_stays_in_moderation(self, api: Api) -> None:
        kay, moderator = await _create(api)
        await _suspend(moderator, None, note="Rude in person")
        for path in ("/v1/me", "/v1/me/export"):
            assert "Rude" not in (await kay.http.get(path)).text

    async def test_suspended_moderator_of_old_can_do_nothing(self, api: Api) -> None:
        _, moderator = await _create(api)
        with patch.object(UserPool, "is_in_group", return_value=False):
            other = await api.create_moderator()
            handle = (await other.get("/v1/me"))["handle"]
            body = {"until": None, "reason": "spam"}
            assert (await moderator.http.put(f"/v1/moderation/members/{handle}/suspension", json=body)).is_success
        refused = await other.http.get("/v1/moderation/cases")
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:dwipper:problem:suspended")


class TestConcurrency:
    async def test_parallel_repetitions_are_one_suspension(self, api: Api) -> None:
        _, moderator = await _create(api)
        api.transcript.pause()
        await asyncio.gather(*[_suspend(moderator, UNTIL) for _ in range(4)])
        assert await _list_log(moderator) == [("suspend", UNTIL, "spam", None)]
        await asyncio.gather(*[_lift(moderator) for _ in range(4)])
        assert len(await _list_log(moderator)) == 2
        api.transcript.resume()


class TestRefusals:
    async def test_moderator_cannot_be_suspended(self, api: Api) -> None:
        moderator = await api.create_moderator()
        other = await api.create_moderator()
        body = {"until": None, "reason": "spam"}
        for member in (moderator, other):
            handle = (await member.get("/v1/me"))["handle"]
            problem = await _get_problem(moderator, f"members/{handle}/suspension", body)
            assert problem == (403, "protected-member")
            assert (await member.get("/v1/me"))["suspension"] is None

    async def test_unreachable_cognito_is_503_and_changes_nothing(self, api: Api) -> None:
        kay, moderator = await _create(api)
        error = EndpointConnectionError(endpoint_url="https://cognito.test")
        with patch.object(UserPool, "is_in_group", side_effect=error):
            problem = await _get_problem(moderator, "members/kay/suspension", {"until": None, "reason": "spam"})
        assert problem == (503, "unavailable")
        assert (await kay.get("/v1/me"))["suspension"] is None

    @pytest.mark.parametrize("handle", ["nobody_here", "x", "🦆"])
    async def test_unknown_member_is_404(self, handle: str, api: Api) -> None:
        moderator = await api.create_moderator()
        body = {"until": None, "reason": "spam"}
        path = f"members/{handle}/suspension"
        assert await _get_problem(moderator, path, body) == (404, "member-not-found")
        for method, suffix in (("DELETE", "/suspension"), ("GET", "")):
            response = await moderator.http.request(method, f"/v1/moderation/members/{handle}{suffix}")
            assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:member-not-found")

    async def test_member_in_deletion_is_404(self, api: Api) -> None:
        kay, moderator = await _create(api)
        assert (await kay.http.delete("/v1/me")).status_code == 202
        body = {"until": None, "reason": "spam"}
        assert await _get_problem(moderator, "members/kay/suspension", body) == (404, "member-not-found")

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "change",
        [
            {"until": "2020-01-01T00:00:00Z"},
            {"until": "tomorrow"},
            {"until": 4_000_000_000},
            {"until": "2099-01-31"},
            {"until": "2099-01-31T12:00:00"},
            {"until": "9999-12-31T23:59:59-23:59"},
            {"reason": "boring"},
            {"note": " "},
            {"note": None},
            {"more": True},
        ],
        ids=str,
    )
    async def test_invalid_body_is_422(self, change: Any, api: Api) -> None:
        kay, moderator = await _create(api)
        body = {"until": None, "reason": "spam"} | change
        assert await _get_problem(moderator, "members/kay/suspension", body) == (422, "invalid-request")
        assert (await kay.get("/v1/me"))["suspension"] is None

    async def test_until_is_required(self, api: Api) -> None:
        _, moderator = await _create(api)
        problem = await _get_problem(moderator, "members/kay/suspension", {"reason": "spam"})
        assert problem == (422, "invalid-request")

    async def test_until_may_have_another_zone(self, api: Api) -> None:
        _, moderator = await _create(api)
        until = datetime(2099, 1, 31, 13, tzinfo=UTC) + timedelta(milliseconds=500)
        assert (await _suspend(moderator, "2099-01-31T14:00:00.500+01:00"))["until"] == format_timestamp(until)


class TestRecord:
    async def test_record_counts_removed_dwipps_and_open_cases(self, api: Api) -> None:
        kay, moderator = await _create(api)
        joined_at = (await kay.get("/v1/me"))["joined_at"]
        path = "/v1/moderation/members/kay"
        empty = {"handle": "kay", "joined_at": joined_at, "suspension": None, "removed": 0, "open_cases": 0}
        assert await moderator.get(path) == empty
        ids = [(await kay.post_dwipp(f"{number}"))["id"] for number in range(3)]
        lee = await api.create_member("lee")
        for dwipp_id in ids:
            assert (await lee.http.put(f"/v1/dwipps/{dwipp_id}/report", json={"reason": "spam"})).is_success
        decision = {"action": "remove", "reason": "spam"}
        assert (await moderator.http.put(f"/v1/moderation/cases/{ids[0]}/decision", json=decision)).is_success
        await _suspend(moderator, UNTIL)
        expected = {"suspension": {"until": UNTIL, "reason": "spam"}, "removed": 1, "open_cases": 2}
        assert await moderator.get(path) == empty | expected

    async def test_block_does_not_hide_the_record(self, api: Api) -> None:
        _, moderator = await _create(api)
        assert (await moderator.http.put("/v1/users/kay/block")).status_code == 204
        assert (await moderator.get("/v1/moderation/members/kay"))["handle"] == "kay"


class TestLimits:
    async def test_decisions_and_suspensions_are_limited(self, api: Api) -> None:
        kay, moderator = await _create(api)
        dwipp_id = (await kay.post_dwipp("Hello"))["id"]
        response = await moderator.http.put(
            f"/v1/moderation/cases/{dwipp_id}/decision", json={"action": "dismiss", "reason": "other"}
        )
        assert response.headers["RateLimit-Policy"] == '"hour";q=300;w=3600'
        assert response.headers["RateLimit"].startswith('"hour";r=299;t=')
        for number in range(30):
            await _suspend(moderator, format_timestamp(now() + timedelta(days=number + 1)))
        body = {"until": None, "reason": "spam"}
        api.transcript.pause()  # `Retry-After` differs.
        assert await _get_problem(moderator, "members/kay/suspension", body) == (429, "rate-limited")
        assert (await moderator.http.delete("/v1/moderation/members/kay/suspension")).status_code == 429
        api.transcript.resume()
