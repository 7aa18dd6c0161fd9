"""Operations on Dwipps, each with a check of its result."""

from tests.resilience.operation_context import ClientOperation, OperationContext, new_text
from tests.resilience.retrying_client import RetryingClient

_VIEW_FIELDS = {"upvote": "upvoted", "favorite": "favorited"}
_PUBLIC_LISTS = ("/v1/dwipps", "/v1/users/lee/dwipps")
_OLD_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_OWN_DATA = ("/v1/me", "/v1/me/dwipps", "/v1/me/favorites", "/v1/me/upvotes", "/v1/me/blocks", "/v1/me/export")


async def _create(context: OperationContext, client: RetryingClient) -> None:
    text = new_text()
    response = await client.send_once(context.kay.http, "POST", "/v1/dwipps", json={"text": text})
    stored = _find_ids_by_text(context, text)
    assert stored == [response.json()["id"]] if response.is_success else len(stored) <= 1


async def _create_with_key(context: OperationContext, client: RetryingClient) -> None:
    text = new_text()
    key = {"Idempotency-Key": text.replace(" ", "-")}
    created = await client.send(context.kay.http, "POST", "/v1/dwipps", json={"text": text}, headers=key)
    assert _find_ids_by_text(context, text) == [created.json()["id"]]


async def _edit(context: OperationContext, client: RetryingClient) -> None:
    path = await context.create_dwipp(context.kay)
    await client.send(context.kay.http, "PATCH", path, json={"text": "New"})
    dwipp = await context.kay.get(path)
    assert (dwipp["text"], dwipp["version"]) == ("New", 2)


async def _edit_with_version(context: OperationContext, client: RetryingClient) -> None:
    path = await context.create_dwipp(context.kay)
    edit = {"text": "New", "version": 1}
    await client.send(context.kay.http, "PATCH", path, json=edit, accepted_on_retry=("edit-conflict",))
    dwipp = await context.kay.get(path)
    assert (dwipp["text"], dwipp["version"]) == ("New", 2)


async def _delete(context: OperationContext, client: RetryingClient) -> None:
    path = await context.create_dwipp(context.kay)
    await client.send(context.kay.http, "DELETE", path, accepted_on_retry=("dwipp-not-found",))
    assert path.rpartition("/")[2] not in context.engine.load_dwipps()


def _make_reaction_operation(kind: str, method: str, *, has_target_state: bool) -> ClientOperation:
    """Return an operation that sets or clears a reaction. The other reaction exists, and must stay.

    Args:
        kind: "upvote" or "favorite".
        method: "PUT" or "DELETE".
        has_target_state: whether the reaction is already in the requested state.
    """
    other = next(name for name in _VIEW_FIELDS if name != kind)
    opposite = "DELETE" if method == "PUT" else "PUT"

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        path = await context.create_dwipp(context.lee)
        await context.kay.http.put(f"{path}/{other}")
        await context.kay.http.request(method if has_target_state else opposite, f"{path}/{kind}")
        view = (await client.send(context.kay.http, method, f"{path}/{kind}")).json()
        assert view == await context.kay.get(path)
        assert (view[_VIEW_FIELDS[kind]], view[_VIEW_FIELDS[other]]) == (method == "PUT", True)
        context.engine.assert_counts_equal_rows()

    return operation


