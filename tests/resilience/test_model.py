"""Lists, counts and flags of the API equal those of a simple model after any sequence of operations."""

import asyncio
import itertools
import os
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as Profile  # noqa: N812 -- `settings` are the app's here
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.me import deletions, export
from app.openapi.formats import ModerationReason
from app.settings import Settings
from testkit.api_client import PASSWORD, Api, MemberClient, Transport, open_api
from testkit.moderation import Moderation
from tests.conftest import NewEngine

pytestmark = pytest.mark.model

EXAMPLES_FACTOR = int(os.environ.get("EXAMPLES", "1"))

_PICK = st.integers(min_value=0, max_value=10_000)
_METHOD = st.sampled_from(["POST", "PUT", "DELETE"])
_REACTION = st.sampled_from(["upvote", "favorite"])
_TEXT = st.sampled_from(["One", "Two", "Three", "Four", "🦆" * 280])


@dataclass
class DwippModel:
    """The model of a Dwipp. `removed` is its removal as the API shows it, None if it is not removed."""

    id: str
    author: str
    text: str
    version: int = 1
    removed: dict[str, str] | None = None


@dataclass
class MemberModel:
    """The model of a member. `upvote` and `favorite` are the ids of the Dwipps with this reaction, oldest first."""

    client: MemberClient
    handle: str
    upvote: list[str] = field(default_factory=list)
    favorite: list[str] = field(default_factory=list)


