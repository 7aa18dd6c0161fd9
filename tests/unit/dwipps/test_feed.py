"""A page reads the reactions to its visible Dwipps once, and no others. A removed Dwipp needs the reader's handle."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import Mock

import pytest

from app.bootstrap import Container
from app.dwipps import listing
from app.dwipps.feed import Feed
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.ids import new_id
from app.dwipps.listing import Row, RowBatch, select_visible
from app.dwipps.models import Reaction, new_dwipp
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippPage, DwippView
from app.errors import DwippNotFoundError
from app.members.audience import Audience, Audiences
from app.members.blocks import BlockRepository
from app.members.directory import Directory
from app.pagination.cursors import PageRequest
from app.rankings.snapshots import SnapshotRepository
from app.settings import Settings
from testkit.members import make_author
from testkit.moderation import Moderation


class RecordingReactionRepository(ReactionRepository):
    """A repository that records the ids of each read of many reactions, if there are any."""

    def __init__(self, client: Any, settings: Settings) -> None:
        super().__init__(client, settings.reactions_table, settings.dwipps_table)
        self.reads: list[list[str]] = []

    def get_many(self, member_id: str, dwipp_ids: Sequence[str]) -> dict[str, Reaction]:
        if dwipp_ids:
            self.reads.append(list(dwipp_ids))
        return super().get_many(member_id, dwipp_ids)


class Reader:
    """A member who blocks Lee. Max wrote one Dwipp, then Lee wrote two. The member reacted to all of them."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self.member = make_author("kay")
        self.directory = Mock(Directory)
        dwipps = DwippRepository(client, settings.dwipps_table, 1)
        self.moderation = Moderation.from_tables(client, settings)
        blocks = BlockRepository(client, settings.members_table)
        blocks.add(self.member, "lee")
        self.reactions = RecordingReactionRepository(client, settings)
        self.by_max, *self.by_lee = [dwipps.create(make_author(handle), "Hm.").id for handle in ("max", "lee", "lee")]
        for dwipp_id in (self.by_max, *self.by_lee):
            self.reactions.change_upvote(self.member, dwipp_id, Change.SET)
            self.reactions.change_favorite(self.member, dwipp_id, Change.SET)
        audiences = Audiences(blocks, self.directory)
        self._feed = Feed(
            dwipps, FeedPageCache(dwipps.list_recent, 0), self.reactions, audiences, Mock(SnapshotRepository)
        )

    def get(self, dwipp_id: str, *, is_moderator: bool = False) -> DwippView:
        return self._feed.get(self.member.id, dwipp_id, is_moderator=is_moderator)

    def list_recent(self, limit: int) -> DwippPage:
        return self._feed.list_recent(self.member.id, PageRequest(limit, None))

    def list_by_ids(self, dwipp_ids: Sequence[str]) -> DwippPage:
        return self._feed.list_by_ids(self.member.id, dwipp_ids)

    def list_upvotes(self, limit: int) -> DwippPage:
        return self._feed.list_upvotes(self.member.id, PageRequest(limit, None))

    def list_favorites(self, limit: int) -> DwippPage:
        return self._feed.list_favorites(self.member.id, PageRequest(limit, None))


@pytest.fixture
def reader(client: Any, new_settings: Callable[[], Settings]) -> Reader:
    return Reader(client, new_settings())


@pytest.mark.parametrize("limit", [2, 3])
def test_page_reads_the_reactions_to_its_visible_dwipps_once(limit: int, reader: Reader) -> None:
    (dwipp,) = reader.list_recent(limit).items
    assert (dwipp.id, dwipp.upvoted, dwipp.favorited) == (reader.by_max, True, True)
    assert reader.reactions.reads == [[reader.by_max]]


@pytest.mark.parametrize("limit", [2, 3])
def test_favorites_have_their_reactions(limit: int, reader: Reader) -> None:
    (dwipp,) = reader.list_favorites(limit).items
    assert (dwipp.id, dwipp.upvoted, dwipp.favorited) == (reader.by_max, True, True)
    assert reader.reactions.reads == []


