"""A suspended member can read, delete and export, but not write. The suspension outlives the account.

The tables below place every operation of openapi.json. A test fails if a new operation is in no table.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.aws.timestamps import now
from app.dwipps.ids import new_id
from app.limits import counters
from app.me import deletions
from app.members import suspensions
from app.openapi.formats import format_timestamp
from app.settings import MemberLimits, Settings
from testkit.api_client import PASSWORD, Api, MemberClient
from testkit.operations import ALL_OPERATIONS, OPERATIONS_BY_NAME
from testkit.suspensions import REASON, lift, suspend

pytestmark = pytest.mark.slow

UNTIL = datetime(2099, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
NEW_PASSWORD = "another password"

# The response is 403 `suspended`, and nothing is changed. Operations below /v1/moderation/ belong here too.
REFUSED = (
    *("create_dwipp", "edit_dwipp", "block_member", "report_dwipp", "withdraw_report"),
    *("set_upvote", "toggle_upvote", "set_favorite", "toggle_favorite"),
    *("list_cases", "read_case", "decide_case", "list_log"),
    *("read_record", "suspend_member", "lift_suspension"),
)
# The response has the same status as for every other member. The operations are called in this order.
ALLOWED = {
    "list_dwipps": 200,
    "read_dwipp": 200,
    "read_random_dwipp": 200,
    "clear_upvote": 200,
    "clear_favorite": 200,
    "read_me": 200,
    "export_me": 200,
    "change_password": 204,
    "log_out_everywhere": 204,
    "list_my_dwipps": 200,
    "list_my_favorites": 200,
    "list_my_upvotes": 200,
    "read_member": 200,
    "list_dwipps_of_member": 200,
    "register": 202,
    "confirm": 400,
    "resend": 202,
    "login": 200,
    "refresh": 200,
    "token": 200,
    "logout": 204,
    "forgot_password": 202,
    "reset_password": 204,
    "list_my_blocks": 200,
    "unblock_member": 204,
    "read_health": 200,
    "delete_dwipp": 204,
    "delete_me": 202,
}


def test_each_operation_is_placed() -> None:
    names = sorted(operation.name for operation in ALL_OPERATIONS)
    assert names == sorted([*REFUSED, *ALLOWED]), (
        "Place each operation in a table of tests/api/test_suspensions.py. A write depends on ActiveMember"
        " (app/members/dependencies.py), unless a suspended member may make it."
    )


def _make_body(name: str, member: MemberClient) -> Any:
    """Return the body of an operation, with the member's own email, password and token."""
    own = {
        "email": member.email,
        "username": member.email,
        "password": PASSWORD,
        "current_password": PASSWORD,
        "new_password": PASSWORD,
        "refresh_token": member.tokens["refresh_token"],
    }
    body = OPERATIONS_BY_NAME[name].body
    return body and body | {key: value for key, value in own.items() if key in body}


async def _call(name: str, member: MemberClient, dwipp_id: str) -> httpx.Response:
    operation = OPERATIONS_BY_NAME[name]
    path = operation.path.format(dwipp_id=dwipp_id, handle="lee")
    form = {"data" if name == "token" else "json": _make_body(name, member)}
    return await member.http.request(operation.method, path, **form)


def _assert_suspended(response: httpx.Response, until: datetime | None = UNTIL) -> None:
    assert response.status_code == 403, response.text
    problem = response.json()
    assert problem.pop("request_id") == response.headers["x-request-id"]
    assert problem.pop("detail").startswith("You are suspended")
    assert problem == {
        "type": "urn:dwipper:problem:suspended",
        "title": "Suspended",
        "status": 403,
        "until": until and format_timestamp(until),
        "reason": REASON,
    }
    assert "ratelimit" not in response.headers


async def _assert_active(member: MemberClient) -> None:
    assert (await member.get("/v1/me"))["suspension"] is None
    await member.post_dwipp("Allowed again")


async def _prepare(api: Api) -> tuple[MemberClient, MemberClient, str]:
    """Let a moderator write a Dwipp and react to it. Return the moderator, Lee, and the id of the Dwipp."""
    kay, lee = await api.create_moderator(), await api.create_member("lee")
    dwipp_id = (await kay.post_dwipp("Thought of Kay"))["id"]
    await lee.get("/v1/me")
    for reaction in ("upvote", "favorite"):
        assert (await kay.http.put(f"/v1/dwipps/{dwipp_id}/{reaction}")).is_success
    return kay, lee, dwipp_id


