"""A walk through a list during blocks and unblocks shows each Dwipp that was visible throughout exactly once.

A Dwipp that was hidden throughout is never shown.
"""

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.bootstrap import Container, build_container
from app.dwipps import listing
from app.dwipps.reactions import Change
from app.dwipps.schemas import DwippPage
from app.pagination.cursors import PageRequest
from app.settings import Settings
from testkit.members import make_author

AUTHORS = ("kay", "lee", "max")
# A write, and the author that it is about.
WRITES = st.tuples(st.sampled_from(["block", "unblock", "create"]), st.sampled_from(AUTHORS))


class ReaderUnderTest:
    """A reader who blocks and unblocks authors during a walk.

    Attributes:
        visible: the ids of the Dwipps that the reader could see since the start of the walk.
        hidden: the ids of the Dwipps that the reader could not see since the start of the walk.
    """

    def __init__(self, container: Container, list_name: str) -> None:
        self._container = container
        self._list_name = list_name
        self._reader = make_author("reader")
        self._authors: dict[str, str] = {}
        self._blocked: set[str] = set()
        self.visible: set[str] = set()
        self.hidden: set[str] = set()

    def write(self, name: str, author: str) -> None:
        if name == "block":
            self._container.blocks.add(self._reader, author)
            self._blocked.add(author)
            self.visible -= self._get_ids({author})
        elif name == "unblock":
            self._container.blocks.remove(self._reader, author)
            self._blocked.discard(author)
            self.hidden -= self._get_ids({author})
        else:
            dwipp_id = self._container.dwipps.create(make_author(author), "Once").id
            self._container.reactions.change_favorite(self._reader, dwipp_id, Change.SET)
            self._authors[dwipp_id] = author

    def start_walk(self) -> None:
        self.hidden = self._get_ids(self._blocked)
        self.visible = set(self._authors) - self.hidden

    def get_page(self, limit: int, cursor: str | None) -> DwippPage:
        page = PageRequest(limit, cursor)
        if self._list_name == "feed":
            return self._container.feed.list_recent(self._reader.id, page)
        return self._container.feed.list_favorites(self._reader.id, page)

    def clear(self) -> None:
        for dwipp_id, author in self._authors.items():
            self._container.dwipps.delete(make_author(author), dwipp_id)

    def _get_ids(self, authors: set[str]) -> set[str]:
        return {dwipp_id for dwipp_id, author in self._authors.items() if author in authors}


@pytest.mark.parametrize("list_name", ["feed", "favorites"])
def test_any_order_of_pages_and_blocks_shows_each_visible_dwipp_once(
    list_name: str, new_settings: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FURTHER_READ_ROWS", 2)
    monkeypatch.setattr(listing, "MAX_FURTHER_READS", 2)
    container = build_container(dataclasses.replace(new_settings(), feed_shards=2))

    @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        authors=st.lists(st.sampled_from(AUTHORS), max_size=12),
        blocked=st.sets(st.sampled_from(AUTHORS)),
        limit=st.integers(1, 4),
        writes_after_each_page=st.lists(st.lists(WRITES, max_size=3), max_size=8),
    )
    def run(
        authors: list[str], blocked: set[str], limit: int, writes_after_each_page: list[list[tuple[str, str]]]
    ) -> None:
        reader = ReaderUnderTest(container, list_name)
        try:
            for author in authors:
                reader.write("create", author)
            for author in sorted(blocked):
                reader.write("block", author)
            reader.start_walk()
            shown = _walk(reader, limit, writes_after_each_page)
            assert len(shown) == len(set(shown))
            assert reader.visible <= set(shown)
            assert reader.hidden.isdisjoint(shown)
        finally:
            reader.clear()

    run()


def _walk(reader: ReaderUnderTest, limit: int, writes_after_each_page: list[list[tuple[str, str]]]) -> list[str]:
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
        for name, author in next(batches, []):
            reader.write(name, author)
