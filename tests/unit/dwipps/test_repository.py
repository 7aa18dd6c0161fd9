"""The table of Dwipps: every write decides by its own condition, and knows its own repetition."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from app.aws.clients import dynamodb_client
from app.aws.items import batch_get, serialize
from app.dwipps.ids import is_id, new_id
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.repository import Dwipp, DwippRepository
from app.errors import DwippNotFoundError, NotTheAuthorError, UnavailableError
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit import members
from testkit.lost_responses import lose_first_response


@pytest.fixture(scope="module")
def shared(embedded: Service) -> Settings:
    return stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def client(shared: Settings) -> Any:
    return dynamodb_client(shared.region)


@pytest.fixture
def dwipps(client: Any, shared: Settings) -> DwippRepository:
    return DwippRepository(client, shared.dwipps_table, 1)


@pytest.fixture
def reactions(client: Any, shared: Settings) -> ReactionRepository:
    return ReactionRepository(client, shared.reactions_table, shared.dwipps_table)


@pytest.fixture
def author() -> str:
    return f"kay_{uuid.uuid4().hex[:10]}"


class TestOwnEffect:
    """Of a call that took effect, and that the SDK made again since nobody heard the answer."""

    def test_a_dwipp_is_created_once(self, client: Any, dwipps: DwippRepository, author: str) -> None:
        with lose_first_response(client, "PutItem") as sent:
            created = dwipps.create(members.make_author(author), "Hm.")
        assert len(sent) == 2
        assert dwipps.list_by_author(author, 10, None) == [created]

    def test_upvotes_that_came_between_its_two_tries_stay(
        self, client: Any, dwipps: DwippRepository, reactions: ReactionRepository, author: str
    ) -> None:
        def upvote() -> None:
            (there,) = dwipps.list_by_author(author, 10, None)
            reactions.upvote(members.make_author(), there.id, Change.SET)

        with lose_first_response(client, "PutItem", upvote):
            created = dwipps.create(members.make_author(author), "Hm.")
        assert dwipps.get(created.id).upvotes == 1

    def test_an_edit_is_one_edit(self, client: Any, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        with lose_first_response(client, "UpdateItem") as sent:
            edited = dwipps.edit(members.make_author(author), created.id, "Hmm.", None)
        assert len(sent) == 2
        assert (edited.text, edited.version) == ("Hmm.", 2)
        assert dwipps.get(created.id) == edited

    def test_a_dwipp_is_deleted_once(self, client: Any, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        with lose_first_response(client, "DeleteItem") as sent:
            dwipps.delete(members.make_author(author), created.id)
        assert len(sent) == 2
        with pytest.raises(DwippNotFoundError):
            dwipps.delete(members.make_author(author), created.id)


class TestConditions:
    def test_an_edit_raises_the_version_and_leaves_all_else(self, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        edited = dwipps.edit(members.make_author(author), created.id, "Hmm.", None)
        assert (edited.id, edited.text, edited.version, edited.upvotes) == (created.id, "Hmm.", 2, 0)
        assert created.edited_at is None
        assert edited.edited_at is not None
        assert edited.edited_at > created.created_at

    def test_the_text_that_it_has_changes_nothing(self, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        assert dwipps.edit(members.make_author(author), created.id, "Hm.", None) == created == dwipps.get(created.id)

    def test_somebody_else_changes_nothing(self, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        for text in ("Hmm.", "Hm."):
            with pytest.raises(NotTheAuthorError):
                dwipps.edit(members.make_author(f"{author}_2"), created.id, text, None)
        with pytest.raises(NotTheAuthorError):
            dwipps.delete(members.make_author(f"{author}_2"), created.id)
        assert dwipps.get(created.id) == created

    @pytest.mark.parametrize(
        "dwipp_id",
        ["", "x", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "a" * 5000, "\ud800"],
        ids=lambda text: ascii(text)[:12],
    )
    def test_what_is_no_id_is_not_asked_for(self, dwipp_id: str) -> None:
        unasked = dynamodb_client("us-east-1")
        dwipps = DwippRepository(unasked, "dwipps", 1)
        with Stubber(unasked):
            self._assert_not_found(dwipps, dwipp_id)

    def _assert_not_found(self, dwipps: DwippRepository, dwipp_id: str) -> None:
        with pytest.raises(DwippNotFoundError):
            dwipps.get(dwipp_id)
        with pytest.raises(DwippNotFoundError):
            dwipps.edit(members.make_author("kay"), dwipp_id, "Hm.", None)
        with pytest.raises(DwippNotFoundError):
            dwipps.delete(members.make_author("kay"), dwipp_id)

    def test_one_that_is_gone_is_found_by_nobody(self, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        dwipps.delete(members.make_author(author), created.id)
        with pytest.raises(DwippNotFoundError):
            dwipps.get(created.id)
        with pytest.raises(DwippNotFoundError):
            dwipps.edit(members.make_author(author), created.id, "Hmm.", None)
        assert dwipps.get_many([created.id]) == {}
        assert dwipps.list_by_author(author, 10, None) == []


@pytest.fixture
def feeds(embedded: Service) -> tuple[DwippRepository, DwippRepository]:
    """The same table, written and read with 1 and with 8 shards."""
    settings = stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")
    client = dynamodb_client(settings.region)
    return DwippRepository(client, settings.dwipps_table, 1), DwippRepository(client, settings.dwipps_table, 8)


def _walk(dwipps: DwippRepository, limit: int) -> list[Dwipp]:
    walked: list[Dwipp] = []
    while page := dwipps.list_recent(limit, walked[-1].id if walked else None):
        assert len(page) <= limit
        walked += page
    return walked


class TestFeed:
    def test_the_number_of_shards_may_be_raised_and_nothing_is_lost(
        self, feeds: tuple[DwippRepository, DwippRepository]
    ) -> None:
        one, eight = feeds
        written = [one.create(members.make_author("kay"), f"{number}") for number in range(7)]
        assert _walk(eight, 3) == _walk(one, 3) == sorted(written, key=lambda dwipp: dwipp.id, reverse=True)

        written += [eight.create(members.make_author("kay"), f"{number}") for number in range(7, 40)]
        newest_first = sorted(written, key=lambda dwipp: dwipp.id, reverse=True)
        for limit in (1, 7, 100):
            assert _walk(eight, limit) == newest_first
        assert eight.list_recent(5, newest_first[10].id) == newest_first[11:16]
        assert eight.list_by_author("kay", 100, None) == newest_first


class TestContention:
    """What DynamoDB says while others write, by its own words."""

    @pytest.fixture
    def stubbed(self) -> Iterator[tuple[DwippRepository, Stubber]]:
        client = dynamodb_client("us-east-1")
        with Stubber(client) as stubber:
            yield DwippRepository(client, "dwipps", 1), stubber
            stubber.assert_no_pending_responses()

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.aws.retries._FIRST_PAUSE_SECONDS", 0)
        monkeypatch.setattr("app.aws.items.time.sleep", lambda _seconds: None)

    def test_a_conflict_with_an_upvote_is_tried_again(self, stubbed: tuple[DwippRepository, Stubber]) -> None:
        dwipps, stubber = stubbed
        dwipp_id = new_id()
        item = serialize({"dwipp_id": dwipp_id, "text": "Hmm.", "author_handle": "kay", "version": 2, "upvotes": 3})
        stubber.add_client_error("update_item", "TransactionConflictException")
        stubber.add_response("update_item", {"Attributes": item})
        assert dwipps.edit(members.make_author("kay"), dwipp_id, "Hmm.", None).upvotes == 3
        stubber.add_client_error("delete_item", "TransactionConflictException")
        stubber.add_client_error("delete_item", "TransactionConflictException")
        stubber.add_response("delete_item", {})
        dwipps.delete(members.make_author("kay"), dwipp_id)

    def test_what_may_be_done_already_is_not_tried_again_where_that_would_be_taken_for_another_s_doing(
        self, stubbed: tuple[DwippRepository, Stubber]
    ) -> None:
        dwipps, stubber = stubbed
        for operation in ("update_item", "delete_item"):
            stubber.add_client_error(operation, "TransactionConflictException", response_meta={"RetryAttempts": 1})
        with pytest.raises(UnavailableError):
            dwipps.edit(members.make_author("kay"), new_id(), "Hmm.", 1)
        with pytest.raises(UnavailableError):
            dwipps.delete(members.make_author("kay"), new_id())

    def test_an_edit_of_any_version_is_tried_again_whatever_was_done(
        self, stubbed: tuple[DwippRepository, Stubber]
    ) -> None:
        dwipps, stubber = stubbed
        dwipp_id = new_id()
        item = {"dwipp_id": dwipp_id, "text": "Hmm.", "author_handle": "kay", "version": 2, "upvotes": 3}
        stubber.add_client_error("update_item", "TransactionConflictException", response_meta={"RetryAttempts": 1})
        stubber.add_response("update_item", {"Attributes": serialize(item)})
        assert dwipps.edit(members.make_author("kay"), dwipp_id, "Hmm.", None).version == 2

    def test_a_first_try_that_finds_nothing_deletes_nothing(self, stubbed: tuple[DwippRepository, Stubber]) -> None:
        dwipps, stubber = stubbed
        stubber.add_client_error("delete_item", "ConditionalCheckFailedException", response_meta={"RetryAttempts": 0})
        with pytest.raises(DwippNotFoundError):
            dwipps.delete(members.make_author("kay"), new_id())

    def test_keys_that_were_left_over_are_asked_for_again(self) -> None:
        client = dynamodb_client("us-east-1")
        ids = sorted(new_id() for _ in range(3))
        keys = [serialize({"dwipp_id": dwipp_id}) for dwipp_id in ids]
        with Stubber(client) as stubber:
            left = {"dwipps": {"Keys": keys[1:]}}
            stubber.add_response("batch_get_item", {"Responses": {"dwipps": keys[:1]}, "UnprocessedKeys": left})
            left = {"dwipps": {"Keys": keys[2:]}}
            stubber.add_response(
                "batch_get_item",
                {"Responses": {}, "UnprocessedKeys": left},
                {"RequestItems": {"dwipps": {"Keys": keys[1:]}}},
            )
            stubber.add_response(
                "batch_get_item", {"Responses": {"dwipps": keys[2:]}, "UnprocessedKeys": {}}, {"RequestItems": left}
            )
            assert batch_get(client, "dwipps", keys) == [keys[0], keys[2]]
            stubber.assert_no_pending_responses()

    def test_keys_that_are_left_over_again_and_again_are_an_outage(self) -> None:
        client = dynamodb_client("us-east-1")
        keys = [serialize({"dwipp_id": new_id()})]
        with Stubber(client) as stubber:
            for _ in range(5):
                stubber.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {"dwipps": {"Keys": keys}}})
            with pytest.raises(UnavailableError):
                batch_get(client, "dwipps", keys)

    def test_more_keys_than_one_call_takes_are_several_calls(self, dwipps: DwippRepository, author: str) -> None:
        there = [dwipps.create(members.make_author(author), f"{number}") for number in range(3)]
        ids = [there[0].id, *(new_id() for _ in range(99)), there[1].id, *(new_id() for _ in range(100)), there[2].id]
        assert set(dwipps.get_many(ids)) == {dwipp.id for dwipp in there}
        assert all(is_id(dwipp_id) for dwipp_id in ids)
