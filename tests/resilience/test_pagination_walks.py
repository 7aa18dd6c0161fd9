"""A walk through a list during writes shows every item that exists throughout the walk exactly once."""

import asyncio
import dataclasses
import math
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bootstrap import Container
from app.dwipps.ids import new_id
from app.dwipps.reactions import Change
from app.dwipps.schemas import DwippPage
from app.main import create_app
from app.pagination.cursors import PageRequest
from app.settings import Settings
from testkit import members
from testkit.api_client import Api, MemberClient
from testkit.hypothesis_settings import without_deadline
from testkit.servers import connect_in_process
from tests.conftest import Figures, NewEngine
from tests.resilience.list_walk import read_list, walk

SECONDS = 8.0
INITIAL_DWIPPS = 100
AUTHORS = 3
PAGE_LIMITS = (2, 3, 5, 7)


@dataclass(slots=True)
class Lifetime:
    """The lifetime of an item in a list, in seconds of the monotonic clock.

    Attributes:
        created_at: the time of the response to its creation.
        delete_sent_at: the time of the request for its deletion.
        deleted_at: the time of the response to its deletion.
    """

    created_at: float = math.inf
    delete_sent_at: float = math.inf
    deleted_at: float = math.inf


class ChangingLists:
    """All Dwipps and the favorites of one reader, and the writes that change them."""

    def __init__(self, authors: list[MemberClient], reader: MemberClient) -> None:
        self._authors = authors
        self._reader = reader
        self.authors_by_dwipp: dict[str, MemberClient] = {}
        self.dwipps: dict[str, Lifetime] = {}
        self.favorites: dict[str, Lifetime] = {}
        self.writes: Counter[str] = Counter()

    async def populate(self) -> None:
        for _ in range(INITIAL_DWIPPS):
            await self.create()
        for dwipp_id in list(self.dwipps)[::2]:
            await self.set_favorite(dwipp_id)

    async def write_until(self, end: float) -> None:
        """Create, delete, edit and upvote with equal probability. Edits and upvotes may find a deleted Dwipp."""
        while time.monotonic() < end:
            await self._choose(self.create, self.delete, self.edit, self.upvote)()

    async def change_favorites_until(self, end: float) -> None:
        while time.monotonic() < end:
            dwipp_id = random.choice(list(self.dwipps))  # noqa: S311 -- not a secret
            is_favorite = self.favorites.get(dwipp_id, Lifetime(deleted_at=0)).deleted_at == math.inf
            await (self.clear_favorite if is_favorite else self.set_favorite)(dwipp_id)

    async def create(self) -> None:
        author = self._choose(*self._authors)
        dwipp = await author.post_dwipp("A stale thought is still a thought.")
        self.authors_by_dwipp[dwipp["id"]] = author
        self.dwipps[dwipp["id"]] = Lifetime(time.monotonic())
        self.writes["created"] += 1

    async def delete(self) -> None:
        existing = (dwipp_id for dwipp_id, lifetime in self.dwipps.items() if lifetime.delete_sent_at == math.inf)
        dwipp_id = self._choose(*existing)
        lifetime = self.dwipps[dwipp_id]
        lifetime.delete_sent_at = time.monotonic()
        response = await self.authors_by_dwipp[dwipp_id].http.delete(f"/v1/dwipps/{dwipp_id}")
        assert response.status_code == 204, response.text
        lifetime.deleted_at = time.monotonic()
        self.writes["deleted"] += 1

    async def edit(self) -> None:
        dwipp_id = self._choose(*self.dwipps)
        body = {"text": f"A thought of {time.monotonic()}"}
        author = self.authors_by_dwipp[dwipp_id]
        await self._write("edited", dwipp_id, author.http.patch(f"/v1/dwipps/{dwipp_id}", json=body))

    async def upvote(self) -> None:
        dwipp_id = self._choose(*self.dwipps)
        member = self._choose(self._reader, *self._authors)
        await self._write("upvoted", dwipp_id, member.http.post(f"/v1/dwipps/{dwipp_id}/upvote"))

    async def set_favorite(self, dwipp_id: str) -> None:
        lifetime = self.favorites[dwipp_id] = Lifetime()
        await self._write("favorites set", dwipp_id, self._reader.http.put(f"/v1/dwipps/{dwipp_id}/favorite"))
        lifetime.created_at = time.monotonic()

    async def clear_favorite(self, dwipp_id: str) -> None:
        lifetime = self.favorites[dwipp_id]
        lifetime.delete_sent_at = time.monotonic()
        await self._write("favorites cleared", dwipp_id, self._reader.http.delete(f"/v1/dwipps/{dwipp_id}/favorite"))
        lifetime.deleted_at = time.monotonic()

    async def _write(self, name: str, dwipp_id: str, request: Awaitable[httpx.Response]) -> None:
        response = await request
        assert response.status_code == 200 or self._is_deleted(dwipp_id, response), response.text
        self.writes[name] += 1

    def _is_deleted(self, dwipp_id: str, response: httpx.Response) -> bool:
        return response.status_code == 404 and self.dwipps[dwipp_id].delete_sent_at < math.inf

    def _choose(self, *choices: Any) -> Any:
        return random.choice(choices)  # noqa: S311 -- not a secret