class TestOperations:
    async def test_other_writes_are_403_and_change_nothing(self, api: Api) -> None:
        kay, lee, dwipp_id = await _prepare(api)
        before = await lee.get("/v1/dwipps"), await kay.get("/v1/me/dwipps"), await kay.get("/v1/me/export")
        await suspend(api, kay, UNTIL)
        for name in REFUSED:
            _assert_suspended(await _call(name, kay, dwipp_id))
        moderation = [{"action": "suspend", "dwipp_id": None, "until": format_timestamp(UNTIL), "reason": REASON}]
        export = await kay.get("/v1/me/export")
        for action in export["moderation"]:
            assert format_timestamp(now() - timedelta(minutes=5)) < action.pop("at") <= format_timestamp(now())
        after = await lee.get("/v1/dwipps"), await kay.get("/v1/me/dwipps"), export
        assert after == (*before[:2], before[2] | {"moderation": moderation})

    async def test_other_operations_have_their_usual_responses(self, api: Api) -> None:
        kay, _, dwipp_id = await _prepare(api)
        await suspend(api, kay, UNTIL)
        for name, status in ALLOWED.items():
            session = api.open_session(kay.email, await api.login(kay.email))
            response = await _call(name, session, dwipp_id)
            assert response.status_code == status, f"{name}: {response.text}"

    async def test_member_can_undo_and_sign_out(self, api: Api) -> None:
        kay, lee, dwipp_id = await _prepare(api)
        assert (await kay.http.put("/v1/users/lee/block")).status_code == 204
        await suspend(api, kay)
        assert (await _call("clear_upvote", kay, dwipp_id)).json()["upvoted"] is False
        assert (await _call("clear_favorite", kay, dwipp_id)).json()["favorited"] is False
        assert (await _call("unblock_member", kay, dwipp_id)).status_code == 204
        assert (await kay.get("/v1/me/blocks"))["items"] == []
        assert (await _call("delete_dwipp", kay, dwipp_id)).status_code == 204
        assert (await lee.get("/v1/dwipps"))["items"] == []
        passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        assert (await kay.http.put("/v1/me/password", json=passwords)).status_code == 204
        again = api.open_session(kay.email, await api.login(kay.email, NEW_PASSWORD))
        _assert_suspended(await again.http.post("/v1/dwipps", json={"text": "Not allowed"}), None)

    async def test_every_path_of_moderation_is_403(self, api: Api) -> None:
        kay, lee, _ = await _prepare(api)
        await suspend(api, kay, UNTIL)
        await suspend(api, lee, UNTIL)
        for method in ("GET", "PUT", "BREW"):
            _assert_suspended(await kay.http.request(method, "/v1/moderation/nope"))
            response = await lee.http.request(method, "/v1/moderation/nope")
            assert response.json()["type"] == "urn:dwipper:problem:moderators-only"


async def test_profile_shows_the_suspension(api: Api) -> None:
    kay = await api.create_member("kay")
    assert (await kay.get("/v1/me"))["suspension"] is None
    await suspend(api, kay, UNTIL)
    assert (await kay.get("/v1/me"))["suspension"] == {"until": "2099-01-02T03:04:05.678Z", "reason": REASON}
    await suspend(api, kay)
    assert (await kay.get("/v1/me"))["suspension"] == {"until": None, "reason": REASON}
    _assert_suspended(await kay.http.post("/v1/dwipps", json={"text": "Not allowed"}), None)
    await lift(api, kay)
    await _assert_active(kay)
    assert (await kay.get("/v1/me/export"))["moderation"] == []


async def test_suspension_in_the_past_is_none(api: Api) -> None:
    kay = await api.create_member("kay")
    await suspend(api, kay, now() - timedelta(milliseconds=1))
    await _assert_active(kay)


async def test_suspension_ends_at_its_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    kay = await api.create_member("kay")
    await suspend(api, kay, UNTIL)
    monkeypatch.setattr(suspensions, "now", lambda: UNTIL - timedelta(microseconds=1))
    _assert_suspended(await kay.http.post("/v1/dwipps", json={"text": "Not allowed"}))
    monkeypatch.setattr(suspensions, "now", lambda: UNTIL)
    await _assert_active(kay)


