"""A walk through a list of Dwipps, page by page, with writes before it and between its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import pytest
from hypothesis import strategies as st

from app.dwipps import listing
from app.dwipps.feed import Feed
from app.dwipps.schemas import DwippPage
from app.members.models import Member
from app.pagination.cursors import PageRequest

# The arguments of a call to `ListReader.write`.
Write = tuple[Any, ...]


class ListReader(Protocol):
    """A reader of a list, and the writes that change it."""

    def write(self, *arguments: Any) -> None:
        """Carry out a write."""

    def get_page(self, limit: int, cursor: str | None) -> Any:
        """Return a page."""


class VisibleListReader(ListReader, Protocol):
    """A reader of a list whose Dwipps can be hidden.

    Attributes:
        visible: the ids of the Dwipps that the reader could see since the start of the walk.
        hidden: the ids of the Dwipps that the reader could not see since the start of the walk.
    """

    visible: set[str]
    hidden: set[str]

    def start_walk(self) -> None:
        """Note the Dwipps that are visible, and those that are hidden."""

    def clear(self) -> None:
        """Delete all Dwipps, because the next walk uses the same tables."""


@dataclass(frozen=True, slots=True)
class ListWalk:
    """A walk, as Hypothesis draws it.

    Attributes:
        creations: the first writes.
        writes_before: the writes between the creations and the walk.
        limit: the limit of a page.
        writes_after_each_page: the batches of writes between the pages.
    """

    creations: Sequence[Write]
    writes_before: Sequence[Write]
    limit: int
    writes_after_each_page: Sequence[Sequence[Write]]

    def check(self, reader: VisibleListReader) -> list[str]:
        """Walk through a list, and check the shown Dwipps. Return their ids in order.

        Each Dwipp that was visible throughout is shown exactly once, and no Dwipp that was hidden throughout is shown.
        """
        try:
            for write in (*self.creations, *self.writes_before):
                reader.write(*write)
            reader.start_walk()
            shown = walk(reader, self.limit, self.writes_after_each_page)
            assert len(shown) == len(set(shown))
            assert reader.visible <= set(shown)
            assert reader.hidden.isdisjoint(shown)
        finally:
            reader.clear()
        return shown


def draw_walks(creations: st.SearchStrategy[Write], writes: st.SearchStrategy[Write]) -> st.SearchStrategy[ListWalk]:
    """Return a strategy for walks with these writes."""
    return st.builds(
        ListWalk,
        creations=st.lists(creations, max_size=12),
        writes_before=st.lists(writes, max_size=6),
        limit=st.integers(1, 4),
        writes_after_each_page=st.lists(st.lists(writes, max_size=3), max_size=8),
    )


def walk(reader: ListReader, limit: int, writes_after_each_page: Sequence[Sequence[Write]]) -> list[str]:
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


def read_list(feed: Feed, name: str, reader: Member, since: str, page: PageRequest) -> DwippPage:
    """Return a page of a list of Dwipps. The author of the list `author` is Kay."""
    lists = {
        "feed": partial(feed.list_recent, reader.id),
        "since": partial(feed.list_since, reader.id, since),
        "author": partial(feed.list_by_author, reader.id, "kay"),
        "own": partial(feed.list_own, reader),
        "upvotes": partial(feed.list_upvotes, reader.id),
        "favorites": partial(feed.list_favorites, reader.id),
    }
    return lists[name](page)


def lower_read_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the bounds of the reads for an empty page, so that few hidden Dwipps reach them."""
    monkeypatch.setattr(listing, "FURTHER_READ_ROWS", 2)
    monkeypatch.setattr(listing, "MAX_FURTHER_READS", 2)