@dataclass(slots=True)
class Walker:
    """A reader who walks through one list repeatedly, and compares each walk with the lifetimes of the items.

    Attributes:
        lists: the changing lists.
        member: the reader of the list.
        path: the path of the list.
        belongs: whether a Dwipp belongs to the list.
        walk_count: the number of walks.
        shown_count: the number of items in all walks.
        throughout_count: the number of items in all walks that existed throughout the walk.
    """

    lists: ChangingLists
    member: MemberClient
    path: str
    belongs: Callable[[str], bool] = lambda _: True
    walk_count: int = 0
    shown_count: int = 0
    throughout_count: int = 0

    async def walk_until(self, end: float) -> None:
        while time.monotonic() < end:
            started_at = time.monotonic()
            items = await self.member.list_all(self.path, random.choice(PAGE_LIMITS))  # noqa: S311 -- not a secret
            self._check([item["id"] for item in items], started_at, time.monotonic())

    def _check(self, shown: list[str], started_at: float, ended_at: float) -> None:
        dwipps = self.lists.dwipps
        throughout = {
            dwipp_id
            for dwipp_id in dwipps
            if self.belongs(dwipp_id) and self._existed_throughout(dwipp_id, started_at, ended_at)
        }
        assert len(shown) == len(set(shown)), "an item is shown twice"
        assert throughout <= set(shown), "an item that existed throughout the walk is not shown"
        assert all(
            self.belongs(dwipp_id) and dwipps[dwipp_id].deleted_at > started_at
            for dwipp_id in shown
            if dwipp_id in dwipps
        ), "a shown item does not belong to the list, or was deleted before the walk"
        if self.path != "/v1/me/favorites":
            assert shown == sorted(shown, reverse=True), "the items are not in order, newest first"
        self.walk_count += 1
        self.shown_count += len(shown)
        self.throughout_count += len(throughout)

    def _existed_throughout(self, dwipp_id: str, started_at: float, ended_at: float) -> bool:
        lifetimes = [self.lists.dwipps[dwipp_id]]
        if self.path == "/v1/me/favorites":
            lifetimes.append(self.lists.favorites.get(dwipp_id, Lifetime()))
        return all(lifetime.created_at <= started_at and lifetime.delete_sent_at >= ended_at for lifetime in lifetimes)


async def walk_during_writes(api: Api, figures: Figures) -> None:
    authors, reader = [await api.create_member() for _ in range(AUTHORS)], await api.create_member()
    lists = ChangingLists(authors, reader)
    await lists.populate()
    walkers = [
        Walker(lists, reader, "/v1/dwipps"),
        Walker(lists, authors[0], "/v1/me/dwipps", lambda dwipp_id: lists.authors_by_dwipp[dwipp_id] is authors[0]),
        Walker(lists, reader, "/v1/me/favorites"),
    ]
    end = time.monotonic() + SECONDS
    writers = [*(lists.write_until(end) for _ in range(3)), lists.change_favorites_until(end)]
    await asyncio.gather(*writers, *(walker.walk_until(end) for walker in walkers))

    figures("writes", ", ".join(f"{count} {name}" for name, count in lists.writes.items()))
    for walker in walkers:
        assert walker.throughout_count
        walks, items, throughout = walker.walk_count, walker.shown_count, walker.throughout_count
        counts = f"{walks} walks, {items} items, {throughout} of them throughout their walk"
        figures(walker.path, counts)


