"""A member who writes and reads Dwipps with retries, and the state that the responses to all writers imply."""

import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from testkit.api_client import MemberClient
from testkit.engine import Engine
from tests.resilience.retrying_client import RetryingClient

_VIEW_FIELDS = {"upvote": "upvoted", "favorite": "favorited"}

_numbers = itertools.count(1)

Reaction = tuple[str, str, str]  # The ids of the member and of the Dwipp, and the kind of reaction.


@dataclass(slots=True)
class ExpectedDwipp:
    """The expected state of a Dwipp."""

    text: str
    version: int = 1


@dataclass(slots=True)
class ExpectedState:
    """The state that the responses to all writers imply.

    Attributes:
        dwipps: the acknowledged Dwipps by id.
        deleted: the ids of deleted Dwipps.
        unacknowledged_texts: the texts of creates without a response. Each may be stored once.
        reactions: whether an acknowledged reaction is set.
        acknowledged: the number of acknowledged writes by kind.
    """

    dwipps: dict[str, ExpectedDwipp] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    unacknowledged_texts: set[str] = field(default_factory=set)
    reactions: dict[Reaction, bool] = field(default_factory=dict)
    acknowledged: Counter[str] = field(default_factory=Counter)

    def check(self, engine: Engine) -> None:
        """Compare the tables with the expected state."""
        engine.assert_counts_equal_rows()
        stored = engine.load_dwipps()
        for dwipp_id, expected in self.dwipps.items():
            assert dwipp_id in stored, "an acknowledged Dwipp is not stored"
            assert (stored[dwipp_id]["text"], int(stored[dwipp_id]["version"])) == (expected.text, expected.version)
        assert not self.deleted & stored.keys(), "a deleted Dwipp is stored"
        others = [dwipp["text"] for dwipp_id, dwipp in stored.items() if dwipp_id not in self.dwipps]
        assert len(set(others)) == len(others), "an unacknowledged Dwipp is stored twice"
        assert set(others) <= self.unacknowledged_texts, "a stored Dwipp was not requested"
        rows = {(row["member_id"], row["dwipp_id"]): row for row in engine.load_reactions()}
        for (member_id, dwipp_id, kind), is_set in self.reactions.items():
            assert (f"{_VIEW_FIELDS[kind]}_at" in rows.get((member_id, dwipp_id), {})) == is_set


class Writer:
    """A member who writes to their own Dwipps, and reacts to shared ones.

    Args:
        member: the member.
        member_id: the id of the member.
        shared: the ids of the Dwipps that all writers react to.
        client: sends and retries the requests.
        expected: the state to update after each response.
    """

    def __init__(
        self, member: MemberClient, member_id: str, shared: list[str], client: RetryingClient, expected: ExpectedState
    ) -> None:
        self._http = member.http
        self._id = member_id
        self._shared = shared
        self._client = client
        self._expected = expected
        self._own: list[str] = []

    async def write_until(self, end: float) -> None:
        """Write and read at random until this time of the monotonic clock."""
        actions = [
            self._create,
            self._create_with_key,
            self._edit,
            self._delete,
            self._react,
            self._react,
            self._read,
        ]
        while time.monotonic() < end:
            await random.choice(actions)()  # noqa: S311 -- not a secret

    async def _create(self) -> None:
        text = _new_text()
        response = await self._client.send_once(self._http, "POST", "/v1/dwipps", json={"text": text})
        if response.is_success:
            self._add_created(response.json(), text)
        else:
            self._expected.unacknowledged_texts.add(text)

    async def _create_with_key(self) -> None:
        text = _new_text()
        key = {"Idempotency-Key": text.replace(" ", "-")}
        first, replayed = [
            await self._client.send(self._http, "POST", "/v1/dwipps", json={"text": text}, headers=key)
            for _ in range(2)
        ]
        assert first.json() == replayed.json()
        assert "idempotent-replayed" in replayed.headers
        self._add_created(first.json(), text)

    async def _edit(self) -> None:
        if self._own:
            path, expected = self._choose_own()
            expected.text = _new_text()
            body = {"text": expected.text, "version": expected.version}
            response = await self._client.send(
                self._http, "PATCH", path, json=body, accepted_on_retry=("edit-conflict",)
            )
            expected.version += 1
            if not response.is_success:
                response = await self._client.send(self._http, "GET", path)
            assert (response.json()["text"], response.json()["version"]) == (expected.text, expected.version)
            self._expected.acknowledged["edits"] += 1

    async def _delete(self) -> None:
        if len(self._own) > 3:
            path, _ = self._choose_own()
            await self._client.send(self._http, "DELETE", path, accepted_on_retry=("dwipp-not-found",))
            dwipp_id = path.rpartition("/")[2]
            self._own.remove(dwipp_id)
            del self._expected.dwipps[dwipp_id]
            self._expected.deleted.add(dwipp_id)
            self._expected.acknowledged["deletions"] += 1

    async def _react(self) -> None:
        dwipp_id, kind, method = _choose(self._shared), _choose(list(_VIEW_FIELDS)), _choose(["PUT", "DELETE"])
        response = await self._client.send(self._http, method, f"/v1/dwipps/{dwipp_id}/{kind}")
        assert response.json()[_VIEW_FIELDS[kind]] == (method == "PUT")
        self._expected.reactions[self._id, dwipp_id, kind] = method == "PUT"
        self._expected.acknowledged["reactions"] += 1

    async def _read(self) -> None:
        path = _choose(["/v1/dwipps", "/v1/me/dwipps", "/v1/me/favorites", "/v1/me", "/v1/me/export"])
        body = (await self._client.send(self._http, "GET", path)).json()
        if path == "/v1/me":
            assert body["id"] == self._id
        if path == "/v1/dwipps":
            ids = [dwipp["id"] for dwipp in body["items"]]
            assert ids == sorted(ids, reverse=True)
            assert ids

    def _choose_own(self) -> tuple[str, ExpectedDwipp]:
        """Return the path and the expected state of one of the writer's Dwipps."""
        dwipp_id = _choose(self._own)
        return f"/v1/dwipps/{dwipp_id}", self._expected.dwipps[dwipp_id]

    def _add_created(self, dwipp: dict[str, Any], text: str) -> None:
        self._own.append(dwipp["id"])
        self._expected.dwipps[dwipp["id"]] = ExpectedDwipp(text)
        self._expected.acknowledged["Dwipps"] += 1


def _new_text() -> str:
    return f"Thought {next(_numbers)}"


def _choose(choices: list[str]) -> str:
    return random.choice(choices)  # noqa: S311 -- not a secret