def test_list_by_ids_reads_the_reactions_to_visible_dwipps_once(reader: Reader) -> None:
    (dwipp,) = reader.list_by_ids([*reader.by_lee, reader.by_max, new_id()]).items
    assert (dwipp.id, dwipp.upvoted, dwipp.favorited) == (reader.by_max, True, True)
    assert reader.reactions.reads == [[reader.by_max]]


def test_list_by_ids_keeps_the_order_of_the_request() -> None:
    ids = [new_id() for _ in range(3)]
    stored = {dwipp_id: new_dwipp(dwipp_id, make_author(), "") for dwipp_id in reversed(ids)}
    dwipps, reactions = Mock(DwippRepository, get_many=lambda _: stored), Mock(ReactionRepository)
    reactions.get_many.return_value = {}
    feed = Feed(dwipps, Mock(FeedPageCache), reactions, Mock(Audiences, get=lambda _: Audience()), Mock())
    assert [item.id for item in feed.list_by_ids("me", ids).items] == ids


def test_upvotes_have_their_reactions(reader: Reader) -> None:
    (dwipp,) = reader.list_upvotes(3).items
    assert (dwipp.id, dwipp.upvoted, dwipp.favorited) == (reader.by_max, True, True)
    assert reader.reactions.reads == []


def test_empty_page_reads_no_reactions(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_FURTHER_READS", 0)
    assert reader.list_recent(2).items == []
    assert reader.reactions.reads == []


@pytest.mark.parametrize(
    ("authors", "limit", "shown", "next_row"),
    [
        (["max", "lee", "max", "max"], 2, [0, 2], 2),
        (["max", "lee", "max", "lee"], 2, [0, 2], 4),
        (["max", "lee"], 2, [0], 4),
        (["lee", "lee"], 2, [], 4),
    ],
    ids=["full with visible rows left", "full with hidden rows left", "short", "empty"],
)
def test_next_page_begins_after_the_last_row_that_was_decided(
    authors: list[str], limit: int, shown: list[int], next_row: int
) -> None:
    rows = [Row((str(number),), new_dwipp(new_id(), make_author(author), "")) for number, author in enumerate(authors)]
    page = select_visible(RowBatch(rows, ("4",)), Audience(frozenset({"lee"})), limit)
    assert (page.rows, page.next_position) == ([rows[number] for number in shown], (str(next_row),))


def test_list_since_a_dwipp_bypasses_the_cache(client: Any, new_settings: Callable[[], Settings]) -> None:
    container = Container(dataclasses.replace(new_settings(), feed_cache_seconds=60))
    kay, page = make_author("kay"), PageRequest(10, None)
    first = container.dwipps.create(kay, "Hm.").id
    assert [item.id for item in container.feed.list_recent(kay.id, page).items] == [first]
    second = container.dwipps.create(kay, "Hm.").id
    assert [item.id for item in container.feed.list_recent(kay.id, page).items] == [first]
    newest_first = sorted([first, second], reverse=True)
    assert [item.id for item in container.feed.list_since(kay.id, first, page).items] == newest_first


class TestRemovedDwipp:
    def test_its_read_reads_the_handle_of_the_caller(self, reader: Reader) -> None:
        reader.get(reader.by_max)
        assert not reader.directory.mock_calls
        reader.moderation.remove(reader.by_max)
        for handle in ("kay", None):
            reader.directory.get_handle.return_value = handle
            with pytest.raises(DwippNotFoundError):
                reader.get(reader.by_max)
        reader.directory.get_handle.return_value = "max"
        assert reader.get(reader.by_max).removed
        assert [call.args for call in reader.directory.get_handle.mock_calls] == [(reader.member.id,)] * 3

    def test_moderators_read_it_unless_they_block_its_author(self, reader: Reader) -> None:
        for dwipp_id in (reader.by_max, *reader.by_lee):
            reader.moderation.remove(dwipp_id)
        assert reader.get(reader.by_max, is_moderator=True).removed
        with pytest.raises(DwippNotFoundError):
            reader.get(reader.by_lee[0], is_moderator=True)
        assert not reader.directory.mock_calls
