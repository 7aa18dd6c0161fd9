"""A walk through a list during blocks and removals shows each Dwipp that was visible throughout exactly once.

A Dwipp that was hidden throughout is never shown.
"""

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.aws.clients import dynamodb_client
from app.bootstrap import Container, build_container
from app.dwipps import listing
from app.dwipps.ids import new_id
from app.dwipps.reactions import Change
from app.dwipps.schemas import DwippPage
from app.pagination.cursors import PageRequest
from app.settings import Settings
from testkit.members import make_author
from testkit.moderation import Moderation

AUTHORS = ("kay", "lee", "max")
BLOCKS = ("block", "unblock")
# A write by name, the author that it is about, and the number of a Dwipp by this author.
Write = tuple[str, str, int]
# The writes during a walk through a list. The reader of an author's list blocks nobody, because that makes it a 404.
WRITES_BY_LIST = {
    "feed": (*BLOCKS, "remove", "restore", "create"),
    "author": ("remove", "restore", "create"),
    "favorites": (*BLOCKS, "remove", "restore", "create"),
    "since": (*BLOCKS, "remove", "restore", "create"),
    "upvotes": (*BLOCKS, "remove", "restore", "create"),
    "own": ("remove", "restore", "create"),
}


class ReaderUnderTest:
    """A reader who walks through a list, and blocks and unblocks authors. Moderators remove and restore Dwipps.

    Attributes:
        visible: the ids of the Dwipps that the reader could see since the start of the walk.
        hidden: the ids of the Dwipps that the reader could not see since the start of the walk.
    """

    def __init__(self, container: Container, settings: Settings, list_name: str) -> None:
        self._container = container
        self._moderation = Moderation(dynamodb_client(settings.region), container.dwipps)
        self._list_name = list_name
        self._reader = make_author("kay" if list_name == "own" else "reader")
        self._since = new_id()  # Not older than 30 seconds when the walk ends.
        self._authors: dict[str, str] = {}
        self._blocked: set[str] = set()
        self._removed: set[str] = set()
        self.visible: set[str] = set()
        self.hidden: set[str] = set()

    def write(self, name: str, author: str, number: int = 0) -> None:
        if name == "block":
            self._container.blocks.add(self._reader, author)
            self._blocked.add(author)
        elif name == "unblock":
            self._container.blocks.remove(self._reader, author)
            self._blocked.discard(author)
        elif name == "create":
            dwipp_id = self._container.dwipps.create(make_author(author), "Once").id
            self._container.reactions.change_favorite(self._reader, dwipp_id, Change.SET)
            self._container.reactions.change_upvote(self._reader, dwipp_id, Change.SET)
            self._authors[dwipp_id] = author
            return  # A Dwipp that was created during a walk may be in it or not.
        elif by_author := [dwipp_id for dwipp_id in self._authors if self._authors[dwipp_id] == author]:
            self._moderate(name, by_author[number % len(by_author)])
        visible = self._list_visible()
        self.visible &= visible
        self.hidden -= visible

    def start_walk(self) -> None:
        self.visible = self._list_visible()
        self.hidden = set(self._authors) - self.visible

    def get_page(self, limit: int, cursor: str | None) -> DwippPage:
        page, feed = PageRequest(limit, cursor), self._container.feed
        if self._list_name == "feed":
            return feed.list_recent(self._reader.id, page)
        if self._list_name == "author":
            return feed.list_by_author(self._reader.id, "kay", page)
        if self._list_name == "own":
            return feed.list_own(self._reader, page)
        if self._list_name == "since":
            return feed.list_since(self._reader.id, self._since, page)
        if self._list_name == "upvotes":
            return feed.list_upvotes(self._reader.id, page)
        return feed.list_favorites(self._reader.id, page)

    def clear(self) -> None:
        for dwipp_id, author in self._authors.items():
            self._container.dwipps.delete(make_author(author), dwipp_id)

    def _moderate(self, name: str, dwipp_id: str) -> None:
        if name == "remove":
            self._moderation.remove(dwipp_id)
            self._removed.add(dwipp_id)
        elif dwipp_id in self._removed:
            self._moderation.restore(dwipp_id)
            self._removed.discard(dwipp_id)

    def _list_visible(self) -> set[str]:
        """Return the ids of the Dwipps that belong to the list and that the reader can see."""
        authors = {"kay"} if self._list_name in ("author", "own") else set(AUTHORS) - self._blocked
        hidden = set() if self._list_name == "own" else self._removed
        return {dwipp_id for dwipp_id, author in self._authors.items() if author in authors} - hidden


@pytest.mark.parametrize(
    "list_name",
    [pytest.param(name, marks=() if name in ("feed", "favorites") else pytest.mark.slow) for name in WRITES_BY_LIST],
)
def test_any_order_of_pages_and_writes_shows_each_visible_dwipp_once(
    list_name: str, new_settings: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FURTHER_READ_ROWS", 2)
    monkeypatch.setattr(listing, "MAX_FURTHER_READS", 2)
    settings = dataclasses.replace(new_settings(), feed_shards=2)
    container = build_container(settings)
    names = WRITES_BY_LIST[list_name]
    writes = st.tuples(st.sampled_from(names), st.sampled_from(AUTHORS), st.integers(0, 11))

    @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        authors=st.lists(st.sampled_from(AUTHORS), max_size=12),
        writes_before=st.lists(writes, max_size=6),
        limit=st.integers(1, 4),
        writes_after_each_page=st.lists(st.lists(writes, max_size=3), max_size=8),
    )
    def run(
        authors: list[str], writes_before: list[Write], limit: int, writes_after_each_page: list[list[Write]]
    ) -> None:
        reader = ReaderUnderTest(container, settings, list_name)
        try:
            for author in authors:
                reader.write("create", author)
            for write in writes_before:
                reader.write(*write)
            reader.start_walk()
            shown = _walk(reader, limit, writes_after_each_page)
            assert len(shown) == len(set(shown))
            assert reader.visible <= set(shown)
            assert reader.hidden.isdisjoint(shown)
        finally:
            reader.clear()

    run()


def _walk(reader: ReaderUnderTest, limit: int, writes_after_each_page: list[list[Write]]) -> list[str]:
    """Walk through a list, and carry out a batch of writes after each page. Return the ids of the shown Dwipps."""
    shown: list[str] = []
    cursor: str | None = None
    batches = iter(writes_after_each_page)
    while True:
        page = reader.get_page(limit, cursor)
        assert len(page.items) <= limit
        shown += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return shown
        for write in next(batches, []):
            reader.write(*write)
