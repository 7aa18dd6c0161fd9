"""Walks through lists while others write: what was there throughout is shown exactly once."""

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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.bootstrap import Container, build_container
from app.dwipps.reactions import Change
from app.dwipps.schemas import DwippView
from app.main import create_app
from app.pagination.cursors import Page, PageRequest
from app.settings import Settings
from testkit import members
from testkit.api_client import Api, MemberClient
from testkit.servers import connect_in_process
from tests.conftest import Figures
from tests.resilience.conftest import NewEngine

SECONDS = 8.0
POPULATION = 100
AUTHORS = 3
LIMITS = (2, 3, 5, 7)


@dataclass(slots=True)
class Life:
    """When something came to be there, and when it went: as seen by the one who waits for the answers."""

    there: float = math.inf  # The answer that it is there.
    leaving: float = math.inf  # The wish that it goes.
    gone: float = math.inf  # The answer that it went.


class Site:
    """All Dwipps and one reader's favorites, in the hands of members who change them all the time."""

    def __init__(self, authors: list[MemberClient], reader: MemberClient) -> None:
        self._authors = authors
        self._reader = reader
        self.author_of: dict[str, MemberClient] = {}
        self.dwipps: dict[str, Life] = {}
        self.favorites: dict[str, Life] = {}
        self.writes: Counter[str] = Counter()

    async def populate(self) -> None:
        for _ in range(POPULATION):
            await self.create()
        for dwipp_id in list(self.dwipps)[::2]:
            await self.set_favorite(dwipp_id)

    async def write_until(self, end: float) -> None:
        """Create and delete in turn, on the whole, and edit and upvote what is there or just was."""
        while time.monotonic() < end:
            await self._choose(self.create, self.delete, self.edit, self.upvote)()

    async def change_favorites_until(self, end: float) -> None:
        while time.monotonic() < end:
            dwipp_id = random.choice(list(self.dwipps))  # noqa: S311 -- guards nothing
            there = self.favorites.get(dwipp_id, Life(gone=0)).gone == math.inf
            await (self.clear_favorite if there else self.set_favorite)(dwipp_id)

    async def create(self) -> None:
        author = self._choose(*self._authors)
        dwipp = await author.post_dwipp("A stale thought is still a thought.")
        self.author_of[dwipp["id"]] = author
        self.dwipps[dwipp["id"]] = Life(time.monotonic())
        self.writes["created"] += 1

    async def delete(self) -> None:
        dwipp_id = self._choose(*(dwipp_id for dwipp_id, life in self.dwipps.items() if life.leaving == math.inf))
        life = self.dwipps[dwipp_id]
        life.leaving = time.monotonic()
        answer = await self.author_of[dwipp_id].http.delete(f"/v1/dwipps/{dwipp_id}")
        assert answer.status_code == 204, answer.text
        life.gone = time.monotonic()
        self.writes["deleted"] += 1

    async def edit(self) -> None:
        dwipp_id = self._choose(*self.dwipps)
        text = {"text": f"A thought of {time.monotonic()}"}
        await self._write("edited", dwipp_id, self.author_of[dwipp_id].http.patch(f"/v1/dwipps/{dwipp_id}", json=text))

    async def upvote(self) -> None:
        dwipp_id = self._choose(*self.dwipps)
        member = self._choose(self._reader, *self._authors)
        await self._write("upvoted", dwipp_id, member.http.post(f"/v1/dwipps/{dwipp_id}/upvote"))

    async def set_favorite(self, dwipp_id: str) -> None:
        life = self.favorites[dwipp_id] = Life()
        await self._write("favorites set", dwipp_id, self._reader.http.put(f"/v1/dwipps/{dwipp_id}/favorite"))
        life.there = time.monotonic()

    async def clear_favorite(self, dwipp_id: str) -> None:
        life = self.favorites[dwipp_id]
        life.leaving = time.monotonic()
        await self._write("favorites cleared", dwipp_id, self._reader.http.delete(f"/v1/dwipps/{dwipp_id}/favorite"))
        life.gone = time.monotonic()

    async def _write(self, name: str, dwipp_id: str, request: Awaitable[httpx.Response]) -> None:
        answer = await request
        assert answer.status_code == 200 or self._went(dwipp_id, answer), answer.text
        self.writes[name] += 1

    def _went(self, dwipp_id: str, answer: httpx.Response) -> bool:
        return answer.status_code == 404 and self.dwipps[dwipp_id].leaving < math.inf

    def _choose(self, *choices: Any) -> Any:
        return random.choice(choices)  # noqa: S311 -- guards nothing


@dataclass(slots=True)
class Walker:
    """Walks one list again and again, and holds each walk against the lives of what has to be in it."""

    site: Site
    member: MemberClient
    path: str
    belongs: Callable[[str], bool] = lambda _: True
    walks: int = 0
    shown: int = 0
    throughout: int = 0

    async def walk_until(self, end: float) -> None:
        while time.monotonic() < end:
            begun = time.monotonic()
            items = await self.member.walk(self.path, random.choice(LIMITS))  # noqa: S311 -- guards nothing
            self._check([item["id"] for item in items], begun, time.monotonic())

    def _check(self, shown: list[str], begun: float, ended: float) -> None:
        throughout = {each for each in self.site.dwipps if self.belongs(each) and self._was_there(each, begun, ended)}
        assert len(shown) == len(set(shown)), "nothing is shown twice"
        assert throughout <= set(shown), "what was there throughout is shown"
        assert all(
            self.belongs(each) and self.site.dwipps[each].gone > begun for each in shown if each in self.site.dwipps
        )
        if self.path != "/v1/me/favorites":
            assert shown == sorted(shown, reverse=True), "the newest first"
        self.walks += 1
        self.shown += len(shown)
        self.throughout += len(throughout)

    def _was_there(self, dwipp_id: str, begun: float, ended: float) -> bool:
        lives = [self.site.dwipps[dwipp_id]]
        if self.path == "/v1/me/favorites":
            lives.append(self.site.favorites.get(dwipp_id, Life()))
        return all(life.there <= begun and life.leaving >= ended for life in lives)