async def test_nobody_else_can_see_a_suspension(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp_id = (await kay.post_dwipp("Thought of Kay"))["id"]
    paths = ("/v1/dwipps", f"/v1/dwipps/{dwipp_id}", "/v1/users/kay", "/v1/users/kay/dwipps", "/v1/me", "/v1/me/export")
    before = [await lee.get(path) for path in paths]
    await suspend(api, kay)
    assert [await lee.get(path) for path in paths] == before
    assert (await lee.http.put(f"/v1/dwipps/{dwipp_id}/upvote")).json()["upvotes"] == 1


class TestOrder:
    """The refusals come in the order 401, 403 `suspended`, 422, 429, 404, other 403, 409."""

    @pytest.fixture
    def settings(self, new_settings: Callable[[], Settings]) -> Settings:
        """Return settings with a limit of one write of each kind."""
        return replace(new_settings(), limits=MemberLimits(1, 1, 1, 1, 1))

    @pytest.fixture(autouse=True)
    def no_time_passes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(counters, "now", lambda: datetime(2026, 11, 26, 10, 40, tzinfo=UTC))

    async def test_suspension_precedes_422(self, api: Api) -> None:
        kay = await api.create_member("kay")
        dwipp_id = (await kay.post_dwipp("Thought of Kay"))["id"]
        await suspend(api, kay, UNTIL)
        invalid: list[dict[str, Any]] = [{}, {"text": ""}, {"text": "x", "more": 1}]
        for body in invalid:
            _assert_suspended(await kay.http.post("/v1/dwipps", json=body))
            _assert_suspended(await kay.http.patch(f"/v1/dwipps/{dwipp_id}", json=body))
        headers = {"Idempotency-Key": "x" * 256}
        _assert_suspended(await kay.http.post("/v1/dwipps", json={"text": "x"}, headers=headers))
        _assert_suspended(await kay.http.put("/v1/users/kay/block"))

    async def test_suspension_precedes_429_and_counts_nothing(self, api: Api) -> None:
        kay = await api.create_member("kay")
        dwipp_id = (await kay.post_dwipp("Thought of Kay"))["id"]
        await suspend(api, kay, UNTIL)
        _assert_suspended(await kay.http.post("/v1/dwipps", json={"text": "x"}))
        for _ in range(2):
            _assert_suspended(await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote"))
        await lift(api, kay)
        assert (await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")).status_code == 200
        assert (await kay.http.post("/v1/dwipps", json={"text": "x"})).status_code == 429

    async def test_suspension_precedes_404_and_other_403(self, api: Api) -> None:
        kay, lee = await api.create_moderator(), await api.create_member("lee")
        dwipp_id = (await lee.post_dwipp("Thought of Lee"))["id"]
        await suspend(api, kay, UNTIL)
        for name in REFUSED:
            for unknown in (new_id(), "x", dwipp_id):
                _assert_suspended(await _call(name, kay, unknown))
        _assert_suspended(await kay.http.put("/v1/users/nobody/block"))

    async def test_401_precedes_the_suspension(self, api: Api) -> None:
        kay = await api.create_moderator()
        await suspend(api, kay, UNTIL)
        assert (await kay.http.delete("/v1/me")).status_code == 202
        for name in REFUSED:
            assert (await _call(name, kay, "x")).status_code == 401


class TestNextAccount:
    """A new account with the same email gets what is left of the suspension."""

    @pytest.fixture(autouse=True)
    def no_drain_period(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))

    async def _delete(self, api: Api, member: MemberClient) -> None:
        assert (await member.http.delete("/v1/me")).status_code == 202
        await api.finish_jobs()
        assert (await member.http.delete("/v1/me")).status_code == 204

    async def _register_again(self, api: Api, email: str) -> MemberClient:
        await api.confirm(await api.register(email), email)
        return api.open_session(email, await api.login(email))

    async def test_suspension_outlives_two_accounts(self, api: Api) -> None:
        kay = await api.create_member("kay")
        await suspend(api, kay, UNTIL)
        await self._delete(api, kay)
        second = await self._register_again(api, kay.email.title())
        # The first request is a write.
        _assert_suspended(await second.http.post("/v1/dwipps", json={"text": "Not allowed"}))
        assert (await second.get("/v1/me"))["suspension"] == {"until": format_timestamp(UNTIL), "reason": REASON}
        assert len((await second.get("/v1/me/export"))["moderation"]) == 1
        await self._delete(api, second)
        third = await self._register_again(api, kay.email)
        _assert_suspended(await third.http.post("/v1/dwipps", json={"text": "Not allowed"}))

    async def test_suspension_without_an_end_lasts_a_year_more(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        kay = await api.create_member("kay")
        await suspend(api, kay)
        gone_at = now() + timedelta(days=3000)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(suspensions, "now", lambda: gone_at)
            await self._delete(api, kay)
        second = await self._register_again(api, kay.email)
        until = gone_at + timedelta(days=365)
        _assert_suspended(await second.http.post("/v1/dwipps", json={"text": "Not allowed"}), until)
        monkeypatch.setattr(suspensions, "now", lambda: until)
        await _assert_active(second)
        await self._delete(api, second)
        await _assert_active(await self._register_again(api, kay.email))

    async def test_suspension_that_ended_meanwhile_is_none(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        kay = await api.create_member("kay")
        await suspend(api, kay, UNTIL)
        await self._delete(api, kay)
        monkeypatch.setattr(suspensions, "now", lambda: UNTIL)
        await _assert_active(await self._register_again(api, kay.email))

    async def test_lifted_suspension_is_none(self, api: Api) -> None:
        kay = await api.create_member("kay")
        await suspend(api, kay)
        await lift(api, kay)
        await self._delete(api, kay)
        await _assert_active(await self._register_again(api, kay.email))

    async def test_suspension_of_the_next_account_can_be_lifted(self, api: Api) -> None:
        kay = await api.create_member("kay")
        await suspend(api, kay)
        await self._delete(api, kay)
        second = await self._register_again(api, kay.email)
        await lift(api, second)
        await _assert_active(second)
        await self._delete(api, second)
        await _assert_active(await self._register_again(api, kay.email))

    async def test_other_emails_are_not_suspended(self, api: Api) -> None:
        kay = await api.create_member("kay")
        await suspend(api, kay)
        await self._delete(api, kay)
        await _assert_active(await api.create_member("kay_again"))