class DwipperMachine(RuleBasedStateMachine):
    """The state machine: members who write, edit, delete and react, and delete their accounts. Dwipps are removed.

    A subclass sets `open_new_api`, which returns a context manager of an empty API. In the rules, `member_pick` and
    `dwipp_pick` choose a member and a Dwipp.
    """

    open_new_api: Callable[[], Any]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.exit_stack = AsyncExitStack()
        self.api: Api = self.run(self.exit_stack.enter_async_context(self.open_new_api()))
        self.moderation = Moderation.from_settings(self.api.settings)
        self.members: list[MemberModel] = []
        self.dwipps: dict[str, DwippModel] = {}
        self.responses_by_key: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
        self.numbers = itertools.count(1)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    @initialize()
    def create_two_members(self) -> None:
        self.create_member()
        self.create_member()

    @precondition(lambda self: len(self.members) < 4)
    @rule()
    def create_member(self) -> None:
        handle = f"person_{next(self.numbers)}"
        client = self.run(self.api.create_member(handle))
        assert self.run(client.get("/v1/me"))["handle"] == handle
        self.members.append(MemberModel(client, handle))

    @rule(member_pick=_PICK, text=_TEXT)
    def create_dwipp(self, member_pick: int, text: str) -> None:
        member = self._get_member(member_pick)
        dwipp = self.run(member.client.post_dwipp(text))
        self.dwipps[dwipp["id"]] = DwippModel(dwipp["id"], member.handle, text)

    @rule(member_pick=_PICK, text=_TEXT, key=st.sampled_from(["k1", "k2"]))
    def create_dwipp_with_key(self, member_pick: int, text: str, key: str) -> None:
        member = self._get_member(member_pick)
        post = member.client.http.post("/v1/dwipps", json={"text": text}, headers={"Idempotency-Key": key})
        response = self.run(post)
        earlier = self.responses_by_key.get((member.handle, key))
        if earlier is None:
            assert response.status_code == 201
            dwipp = response.json()
            self.responses_by_key[member.handle, key] = (text, dwipp)
            self.dwipps[dwipp["id"]] = DwippModel(dwipp["id"], member.handle, text)
        elif earlier[0] == text:
            assert (response.status_code, response.json()) == (201, earlier[1])
        else:
            assert response.status_code == 422

    @precondition(lambda self: self.dwipps)
    @rule(member_pick=_PICK, dwipp_pick=_PICK, text=_TEXT, version=st.one_of(st.none(), st.integers(1, 4)))
    def edit_dwipp(self, member_pick: int, dwipp_pick: int, text: str, version: int | None) -> None:
        member, dwipp = self._get_member(member_pick), self._get_dwipp(dwipp_pick)
        body = {"text": text} | ({"version": version} if version else {})
        response = self.run(member.client.http.patch(f"/v1/dwipps/{dwipp.id}", json=body))
        if dwipp.removed or member.handle != dwipp.author:
            assert response.status_code == self._refusal_status(member, dwipp)
        elif version not in (None, dwipp.version):
            assert response.status_code == 409
        else:
            assert response.status_code == 200
            dwipp.version += text != dwipp.text
            dwipp.text = text

    @precondition(lambda self: self.dwipps)
    @rule(member_pick=_PICK, dwipp_pick=_PICK)
    def delete_dwipp(self, member_pick: int, dwipp_pick: int) -> None:
        member, dwipp = self._get_member(member_pick), self._get_dwipp(dwipp_pick)
        response = self.run(member.client.http.delete(f"/v1/dwipps/{dwipp.id}"))
        is_author = member.handle == dwipp.author
        assert response.status_code == (204 if is_author else self._refusal_status(member, dwipp))
        if response.status_code == 204:
            del self.dwipps[dwipp.id]

    @precondition(lambda self: self.dwipps)
    @rule(member_pick=_PICK, dwipp_pick=_PICK, reaction=_REACTION, method=_METHOD)
    def react(self, member_pick: int, dwipp_pick: int, reaction: str, method: str) -> None:
        member, dwipp = self._get_member(member_pick), self._get_dwipp(dwipp_pick)
        response = self.run(member.client.http.request(method, f"/v1/dwipps/{dwipp.id}/{reaction}"))
        self._apply_reaction(member, dwipp, reaction, method)
        assert response.status_code == self._reaction_status(member, dwipp, method)
        if response.is_success:
            assert response.json() == self._expected_view(member, dwipp, response.json())

    @precondition(lambda self: self.dwipps)
    @rule(dwipp_pick=_PICK, reaction=_REACTION, methods=st.lists(_METHOD, min_size=4, max_size=4))
    def react_concurrently(self, dwipp_pick: int, reaction: str, methods: list[str]) -> None:
        dwipp = self._get_dwipp(dwipp_pick)
        path = f"/v1/dwipps/{dwipp.id}/{reaction}"
        pairs = list(zip(self.members, methods, strict=False))
        responses = self.run(_gather(member.client.http.request(method, path) for member, method in pairs))
        for (member, method), response in zip(pairs, responses, strict=True):
            assert response.status_code == self._reaction_status(member, dwipp, method)
            self._apply_reaction(member, dwipp, reaction, method)

    @precondition(lambda self: self.dwipps)
    @rule(dwipp_pick=_PICK, reason=st.sampled_from(get_args(ModerationReason)))
    def remove_dwipp(self, dwipp_pick: int, reason: ModerationReason) -> None:
        dwipp = self._get_dwipp(dwipp_pick)
        dwipp.removed = self.moderation.remove(dwipp.id, reason)

    @precondition(lambda self: any(dwipp.removed for dwipp in self.dwipps.values()))
    @rule(dwipp_pick=_PICK)
    def restore_dwipp(self, dwipp_pick: int) -> None:
        removed = [dwipp for dwipp in self.dwipps.values() if dwipp.removed]
        dwipp = removed[dwipp_pick % len(removed)]
        self.moderation.restore(dwipp.id)
        dwipp.removed = None

    @precondition(lambda self: len(self.members) > 1)
    @rule(member_pick=_PICK, concurrent=st.integers(1, 2))
    def delete_account(self, member_pick: int, concurrent: int) -> None:
        member = self._get_member(member_pick)
        session = self.run(self._log_in(member))
        self.run(_gather(self._delete_account(session) for _ in range(concurrent)))
        self._remove_member(member, session)

    @precondition(lambda self: len(self.members) > 2)
    @rule(member_pick=_PICK, dwipp_pick=_PICK, reaction=_REACTION, method=_METHOD)
    def delete_account_during_reaction(self, member_pick: int, dwipp_pick: int, reaction: str, method: str) -> None:
        member, other = self._get_member(member_pick), self._get_member(member_pick + 1)
        session = self.run(self._log_in(member))
        remaining = [dwipp for dwipp in self.dwipps.values() if dwipp.author != member.handle]
        if not remaining:
            return
        dwipp = remaining[dwipp_pick % len(remaining)]
        react = other.client.http.request(method, f"/v1/dwipps/{dwipp.id}/{reaction}")
        _, response = self.run(_gather([self._delete_account(session), react]))
        assert response.status_code == self._reaction_status(other, dwipp, method)
        self._apply_reaction(other, dwipp, reaction, method)
        self._remove_member(member, session)

    @invariant()
    def feed_equals_model(self) -> None:
        if self.members:
            reader = self.members[len(self.dwipps) % len(self.members)]
            self._assert_list(reader, "/v1/dwipps", self._list_feed())

    def teardown(self) -> None:
        try:
            for member in self.members:
                self._assert_all_lists(member)
        finally:
            self.run(self.exit_stack.aclose())
            self.loop.close()

    def _assert_all_lists(self, member: MemberModel) -> None:
        own = sorted((key for key, dwipp in self.dwipps.items() if dwipp.author == member.handle), reverse=True)
        feed = self._list_feed()
        self._assert_list(member, "/v1/dwipps", feed)
        self._assert_list(member, "/v1/me/dwipps", own)
        favorites = [key for key in reversed(member.favorite) if key in feed]
        self._assert_list(member, "/v1/me/favorites", favorites)
        self._assert_list(member, "/v1/me/upvotes", sorted(set(member.upvote) & set(feed), reverse=True))
        parts = self.run(_export(member.client))
        assert [dwipp["id"] for part in parts for dwipp in part["dwipps"]] == own
        assert [mark["dwipp_id"] for part in parts for mark in part["upvotes"]] == sorted(member.upvote)
        assert [mark["dwipp_id"] for part in parts for mark in part["favorites"]] == sorted(member.favorite)

    def _list_feed(self) -> list[str]:
        return sorted((key for key, dwipp in self.dwipps.items() if not dwipp.removed), reverse=True)

    def _assert_list(self, reader: MemberModel, path: str, ids: list[str]) -> None:
        items = self.run(reader.client.list_all(path, 3))
        assert [item["id"] for item in items] == ids
        for item in items:
            assert item == self._expected_view(reader, self.dwipps[item["id"]], item)

    def _expected_view(self, reader: MemberModel, dwipp: DwippModel, actual: dict[str, Any]) -> dict[str, Any]:
        """Return the view that the reader should get, with the times of the actual view. The model has no times."""
        return {
            "id": dwipp.id,
            "text": dwipp.text,
            "author": {"handle": dwipp.author},
            "created_at": actual["created_at"],
            "edited_at": actual["edited_at"] if dwipp.version > 1 else None,
            "version": dwipp.version,
            "upvotes": sum(dwipp.id in member.upvote for member in self.members),
            "upvoted": dwipp.id in reader.upvote,
            "favorited": dwipp.id in reader.favorite,
            "removed": dwipp.removed,
        }

    def _refusal_status(self, member: MemberModel, dwipp: DwippModel) -> int:
        """Return the status of a refused write. Other members do not learn that the Dwipp exists if it is removed."""
        return 404 if dwipp.removed and member.handle != dwipp.author else 403

    def _reaction_status(self, member: MemberModel, dwipp: DwippModel, method: str) -> int:
        if not dwipp.removed:
            return 200
        return 404 if method == "DELETE" else self._refusal_status(member, dwipp)

    def _apply_reaction(self, member: MemberModel, dwipp: DwippModel, reaction: str, method: str) -> None:
        if dwipp.removed and method != "DELETE":
            return
        dwipp_ids: list[str] = getattr(member, reaction)
        is_set = dwipp.id in dwipp_ids
        target = {"POST": not is_set, "PUT": True, "DELETE": False}[method]
        if target and not is_set:
            dwipp_ids.append(dwipp.id)
        if is_set and not target:
            dwipp_ids.remove(dwipp.id)

    async def _log_in(self, member: MemberModel) -> MemberClient:
        """Return a new session. A deletion needs a login within the last ten minutes, and a long run takes longer."""
        login = await self.api.http.post("/v1/auth/login", json={"email": member.client.email, "password": PASSWORD})
        return self.api.open_session(member.client.email, login.json())

    async def _delete_account(self, session: MemberClient) -> None:
        """Request the deletion, and do the work of the job, which another worker may be doing too."""
        assert (await session.http.delete("/v1/me")).status_code in (202, 204)
        await self.api.finish_jobs()

    def _remove_member(self, member: MemberModel, session: MemberClient) -> None:
        assert self.run(session.http.delete("/v1/me")).status_code == 204
        self.members.remove(member)
        self.dwipps = {key: dwipp for key, dwipp in self.dwipps.items() if dwipp.author != member.handle}

    def _get_member(self, pick: int) -> MemberModel:
        return self.members[pick % len(self.members)]

    def _get_dwipp(self, pick: int) -> DwippModel:
        return list(self.dwipps.values())[pick % len(self.dwipps)]