@pytest.mark.slow
@pytest.mark.parametrize("feed_shards", [1, 8])
@pytest.mark.parametrize("store", ["embedded", "disk_store"])
def test_walk_during_writes_shows_each_item_once(
    store: str, feed_shards: int, new_engine: NewEngine, figures: Figures
) -> None:
    engine = new_engine(store, feed_shards=feed_shards)

    async def run() -> None:
        async with connect_in_process(engine, create_app(engine.settings)) as api:
            await walk_during_writes(api, figures)

    asyncio.run(run())


WRITES = st.tuples(st.sampled_from(["create", "delete", "edit", "upvote", "favorite"]), st.integers(0, 30))


class ListUnderTest:
    """A list of Dwipps, which are by one author and at first favorites of one reader.

    `unchanged` has the ids of the Dwipps that have belonged to the list since the start of the walk.
    """

    def __init__(self, container: Container, list_name: str) -> None:
        self.container = container
        self._list_name = list_name
        self._reader = str(uuid.uuid4())  # Readers of earlier examples have rows about deleted Dwipps.
        self._since = new_id()  # All Dwipps of an example are newer.
        self.dwipps: list[str] = []
        self.unchanged: set[str] = set()

    def write(self, name: str, number: int) -> None:
        """Carry out a write.

        Args:
            name: the name of the write.
            number: chooses the Dwipp.
        """
        if name == "create":
            self.create()
        elif self.dwipps:
            getattr(self, f"_{name}")(self.dwipps[number % len(self.dwipps)])

    def create(self) -> None:
        dwipp = self.container.dwipps.create(members.make_author("kay"), "Once")
        self.dwipps.append(dwipp.id)
        if self._list_name == "upvotes":
            self._upvote(dwipp.id)
        self.container.reactions.change_favorite(members.make_member(self._reader), dwipp.id, Change.TOGGLE)

    def clear(self) -> None:
        for dwipp_id in list(self.dwipps):
            self._delete(dwipp_id)

    def get_page(self, limit: int, cursor: str | None) -> DwippPage:
        reader, page = members.make_member(self._reader), PageRequest(limit, cursor)
        return read_list(self.container.feed, self._list_name, reader, self._since, page)

    def _delete(self, dwipp_id: str) -> None:
        self.container.dwipps.delete(members.make_author("kay"), dwipp_id)
        self.dwipps.remove(dwipp_id)
        self.unchanged.discard(dwipp_id)

    def _edit(self, dwipp_id: str) -> None:
        self.container.dwipps.edit(members.make_author("kay"), dwipp_id, "Twice", None)

    def _upvote(self, dwipp_id: str) -> None:
        self.container.reactions.change_upvote(members.make_member(self._reader), dwipp_id, Change.TOGGLE)
        if self._list_name == "upvotes":
            self.unchanged.discard(dwipp_id)

    def _favorite(self, dwipp_id: str) -> None:
        self.container.reactions.change_favorite(members.make_member(self._reader), dwipp_id, Change.TOGGLE)
        if self._list_name == "favorites":
            self.unchanged.discard(dwipp_id)


@pytest.mark.parametrize("list_name", ["feed", "author", "favorites", "since", "upvotes"])
def test_any_order_of_pages_and_writes_shows_each_item_once(
    list_name: str, new_settings: Callable[[], Settings]
) -> None:
    deployed = new_settings()
    containers = {shards: Container(dataclasses.replace(deployed, feed_shards=shards)) for shards in (1, 3, 8)}

    @settings(without_deadline, max_examples=25)
    @given(
        dwipps=st.integers(0, 9),
        limit=st.integers(1, 4),
        writes_after_each_page=st.lists(st.lists(WRITES, max_size=4), max_size=8),
        shards=st.sampled_from([(1, 1), (1, 8), (3, 8), (8, 8)]),
    )
    def run(
        dwipps: int, limit: int, writes_after_each_page: list[list[tuple[str, int]]], shards: tuple[int, int]
    ) -> None:
        dwipp_list = ListUnderTest(containers[shards[0]], list_name)
        for _ in range(dwipps):
            dwipp_list.create()
        dwipp_list.container = containers[shards[1]]  # The number of shards may be raised at any time.
        dwipp_list.unchanged = set(dwipp_list.dwipps)
        try:
            shown = walk(dwipp_list, limit, writes_after_each_page)
            assert len(shown) == len(set(shown))
            assert dwipp_list.unchanged <= set(shown)
        finally:
            dwipp_list.clear()

    run()