async def walk_amid_writes(api: Api, figures: Figures) -> None:
    authors, reader = [await api.member() for _ in range(AUTHORS)], await api.member()
    site = Site(authors, reader)
    await site.populate()
    walkers = [
        Walker(site, reader, "/v1/dwipps"),
        Walker(site, authors[0], "/v1/me/dwipps", lambda dwipp_id: site.author_of[dwipp_id] is authors[0]),
        Walker(site, reader, "/v1/me/favorites"),
    ]
    end = time.monotonic() + SECONDS
    writing = [site.write_until(end), site.write_until(end), site.write_until(end), site.change_favorites_until(end)]
    await asyncio.gather(*writing, *(walker.walk_until(end) for walker in walkers))

    figures("writes", ", ".join(f"{count} {name}" for name, count in site.writes.items()))
    for walker in walkers:
        assert walker.throughout
        figures(
            walker.path, f"{walker.walks} walks, {walker.shown} shown, {walker.throughout} of them there throughout"
        )


@pytest.mark.slow
@pytest.mark.parametrize("feed_shards", [1, 8])
@pytest.mark.parametrize("store", ["embedded", "on_disk"])
def test_what_is_there_throughout_is_shown_once_while_others_write(
    store: str, feed_shards: int, new_engine: NewEngine, figures: Figures
) -> None:
    engine = new_engine(store, feed_shards=feed_shards)

    async def story() -> None:
        async with connect_in_process(engine, create_app(engine.settings)) as api:
            await walk_amid_writes(api, figures)

    asyncio.run(story())


WRITES = st.tuples(st.sampled_from(["create", "delete", "edit", "upvote", "favorite"]), st.integers(0, 30))


class Shelf:
    """All Dwipps, of one author and favorites of one reader, and which of them were there ever since the walk began."""

    def __init__(self, services: Container, list_name: str) -> None:
        self.services = services
        self._list_name = list_name
        self._reader = str(uuid.uuid4())  # Rows of deleted Dwipps are another reader's.
        self.dwipps: list[str] = []
        self.steady: set[str] = set()

    def write(self, name: str, number: int) -> None:
        if name == "create":
            self.create()
        elif self.dwipps:
            getattr(self, f"_{name}")(self.dwipps[number % len(self.dwipps)])

    def create(self) -> None:
        dwipp = self.services.dwipps.create(members.make_author("kay"), "Once")
        self.dwipps.append(dwipp.id)
        self.services.reactions.favorite(members.make_member(self._reader), dwipp.id, Change.TOGGLE)

    def clear(self) -> None:
        for dwipp_id in list(self.dwipps):
            self._delete(dwipp_id)

    def page(self, limit: int, cursor: str | None) -> Page[DwippView]:
        page = PageRequest(limit, cursor)
        if self._list_name == "everybody's":
            return self.services.feed.list_recent(self._reader, page)
        if self._list_name == "one author's":
            return self.services.feed.list_by_author(self._reader, "kay", page)
        return self.services.feed.list_favorites(self._reader, page)

    def _delete(self, dwipp_id: str) -> None:
        self.services.dwipps.delete(members.make_author("kay"), dwipp_id)
        self.dwipps.remove(dwipp_id)
        self.steady.discard(dwipp_id)

    def _edit(self, dwipp_id: str) -> None:
        self.services.dwipps.edit(members.make_author("kay"), dwipp_id, "Twice", None)

    def _upvote(self, dwipp_id: str) -> None:
        self.services.reactions.upvote(members.make_member(self._reader), dwipp_id, Change.TOGGLE)

    def _favorite(self, dwipp_id: str) -> None:
        self.services.reactions.favorite(members.make_member(self._reader), dwipp_id, Change.TOGGLE)
        if self._list_name == "favorites":
            self.steady.discard(dwipp_id)


@pytest.mark.parametrize("list_name", ["everybody's", "one author's", "favorites"])
def test_any_order_of_pages_and_writes_shows_once_what_is_there_throughout(
    list_name: str, new_settings: Callable[[], Settings]
) -> None:
    deployed = new_settings()
    of = {count: build_container(dataclasses.replace(deployed, feed_shards=count)) for count in (1, 3, 8)}

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        dwipps=st.integers(0, 9),
        limit=st.integers(1, 4),
        writes_after_each_page=st.lists(st.lists(WRITES, max_size=4), max_size=8),
        shards=st.sampled_from([(1, 1), (1, 8), (3, 8), (8, 8)]),
    )
    def holds(
        dwipps: int, limit: int, writes_after_each_page: list[list[tuple[str, int]]], shards: tuple[int, int]
    ) -> None:
        shelf = Shelf(of[shards[0]], list_name)
        for _ in range(dwipps):
            shelf.create()
        shelf.services = of[shards[1]]  # The number of shards may be raised at any time.
        shelf.steady = set(shelf.dwipps)
        try:
            shown = _walk(shelf, limit, writes_after_each_page)
            assert len(shown) == len(set(shown))
            assert shelf.steady <= set(shown)
        finally:
            shelf.clear()

    holds()


def _walk(shelf: Shelf, limit: int, writes_after_each_page: list[list[tuple[str, int]]]) -> list[str]:
    shown: list[str] = []
    cursor: str | None = None
    batches = iter(writes_after_each_page)
    while True:
        page = shelf.page(limit, cursor)
        shown += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return shown
        for name, number in next(batches, []):
            shelf.write(name, number)