def _make_toggle_operation(kind: str, *, is_set: bool = False) -> ClientOperation:
    """Return an operation that toggles a reaction once. A toggle is not idempotent, so it is not retried."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        path = await context.create_dwipp(context.lee)
        if is_set:
            await context.kay.http.put(f"{path}/{kind}")
        response = await client.send_once(context.kay.http, "POST", f"{path}/{kind}")
        if response.is_success:
            assert response.json() == await context.kay.get(path)
            assert response.json()[_VIEW_FIELDS[kind]] != is_set
        context.engine.assert_counts_equal_rows()

    return operation


def _make_block_operation(method: str, *, has_target_state: bool) -> ClientOperation:
    """Return an operation that blocks or unblocks a member.

    Args:
        method: "PUT" or "DELETE".
        has_target_state: whether the block is already in the requested state.
    """
    opposite = "DELETE" if method == "PUT" else "PUT"

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        # New members, because Kay must see the Dwipps of other operations.
        blocker, blocked = await context.api.create_member(), await context.api.create_member()
        path = f"/v1/users/{(await blocked.get('/v1/me'))['handle']}"
        await blocker.http.request(method if has_target_state else opposite, f"{path}/block")
        await client.send(blocker.http, method, f"{path}/block")
        assert (await blocker.http.get(path)).status_code == (404 if method == "PUT" else 200)

    return operation


async def _read_dwipp(context: OperationContext, client: RetryingClient) -> None:
    path = await context.create_dwipp(context.lee)
    expected = (await context.kay.http.put(f"{path}/upvote")).json()
    assert (await client.send(context.kay.http, "GET", path)).json() == expected


async def _read_by_ids(context: OperationContext, client: RetryingClient) -> None:
    path = await context.create_dwipp(context.lee)
    expected = (await context.kay.http.put(f"{path}/upvote")).json()
    ids = {"ids": expected["id"]}
    assert (await client.send(context.kay.http, "GET", "/v1/dwipps", params=ids)).json()["items"] == [expected]


async def _read_random(context: OperationContext, client: RetryingClient) -> None:
    await context.create_dwipp(context.lee)
    dwipp = (await client.send(context.kay.http, "GET", "/v1/dwipps/random")).json()
    assert dwipp["id"] in context.engine.load_dwipps()


def _make_read_operation(path: str, **params: str) -> ClientOperation:
    """Return an operation that reads a path whose content does not change."""

    async def operation(context: OperationContext, client: RetryingClient) -> None:
        expected = await context.kay.get(path, **params)
        assert (await client.send(context.kay.http, "GET", path, params=params)).json() == expected

    return operation


def _find_ids_by_text(context: OperationContext, text: str) -> list[str]:
    return [dwipp_id for dwipp_id, dwipp in context.engine.load_dwipps().items() if dwipp["text"] == text]


DWIPP_OPERATIONS: dict[str, ClientOperation] = {
    "create": _create,
    "create with a key": _create_with_key,
    "edit": _edit,
    "edit with a version": _edit_with_version,
    "delete": _delete,
    "set upvote": _make_reaction_operation("upvote", "PUT", has_target_state=False),
    "set upvote again": _make_reaction_operation("upvote", "PUT", has_target_state=True),
    "clear upvote": _make_reaction_operation("upvote", "DELETE", has_target_state=False),
    "clear upvote again": _make_reaction_operation("upvote", "DELETE", has_target_state=True),
    "toggle upvote": _make_toggle_operation("upvote"),
    "toggle upvote back": _make_toggle_operation("upvote", is_set=True),
    "set favorite": _make_reaction_operation("favorite", "PUT", has_target_state=False),
    "set favorite again": _make_reaction_operation("favorite", "PUT", has_target_state=True),
    "clear favorite": _make_reaction_operation("favorite", "DELETE", has_target_state=False),
    "clear favorite again": _make_reaction_operation("favorite", "DELETE", has_target_state=True),
    "toggle favorite": _make_toggle_operation("favorite"),
    "toggle favorite back": _make_toggle_operation("favorite", is_set=True),
    "block": _make_block_operation("PUT", has_target_state=False),
    "block again": _make_block_operation("PUT", has_target_state=True),
    "unblock": _make_block_operation("DELETE", has_target_state=False),
    "unblock again": _make_block_operation("DELETE", has_target_state=True),
    "read a Dwipp": _read_dwipp,
    "read Dwipps by ids": _read_by_ids,
    "read a random Dwipp": _read_random,
    "read Dwipps since one": _make_read_operation("/v1/dwipps", since=_OLD_ID),
    **{f"read {path}": _make_read_operation(path) for path in (*_PUBLIC_LISTS, "/v1/users/lee", *_OWN_DATA)},
}
