"""Each operation that shows Dwipps or members hides those that the caller may not see.

The tables below place every operation of openapi.json whose path names a Dwipp or a member, or whose response shows
one: once for blocks, and once for removed Dwipps. A test fails if a new operation is in no table.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import httpx
import pytest

from testkit.api_client import Api, MemberClient
from testkit.moderation import Moderation
from testkit.operations import ALL_OPERATIONS, OPERATIONS_BY_NAME, Operation, load_document

_SHOWING_SCHEMAS = frozenset({"AccountView", "DwippView", "OwnProfileView", "ProfileView"})
_SHOWING_PARAMETERS = ("{dwipp_id}", "{handle}")

# The response has only what the caller may see.
LISTS = ("list_dwipps", "list_my_favorites", "list_my_upvotes")
# The response is a Dwipp that the caller may see.
DRAWN = ("read_random_dwipp",)
# The response is 404, and nothing is changed.
DWIPPS_NOT_FOUND = (
    *("read_dwipp", "edit_dwipp", "delete_dwipp"),
    *("set_upvote", "toggle_upvote", "set_favorite", "toggle_favorite"),
)
# The response is 404, and the reaction is cleared.
CLEARED = {"clear_upvote": "upvotes", "clear_favorite": "favorites"}
# The response is 404.
MEMBERS_NOT_FOUND = ("read_member", "list_dwipps_of_member")
# The response does not depend on what the caller may see.
INDEPENDENT = {
    "create_dwipp": "the new Dwipp, or that of a replay, is the caller's own",
    "list_my_dwipps": "all of them are the caller's own",
    "read_me": "it is the caller's own profile",
    "export_me": "it has the caller's own data, and the ids of Dwipps only",
    "block_member": "a repeated block succeeds",
    **dict.fromkeys(("list_cases", "read_case", "decide_case"), "blocks have no effect on moderation"),
    **dict.fromkeys(("read_record", "suspend_member", "lift_suspension"), "blocks have no effect on moderation"),
    "report_dwipp": "a block must not keep a member from reporting",
    "withdraw_report": "otherwise no report could be withdrawn",
    "unblock_member": "otherwise no block could be undone",
}
PLACED = (*LISTS, *DRAWN, *DWIPPS_NOT_FOUND, *CLEARED, *MEMBERS_NOT_FOUND, *INDEPENDENT)

# The responses on a removed Dwipp, to another member, to its author, and to a moderator. They change nothing.
REMOVED_DWIPP_STATUSES = {
    "read_dwipp": {"reader": 404, "author": 200, "moderator": 200},
    "read_random_dwipp": {"reader": 404, "author": 404, "moderator": 404},
    "edit_dwipp": {"reader": 404, "author": 403, "moderator": 404},
    "set_upvote": {"reader": 404, "author": 403, "moderator": 404},
    "toggle_upvote": {"reader": 404, "author": 403, "moderator": 404},
    "set_favorite": {"reader": 404, "author": 403, "moderator": 404},
    "toggle_favorite": {"reader": 404, "author": 403, "moderator": 404},
    "report_dwipp": {"reader": 404, "author": 403, "moderator": 404},
}
# The response is 404, also to the author and to moderators, and the reaction is cleared.
REMOVED_CLEARED = CLEARED
# The response is 404, except that the author can delete the Dwipp.
REMOVED_DELETED = ("delete_dwipp",)
# The response has no removed Dwipp, not even the caller's own.
REMOVED_LEFT_OUT = ("list_dwipps", "list_dwipps_of_member", "list_my_favorites", "list_my_upvotes")
# The response has the caller's own removed Dwipps.
REMOVED_SHOWN = {"list_my_dwipps": "items", "export_me": "dwipps"}
# The response does not depend on removals.
REMOVED_INDEPENDENT = {
    "create_dwipp": "a replay returns the first response",
    "read_me": "it shows no Dwipp",
    "read_member": "it shows no Dwipp",
    "block_member": "it shows no Dwipp",
    "unblock_member": "it shows no Dwipp",
    "withdraw_report": "it shows no Dwipp",
    **dict.fromkeys(("list_cases", "read_case", "decide_case"), "moderators see removed Dwipps"),
    **dict.fromkeys(("read_record", "suspend_member", "lift_suspension"), "they show no Dwipp"),
}
REMOVED_PLACED = (
    *(*REMOVED_DWIPP_STATUSES, *REMOVED_CLEARED, *REMOVED_DELETED),
    *(*REMOVED_LEFT_OUT, *REMOVED_SHOWN, *REMOVED_INDEPENDENT),
)


def _shows_dwipps_or_members(operation: Operation, document: dict[str, Any]) -> bool:
    described = document["paths"][operation.path][operation.method.lower()]
    successes = [response for status, response in described["responses"].items() if status.startswith("2")]
    return any(parameter in operation.path for parameter in _SHOWING_PARAMETERS) or not _SHOWING_SCHEMAS.isdisjoint(
        _list_schemas(successes, document, seen=set())
    )


def _list_schemas(node: Any, document: dict[str, Any], seen: set[str]) -> Iterator[str]:
    """Yield the names of all schemas that a part of the document refers to, directly or through others."""
    if isinstance(node, list):
        for value in node:
            yield from _list_schemas(value, document, seen)
    elif isinstance(node, dict):
        name = node["$ref"].rpartition("/")[2] if "/schemas/" in str(node.get("$ref")) else None
        if name and name not in seen:
            seen.add(name)
            yield name
            yield from _list_schemas(document["components"]["schemas"][name], document, seen)
        for value in node.values():
            yield from _list_schemas(value, document, seen)


def test_each_operation_that_shows_dwipps_or_members_is_placed() -> None:
    document = load_document()
    showing = {operation.name for operation in ALL_OPERATIONS if _shows_dwipps_or_members(operation, document)}
    assert sorted(showing) == sorted(PLACED) == sorted(REMOVED_PLACED), (
        "Place each operation that shows Dwipps or members in a table of tests/api/test_read_paths.py for blocks, and"
        " in one for removed Dwipps. Its code must ask the caller's Audience (app/members/audience.py), unless neither"
        " changes its response."
    )


class ReadPath:
    """One operation, called by a reader on a Dwipp or a member."""

    def __init__(self, name: str, reader: MemberClient, dwipp_id: str) -> None:
        self._operation = OPERATIONS_BY_NAME[name]
        self._reader = reader
        self._dwipp_id = dwipp_id
        self._path = self._operation.path.format(dwipp_id=dwipp_id, handle="lee")

    def with_operation(self, name: str) -> Self:
        """Return the path of another operation on the same Dwipp by the same reader."""
        return type(self)(name, self._reader, self._dwipp_id)

    async def call(self) -> httpx.Response:
        return await self._reader.http.request(self._operation.method, self._path, json=self._operation.body)


async def _prepare(
    name: str, api: Api, reactions: Sequence[str] = ("upvote", "favorite")
) -> tuple[ReadPath, MemberClient, str]:
    """Let Kay react to Dwipps by Lee and Max. Return the operation on Lee's Dwipp, Kay, and the id of Max's Dwipp."""
    kay, lee, max_ = [await api.create_member(handle) for handle in ("kay", "lee", "max")]
    by_lee, by_max = await lee.post_dwipp("Thought of Lee"), await max_.post_dwipp("Thought of Max")
    await kay.get("/v1/me")
    for dwipp in (by_lee, by_max):
        for reaction in reactions:
            assert (await kay.http.put(f"/v1/dwipps/{dwipp['id']}/{reaction}")).is_success
    return ReadPath(name, kay, by_lee["id"]), kay, by_max["id"]


async def _block_lee(member: MemberClient) -> None:
    assert (await member.http.put("/v1/users/lee/block")).status_code == 204


async def _unblock_lee(member: MemberClient) -> None:
    assert (await member.http.delete("/v1/users/lee/block")).status_code == 204


@pytest.mark.parametrize("name", LISTS)
async def test_list_leaves_hidden_dwipps_out(name: str, api: Api) -> None:
    path, kay, by_max = await _prepare(name, api)
    before = (await path.call()).json()
    assert len(before["items"]) == 2
    await _block_lee(kay)
    assert [item["id"] for item in (await path.call()).json()["items"]] == [by_max]
    await _unblock_lee(kay)
    assert (await path.call()).json() == before


@pytest.mark.parametrize("name", DRAWN)
async def test_hidden_dwipp_is_never_drawn(name: str, api: Api) -> None:
    path, kay, by_max = await _prepare(name, api)
    await _block_lee(kay)
    for _ in range(3):
        assert (await path.call()).json()["id"] == by_max


@pytest.mark.parametrize(
    "reactions",
    [pytest.param((), id="no reactions", marks=pytest.mark.slow), pytest.param(("upvote", "favorite"), id="both")],
)
@pytest.mark.parametrize("name", DWIPPS_NOT_FOUND)
async def test_hidden_dwipp_is_404_and_stays_unchanged(name: str, reactions: Sequence[str], api: Api) -> None:
    path, kay, _ = await _prepare(name, api, reactions)
    read_path = path.with_operation("read_dwipp")
    before = (await read_path.call()).json()
    await _block_lee(kay)
    response = await path.call()
    assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
    await _unblock_lee(kay)
    assert (await read_path.call()).json() == before


@pytest.mark.parametrize(("name", "section"), CLEARED.items())
async def test_clearing_a_hidden_reaction_is_404_and_clears_it(name: str, section: str, api: Api) -> None:
    path, kay, by_max = await _prepare(name, api)
    await _block_lee(kay)
    for _ in range(2):
        response = await path.call()
        assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:dwipp-not-found")
    export = await kay.get("/v1/me/export")
    counts = {"upvotes": 2, "favorites": 2} | {section: 1}
    assert {name: len(export[name]) for name in counts} == counts
    assert [mark["dwipp_id"] for mark in export[section]] == [by_max]
    await _unblock_lee(kay)
    (by_lee,) = (await kay.get("/v1/users/lee/dwipps"))["items"]
    expected = (int(name != "clear_upvote"), name != "clear_upvote", name != "clear_favorite")
    assert (by_lee["upvotes"], by_lee["upvoted"], by_lee["favorited"]) == expected


@pytest.mark.parametrize("name", MEMBERS_NOT_FOUND)
async def test_hidden_member_is_404(name: str, api: Api) -> None:
    path, kay, _ = await _prepare(name, api)
    before = await path.call()
    assert before.status_code == 200
    await _block_lee(kay)
    response = await path.call()
    assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:member-not-found")
    await _unblock_lee(kay)
    assert (await path.call()).json() == before.json()


class TestIndependentOperations:
    async def test_own_dwipps_and_profile_stay(self, api: Api) -> None:
        _, kay, _ = await _prepare("read_me", api)
        created = await kay.http.post("/v1/dwipps", json={"text": "Mine"}, headers={"Idempotency-Key": "key"})
        paths = ("/v1/me", "/v1/me/dwipps")
        before = [await kay.get(path) for path in paths]
        await _block_lee(kay)
        assert [await kay.get(path) for path in paths] == before
        replayed = await kay.http.post("/v1/dwipps", json={"text": "Mine"}, headers={"Idempotency-Key": "key"})
        assert (replayed.status_code, replayed.json()) == (201, created.json())

    async def test_export_differs_only_in_the_blocks(self, api: Api) -> None:
        _, kay, _ = await _prepare("export_me", api)
        before = await kay.get("/v1/me/export")
        assert (len(before["upvotes"]), len(before["favorites"]), before["blocks"]) == (2, 2, [])
        await _block_lee(kay)
        assert await kay.get("/v1/me/export") == before | {"blocks": ["lee"]}


_NOT_FOUND = "urn:dwipper:problem:dwipp-not-found"
_PROBLEMS = {403: "urn:dwipper:problem:removed", 404: _NOT_FOUND}


class RemovedDwipp:
    """A Dwipp by Lee that can be removed. A reader, the author and a moderator upvoted it, and it is their favorite."""

    def __init__(self, moderation: Moderation, members: dict[str, MemberClient], dwipp_id: str) -> None:
        self._moderation = moderation
        self.members = members
        self.id = dwipp_id
        self.removed: dict[str, str] = {}

    @classmethod
    async def create(cls, api: Api) -> Self:
        """Create the members and the Dwipp, which is not removed yet."""
        members = {
            "reader": await api.create_member("kay"),
            "author": await api.create_member("lee"),
            "moderator": await api.create_moderator(),
        }
        dwipp_id = (await members["author"].post_dwipp("Thought of Lee"))["id"]
        removed = cls(Moderation.from_settings(api.settings), members, dwipp_id)
        for caller in members:
            assert (await removed.call("set_upvote", caller)).is_success
            assert (await removed.call("set_favorite", caller)).is_success
        return removed

    def remove(self) -> None:
        self.removed = self._moderation.remove(self.id, "hate")

    def restore(self) -> None:
        self._moderation.restore(self.id)

    @property
    def decision(self) -> dict[str, Any]:
        """Return the removal as the author's export shows it."""
        return {"action": "remove", "dwipp_id": self.id, "until": None, **self.removed}

    async def call(self, name: str, caller: str) -> httpx.Response:
        return await ReadPath(name, self.members[caller], self.id).call()


