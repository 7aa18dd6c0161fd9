"""A member can react only to Dwipps that they may see, and clear every reaction. The writer tells what has changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock

import pytest

from app.dwipps.ids import new_id
from app.dwipps.models import Dwipp, Reaction
from app.dwipps.reaction_writer import ReactionWriter
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippView
from app.errors import DwippNotFoundError, RemovedError
from app.members.audience import Audiences
from app.members.blocks import BlockRepository
from app.members.directory import Directory
from app.members.models import Member
from app.settings import Settings
from testkit.members import make_author
from testkit.moderation import Moderation


class LaggingDwippRepository(DwippRepository):
    """A repository whose eventually consistent reads show no Dwipp yet."""

    def get_many(self, dwipp_ids: Sequence[str]) -> dict[str, Dwipp]:  # noqa: ARG002 -- it finds none
        return {}


class StaleDwippRepository(DwippRepository):
    """A repository whose eventually consistent reads show an earlier state, if a test sets it."""

    stale: Dwipp | None = None

    def get_many(self, dwipp_ids: Sequence[str]) -> dict[str, Dwipp]:
        return {self.stale.id: self.stale} if self.stale else super().get_many(dwipp_ids)


class Reader:
    """A member who blocks Lee, and reacts to Dwipps by Lee and Max."""

    def __init__(self, client: Any, settings: Settings, dwipps_class: type[DwippRepository]) -> None:
        self.member = make_author("kay")
        self.dwipps = dwipps_class(client, settings.dwipps_table, 1)
        self.reactions = ReactionRepository(client, settings.reactions_table, settings.dwipps_table)
        blocks = BlockRepository(client, settings.members_table)
        blocks.add(self.member, "lee")
        self.moderation = Moderation.from_tables(client, settings)
        self._client = client
        self._writer = ReactionWriter(self.dwipps, self.reactions, Audiences(blocks, Mock(Directory)))

    def change(self, reaction: str, dwipp_id: str, change: Change) -> tuple[DwippView, bool]:
        method = self._writer.change_upvote if reaction == "upvote" else self._writer.change_favorite
        return method(self.member, dwipp_id, change)

    def set_stale(self, dwipp: Dwipp) -> None:
        """Let eventually consistent reads show the Dwipp in this state."""
        assert isinstance(self.dwipps, StaleDwippRepository)
        self.dwipps.stale = dwipp

    def get_reaction(self, dwipp_id: str) -> Reaction:
        return self.reactions.get(self.member.id, dwipp_id)

    @contextmanager
    def record_writes(self) -> Iterator[list[str]]:
        """Yield a list that gets the name of each call that writes."""
        writes: list[str] = []

        def record(model: Any, **_: Any) -> None:
            if model.name not in ("GetItem", "BatchGetItem", "Query"):
                writes.append(model.name)

        self._client.meta.events.register("before-call.dynamodb", record)
        try:
            yield writes
        finally:
            self._client.meta.events.unregister("before-call.dynamodb", record)


@pytest.fixture
def reader(client: Any, shared_settings: Settings) -> Reader:
    return Reader(client, shared_settings, DwippRepository)


@pytest.fixture(params=[DwippRepository, LaggingDwippRepository])
def possibly_late_reader(request: pytest.FixtureRequest, client: Any, shared_settings: Settings) -> Reader:
    """Return a reader whose eventually consistent reads of Dwipps are up to date, or late."""
    return Reader(client, shared_settings, request.param)


@pytest.mark.parametrize("change", [Change.SET, Change.TOGGLE])
@pytest.mark.parametrize("reaction", ["upvote", "favorite"])
class TestSetting:
    def test_visible_dwipp_gets_the_reaction(self, reaction: str, change: Change, possibly_late_reader: Reader) -> None:
        dwipp_id = possibly_late_reader.dwipps.create(make_author("max"), "Hm.").id
        view, has_changed = possibly_late_reader.change(reaction, dwipp_id, change)
        assert (view.upvoted, view.favorited) == (reaction == "upvote", reaction == "favorite")
        assert (view.upvotes, has_changed) == (int(reaction == "upvote"), True)

    def test_hidden_dwipp_gets_no_reaction(self, reaction: str, change: Change, possibly_late_reader: Reader) -> None:
        reader = possibly_late_reader
        dwipp_id = reader.dwipps.create(make_author("lee"), "Hm.").id
        with reader.record_writes() as writes, pytest.raises(DwippNotFoundError) as raised:
            reader.change(reaction, dwipp_id, change)
        assert (writes, raised.value.has_changed) == ([], False)
        assert reader.get_reaction(dwipp_id) == Reaction()
        assert reader.dwipps.get(dwipp_id).upvotes == 0

    def test_missing_dwipp_is_not_found_before_any_write(
        self, reaction: str, change: Change, possibly_late_reader: Reader
    ) -> None:
        with possibly_late_reader.record_writes() as writes, pytest.raises(DwippNotFoundError) as raised:
            possibly_late_reader.change(reaction, new_id(), change)
        assert (writes, raised.value.has_changed) == ([], False)


@pytest.mark.parametrize("reaction", ["upvote", "favorite"])
class TestChanged:
    def test_repetition_changes_nothing(self, reaction: str, reader: Reader) -> None:
        dwipp_id = reader.dwipps.create(make_author("max"), "Hm.").id
        changes = [Change.CLEAR, Change.SET, Change.SET, Change.TOGGLE, Change.CLEAR, Change.TOGGLE, Change.CLEAR]
        changed = [reader.change(reaction, dwipp_id, change)[1] for change in changes]
        assert changed == [False, True, False, True, False, True, True]

    @pytest.mark.parametrize("author", ["lee", "max"])
    def test_clearing_what_is_hidden_or_deleted_is_told_in_the_error(
        self, author: str, reaction: str, reader: Reader
    ) -> None:
        dwipp_id = reader.dwipps.create(make_author(author), "Hm.").id
        reader.reactions.change_upvote(reader.member, dwipp_id, Change.SET)
        reader.reactions.change_favorite(reader.member, dwipp_id, Change.SET)
        if author == "max":  # Lee's Dwipp is hidden.
            reader.dwipps.delete(make_author("max"), dwipp_id)
        told = []
        for _ in range(2):
            with pytest.raises(DwippNotFoundError) as raised:
                reader.change(reaction, dwipp_id, Change.CLEAR)
            told.append(raised.value.has_changed)
        assert told == [True, False]
        rest = reader.get_reaction(dwipp_id)
        expected = (False, False) if author == "max" else (reaction == "favorite", reaction == "upvote")
        assert (rest.upvoted_at is not None, rest.favorited_at is not None) == expected


def test_upvote_of_a_dwipp_that_is_deleted_meanwhile_is_told_in_the_error(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    dwipp_id = reader.dwipps.create(make_author("max"), "Hm.").id
    change_upvote = reader.reactions.change_upvote

    def change_and_delete(member: Member, dwipp_id: str, change: Change) -> tuple[Reaction, bool]:
        changed = change_upvote(member, dwipp_id, change)
        reader.dwipps.delete(make_author("max"), dwipp_id)
        return changed

    monkeypatch.setattr(reader.reactions, "change_upvote", change_and_delete)
    with pytest.raises(DwippNotFoundError) as raised:
        reader.change("upvote", dwipp_id, Change.SET)
    assert raised.value.has_changed


_FORBIDDEN = {"max": DwippNotFoundError, "kay": RemovedError}


@pytest.mark.parametrize("author", _FORBIDDEN)
class TestRemoved:
    """Kay changes reactions to a removed Dwipp, by Max or by Kay."""

    @pytest.mark.parametrize("held", [False, True], ids=["no reaction", "reaction"])
    @pytest.mark.parametrize("change", [Change.SET, Change.TOGGLE])
    @pytest.mark.parametrize("reaction", ["upvote", "favorite"])
    def test_reaction_stays(
        self, reaction: str, change: Change, held: bool, author: str, possibly_late_reader: Reader
    ) -> None:
        reader = possibly_late_reader
        dwipp_id = reader.dwipps.create(make_author(author), "Hm.").id
        if held:
            reader.change(reaction, dwipp_id, Change.SET)
        before = reader.get_reaction(dwipp_id)
        reader.moderation.remove(dwipp_id)
        with reader.record_writes() as writes, pytest.raises(_FORBIDDEN[author]):
            reader.change(reaction, dwipp_id, change)
        assert writes == []
        assert reader.get_reaction(dwipp_id) == before

    @pytest.mark.parametrize("reaction", ["upvote", "favorite"])
    def test_clearing_is_told_in_the_error(self, reaction: str, author: str, possibly_late_reader: Reader) -> None:
        reader = possibly_late_reader
        dwipp_id = reader.dwipps.create(make_author(author), "Hm.").id
        reader.change(reaction, dwipp_id, Change.SET)
        reader.moderation.remove(dwipp_id)
        told = []
        for _ in range(2):
            with pytest.raises(DwippNotFoundError) as raised:
                reader.change(reaction, dwipp_id, Change.CLEAR)
            told.append(raised.value.has_changed)
        assert told == [True, False]
        assert reader.get_reaction(dwipp_id) == Reaction()
        assert reader.dwipps.get(dwipp_id).upvotes == 0

    @pytest.mark.parametrize("held", [False, True], ids=["no upvote", "upvote"])
    @pytest.mark.parametrize("change", [Change.SET, Change.TOGGLE])
    def test_removal_that_the_first_read_misses_refuses_an_upvote(
        self, change: Change, held: bool, author: str, client: Any, shared_settings: Settings
    ) -> None:
        reader = Reader(client, shared_settings, StaleDwippRepository)
        stale = reader.dwipps.create(make_author(author), "Hm.")
        if held:
            reader.change("upvote", stale.id, Change.SET)
        before = reader.get_reaction(stale.id)
        reader.moderation.remove(stale.id)
        reader.set_stale(stale)
        with pytest.raises(_FORBIDDEN[author]) as raised:
            reader.change("upvote", stale.id, change)
        assert not getattr(raised.value, "has_changed", False)
        assert reader.get_reaction(stale.id) == before
        assert reader.dwipps.get(stale.id).upvotes == int(held)

    def test_restoration_that_the_first_read_misses_allows_an_upvote(
        self, author: str, client: Any, shared_settings: Settings
    ) -> None:
        reader = Reader(client, shared_settings, StaleDwippRepository)
        dwipp_id = reader.dwipps.create(make_author(author), "Hm.").id
        reader.moderation.remove(dwipp_id)
        removed = reader.dwipps.get(dwipp_id)
        reader.moderation.restore(dwipp_id)
        reader.set_stale(removed)
        view, has_changed = reader.change("upvote", dwipp_id, Change.SET)
        assert (view.upvotes, view.removed, has_changed) == (1, None, True)

    def test_removal_after_the_upvote_is_shown_to_the_author_only(
        self, author: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dwipp_id = reader.dwipps.create(make_author(author), "Hm.").id
        change_upvote = reader.reactions.change_upvote

        def change_and_remove(member: Member, dwipp_id: str, change: Change) -> tuple[Reaction, bool]:
            changed = change_upvote(member, dwipp_id, change)
            reader.moderation.remove(dwipp_id)
            return changed

        monkeypatch.setattr(reader.reactions, "change_upvote", change_and_remove)
        if author == "kay":
            view, has_changed = reader.change("upvote", dwipp_id, Change.SET)
            assert (view.upvotes, view.upvoted, view.removed is not None, has_changed) == (1, True, True, True)
        else:
            with pytest.raises(DwippNotFoundError) as raised:
                reader.change("upvote", dwipp_id, Change.SET)
            assert raised.value.has_changed
