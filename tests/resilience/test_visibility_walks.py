"""A walk through a list during blocks and removals shows each Dwipp that was visible throughout exactly once.

A Dwipp that was hidden throughout is never shown.
"""

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.aws.clients import dynamodb_client
from app.bootstrap import Container
from app.dwipps.ids import new_id
from app.dwipps.reactions import Change
from app.dwipps.schemas import DwippPage
from app.pagination.cursors import PageRequest
from app.settings import Settings
from testkit.hypothesis_settings import without_deadline
from testkit.members import make_author
from testkit.moderation import Moderation
from tests.resilience.list_walk import ListWalk, draw_walks, lower_read_bounds, read_list

AUTHORS = ("kay", "lee", "max")
BLOCKS = ("block", "unblock")
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
    """A reader of a list, who blocks and unblocks authors. Moderators remove and restore Dwipps."""

    def __init__(self, container: Container, settings: Settings, list_name: str) -> None:
        self._container = container
        self._moderation = Moderation(dynamodb_client(settings.region), container.moderation.dwipp_removals)
        self._list_name = list_name
        self._reader = make_author("kay" if list_name == "own" else "reader")
        self._since = new_id()  # All Dwipps of a walk are newer.
        self._authors: dict[str, str] = {}
        self._blocked: set[str] = set()
        self._removed: set[str] = set()
        self.visible: set[str] = set()
        self.hidden: set[str] = set()

    def write(self, name: str, author: str, number: int = 0) -> None:
        """Carry out a write.

        Args:
            name: the name of the write.
            author: the author that it is about.
            number: chooses the Dwipp by this author.
        """
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
        page = PageRequest(limit, cursor)
        return read_list(self._container.feed, self._list_name, self._reader, self._since, page)

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
    lower_read_bounds(monkeypatch)
    settings = dataclasses.replace(new_settings(), feed_shards=2)
    container = Container(settings)
    authors, numbers = st.sampled_from(AUTHORS), st.integers(0, 11)
    creations = st.tuples(st.just("create"), authors)
    writes = st.tuples(st.sampled_from(WRITES_BY_LIST[list_name]), authors, numbers)

    @hypothesis_settings(without_deadline, max_examples=40)
    @given(draw_walks(creations, writes))
    def run(list_walk: ListWalk) -> None:
        list_walk.check(ReaderUnderTest(container, settings, list_name))

    run()