@pytest.fixture
async def dwipp(api: Api) -> RemovedDwipp:
    return await RemovedDwipp.create(api)


CALLERS = ("reader", "author", "moderator")


class TestRemovedDwipps:
    async def test_refused_operations_change_nothing(self, dwipp: RemovedDwipp) -> None:
        before = {caller: (await dwipp.call("read_dwipp", caller)).json() for caller in CALLERS}
        dwipp.remove()
        for name, statuses in REMOVED_DWIPP_STATUSES.items():
            for caller in CALLERS:
                response = await dwipp.call(name, caller)
                assert response.status_code == statuses[caller], (name, caller)
                if response.is_success:
                    assert response.json() == before[caller] | {"removed": dwipp.removed}
                else:
                    assert response.json()["type"] == _PROBLEMS[response.status_code]
        dwipp.restore()
        assert {caller: (await dwipp.call("read_dwipp", caller)).json() for caller in CALLERS} == before

    async def test_lists_leave_a_removed_dwipp_out(self, dwipp: RemovedDwipp) -> None:
        before = await _call_all(REMOVED_LEFT_OUT, dwipp)
        assert {tuple(item["id"] for item in page["items"]) for page in before.values()} == {(dwipp.id,)}
        dwipp.remove()
        assert await _call_all(REMOVED_LEFT_OUT, dwipp) == {key: {"items": [], "next_cursor": None} for key in before}
        dwipp.restore()
        assert await _call_all(REMOVED_LEFT_OUT, dwipp) == before

    async def test_own_lists_show_a_removed_dwipp_to_the_author(self, dwipp: RemovedDwipp) -> None:
        before = await _call_all(REMOVED_SHOWN, dwipp)
        sections = {(name, caller): before[name, caller][REMOVED_SHOWN[name]] for name, caller in before}
        assert {key: len(items) for key, items in sections.items()} == {key: int(key[1] == "author") for key in before}
        dwipp.remove()
        assert await _call_all(REMOVED_SHOWN, dwipp) == {
            (name, caller): body
            | {REMOVED_SHOWN[name]: [item | {"removed": dwipp.removed} for item in sections[name, caller]]}
            | ({"moderation": [dwipp.decision]} if (name, caller) == ("export_me", "author") else {})
            for (name, caller), body in before.items()
        }
        dwipp.restore()
        assert await _call_all(REMOVED_SHOWN, dwipp) == before

    @pytest.mark.parametrize("caller", CALLERS)
    async def test_only_the_author_deletes_it(self, caller: str, dwipp: RemovedDwipp) -> None:
        dwipp.remove()
        for name in REMOVED_DELETED:
            response = await dwipp.call(name, caller)
            assert response.status_code == (204 if caller == "author" else 404)
        assert (await dwipp.call("read_dwipp", "author")).status_code == (404 if caller == "author" else 200)

    @pytest.mark.parametrize("caller", CALLERS)
    async def test_clearing_a_reaction_is_404_and_clears_it(self, caller: str, dwipp: RemovedDwipp) -> None:
        dwipp.remove()
        for name in REMOVED_CLEARED:
            for _ in range(2):
                response = await dwipp.call(name, caller)
                assert (response.status_code, response.json()["type"]) == (404, _NOT_FOUND)
            assert (await dwipp.call("read_dwipp", "author")).json()["upvotes"] == 2
        dwipp.restore()
        restored = (await dwipp.call("read_dwipp", caller)).json()
        assert (restored["upvotes"], restored["upvoted"], restored["favorited"]) == (2, False, False)


async def _call_all(names: Iterable[str], dwipp: RemovedDwipp) -> dict[tuple[str, str], Any]:
    """Return the response of each operation to each caller."""
    return {(name, caller): (await dwipp.call(name, caller)).json() for name in names for caller in CALLERS}
