"""What members want of Dwipps, and what has to be so when they were answered."""

from tests.resilience.retrying_client import Client
from tests.resilience.scene import Scene, Wish, new_text

_ADJECTIVES = {"upvote": "upvoted", "favorite": "favorited"}
_PUBLIC_LISTS = ("/v1/dwipps", "/v1/users/lee/dwipps")
_OWN = ("/v1/me", "/v1/me/dwipps", "/v1/me/favorites", "/v1/me/export")


async def _create(scene: Scene, client: Client) -> None:
    text = new_text()
    answer = await client.ask(scene.kay.http, "POST", "/v1/dwipps", json={"text": text})
    stored = _stored(scene, text)
    assert stored == [answer.json()["id"]] if answer.is_success else len(stored) <= 1


async def _create_with_a_key(scene: Scene, client: Client) -> None:
    text = new_text()
    key = {"Idempotency-Key": text.replace(" ", "-")}
    created = await client.insist(scene.kay.http, "POST", "/v1/dwipps", json={"text": text}, headers=key)
    assert _stored(scene, text) == [created.json()["id"]]


async def _edit(scene: Scene, client: Client) -> None:
    path = await scene.dwipp(scene.kay)
    await client.insist(scene.kay.http, "PATCH", path, json={"text": "New"})
    dwipp = await scene.kay.get(path)
    assert (dwipp["text"], dwipp["version"]) == ("New", 2)


async def _edit_a_version(scene: Scene, client: Client) -> None:
    path = await scene.dwipp(scene.kay)
    edit = {"text": "New", "version": 1}
    await client.insist(scene.kay.http, "PATCH", path, json=edit, explained=("edit-conflict",))
    dwipp = await scene.kay.get(path)
    assert (dwipp["text"], dwipp["version"]) == ("New", 2)


async def _delete(scene: Scene, client: Client) -> None:
    path = await scene.dwipp(scene.kay)
    await client.insist(scene.kay.http, "DELETE", path, explained=("dwipp-not-found",))
    assert path.rpartition("/")[2] not in scene.engine.dwipps()


def _set(kind: str, verb: str, *, is_so: bool) -> Wish:
    """Set or clear a reaction, which is so already or not; the other kind is there, and stays."""
    other = next(name for name in _ADJECTIVES if name != kind)
    opposite = "DELETE" if verb == "PUT" else "PUT"

    async def wish(scene: Scene, client: Client) -> None:
        path = await scene.dwipp(scene.lee)
        await scene.kay.http.put(f"{path}/{other}")
        await scene.kay.http.request(verb if is_so else opposite, f"{path}/{kind}")
        answer = (await client.insist(scene.kay.http, verb, f"{path}/{kind}")).json()
        assert answer == await scene.kay.get(path)
        assert (answer[_ADJECTIVES[kind]], answer[_ADJECTIVES[other]]) == (verb == "PUT", True)
        scene.engine.assert_counts_equal_rows()

    return wish


def _toggle(kind: str, *, is_there: bool = False) -> Wish:
    """Toggle once: who is not answered would have to look."""

    async def wish(scene: Scene, client: Client) -> None:
        path = await scene.dwipp(scene.lee)
        if is_there:
            await scene.kay.http.put(f"{path}/{kind}")
        answer = await client.ask(scene.kay.http, "POST", f"{path}/{kind}")
        if answer.is_success:
            assert answer.json() == await scene.kay.get(path)
            assert answer.json()[_ADJECTIVES[kind]] != is_there
        scene.engine.assert_counts_equal_rows()

    return wish


async def _read(scene: Scene, client: Client) -> None:
    path = await scene.dwipp(scene.lee)
    expected = (await scene.kay.http.put(f"{path}/upvote")).json()
    assert (await client.insist(scene.kay.http, "GET", path)).json() == expected


def _read_at(path: str) -> Wish:
    """Read what does not change."""

    async def wish(scene: Scene, client: Client) -> None:
        expected = await scene.kay.get(path)
        assert (await client.insist(scene.kay.http, "GET", path)).json() == expected

    return wish


def _stored(scene: Scene, text: str) -> list[str]:
    return [dwipp_id for dwipp_id, dwipp in scene.engine.dwipps().items() if dwipp["text"] == text]


ABOUT_DWIPPS: dict[str, Wish] = {
    "create": _create,
    "create with a key": _create_with_a_key,
    "edit": _edit,
    "edit a version": _edit_a_version,
    "delete": _delete,
    "set upvote": _set("upvote", "PUT", is_so=False),
    "set upvote again": _set("upvote", "PUT", is_so=True),
    "clear upvote": _set("upvote", "DELETE", is_so=False),
    "clear upvote again": _set("upvote", "DELETE", is_so=True),
    "toggle upvote": _toggle("upvote"),
    "toggle upvote back": _toggle("upvote", is_there=True),
    "set favorite": _set("favorite", "PUT", is_so=False),
    "set favorite again": _set("favorite", "PUT", is_so=True),
    "clear favorite": _set("favorite", "DELETE", is_so=False),
    "clear favorite again": _set("favorite", "DELETE", is_so=True),
    "toggle favorite": _toggle("favorite"),
    "toggle favorite back": _toggle("favorite", is_there=True),
    "read one": _read,
    **{f"read {path}": _read_at(path) for path in (*_PUBLIC_LISTS, "/v1/users/lee", *_OWN)},
}