async def _gather(coroutines: Any) -> list[Any]:
    return list(await asyncio.gather(*coroutines))


async def _export(client: MemberClient) -> list[Any]:
    parts = [await client.get("/v1/me/export")]
    while parts[-1]["next_cursor"]:
        parts.append(await client.get("/v1/me/export", cursor=parts[-1]["next_cursor"]))
    return parts


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the drain period of deletions, and split small exports into parts."""
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
    monkeypatch.setattr(export, "MAX_EXPORT_ITEMS", 3)


def _run_machine(open_new_api: Callable[[], Any], examples: int, steps: int) -> None:
    machine = type("DwipperMachine", (DwipperMachine,), {"open_new_api": staticmethod(open_new_api)})
    profile = Profile(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=profile)


TRANSPORTS = pytest.mark.parametrize("transport", ["uvicorn", "rest"])


@TRANSPORTS
def test_api_equals_model_in_a_few_examples(
    transport: Transport, new_settings: Callable[[], Settings], embedded: Any
) -> None:
    _run_machine(lambda: open_api(new_settings(), embedded.endpoint, transport), examples=2, steps=15)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@TRANSPORTS
def test_api_equals_model_on_ministack(
    transport: Transport, new_settings: Callable[[], Settings], embedded: Any
) -> None:
    _run_machine(
        lambda: open_api(new_settings(), embedded.endpoint, transport), examples=15 * EXAMPLES_FACTOR, steps=40
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
@TRANSPORTS
def test_api_equals_model_on_dynamodb_local(transport: Transport, new_engine: NewEngine) -> None:
    def open_new_api() -> Any:
        engine = new_engine("memory_store", feed_shards=3)
        return open_api(engine.settings, engine.aws, transport)

    _run_machine(open_new_api, examples=15 * EXAMPLES_FACTOR, steps=40)
