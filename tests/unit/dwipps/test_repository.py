"""Writes to the Dwipps table carry their conditions, and a retry by the SDK recognises its own effect."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from app.aws.clients import dynamodb_client
from app.aws.items import deserialize, serialize
from app.aws.timestamps import now
from app.dwipps.ids import feed_shard, is_id, new_id
from app.dwipps.models import Dwipp, Removal
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.removals import DwippRemovals
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError, NotTheAuthorError, RemovedError, UnavailableError
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit import members
from testkit.lost_responses import lose_first_response
from testkit.moderation import Moderation


@pytest.fixture(scope="module")
def settings(embedded: Service) -> Settings:
    return stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def client(settings: Settings) -> Any:
    return dynamodb_client(settings.region)


@pytest.fixture
def dwipps(client: Any, settings: Settings) -> DwippRepository:
    return DwippRepository(client, settings.dwipps_table, 1)


@pytest.fixture
def reactions(client: Any, settings: Settings) -> ReactionRepository:
    return ReactionRepository(client, settings.reactions_table, settings.dwipps_table)


@pytest.fixture
def author() -> str:
    return f"kay_{uuid.uuid4().hex[:10]}"


class TestLostResponses:
    """The SDK repeats a call that took effect, because the response was lost."""

    def test_dwipp_is_created_once(self, client: Any, dwipps: DwippRepository, author: str) -> None:
        with lose_first_response(client, "PutItem") as sent:
            created = dwipps.create(members.make_author(author), "Hm.")
        assert len(sent) == 2
        assert dwipps.list_by_author(author, 10, None) == [created]

    def test_retried_creation_keeps_upvotes(
        self, client: Any, dwipps: DwippRepository, reactions: ReactionRepository, author: str
    ) -> None:
        def upvote() -> None:
            (stored,) = dwipps.list_by_author(author, 10, None)
            reactions.change_upvote(members.make_author(), stored.id, Change.SET)

        with lose_first_response(client, "PutItem", upvote):
            created = dwipps.create(members.make_author(author), "Hm.")
        assert dwipps.get(created.id).upvotes == 1

    def test_edit_raises_the_version_once(self, client: Any, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        with lose_first_response(client, "UpdateItem") as sent:
            edited, has_changed = dwipps.edit(members.make_author(author), created.id, "Hmm.", None)
        assert len(sent) == 2
        assert has_changed
        assert (edited.text, edited.version) == ("Hmm.", 2)
        assert dwipps.get(created.id) == edited

    def test_dwipp_is_deleted_once(self, client: Any, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        with lose_first_response(client, "DeleteItem") as sent:
            dwipps.delete(members.make_author(author), created.id)
        assert len(sent) == 2
        with pytest.raises(DwippNotFoundError):
            dwipps.delete(members.make_author(author), created.id)


class TestConditions:
    def test_edit_changes_text_version_and_edit_time(self, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        edited, has_changed = dwipps.edit(members.make_author(author), created.id, "Hmm.", None)
        assert has_changed
        assert (edited.id, edited.text, edited.version, edited.upvotes) == (created.id, "Hmm.", 2, 0)
        assert created.edited_at is None
        assert edited.edited_at is not None
        assert edited.edited_at > created.created_at

    def test_edit_to_the_same_text_changes_nothing(self, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        assert dwipps.edit(members.make_author(author), created.id, "Hm.", None) == (created, False)
        assert dwipps.get(created.id) == created

    def test_other_members_cannot_edit_or_delete(self, dwipps: DwippRepository, author: str) -> None:
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
    def test_malformed_id_is_not_found_without_a_call(self, dwipp_id: str) -> None:
        stubbed_client = dynamodb_client("us-east-1")
        dwipps = DwippRepository(stubbed_client, "dwipps", 1)
        with Stubber(stubbed_client):
            self._assert_not_found(dwipps, dwipp_id)

    def _assert_not_found(self, dwipps: DwippRepository, dwipp_id: str) -> None:
        with pytest.raises(DwippNotFoundError):
            dwipps.get(dwipp_id)
        with pytest.raises(DwippNotFoundError):
            dwipps.edit(members.make_author("kay"), dwipp_id, "Hm.", None)
        with pytest.raises(DwippNotFoundError):
            dwipps.delete(members.make_author("kay"), dwipp_id)
        removals = DwippRemovals(dwipps._client, "dwipps", 1)
        with pytest.raises(DwippNotFoundError):
            removals.removal_request(dwipp_id, Removal(now(), "spam"))
        with pytest.raises(DwippNotFoundError):
            removals.restoration_request(dwipp_id)

    def test_deleted_dwipp_is_not_found(self, dwipps: DwippRepository, author: str) -> None:
        created = dwipps.create(members.make_author(author), "Hm.")
        dwipps.delete(members.make_author(author), created.id)
        with pytest.raises(DwippNotFoundError):
            dwipps.get(created.id)
        with pytest.raises(DwippNotFoundError):
            dwipps.edit(members.make_author(author), created.id, "Hmm.", None)
        assert dwipps.get_many([created.id]) == {}
        assert dwipps.list_by_author(author, 10, None) == []


class TestRemoval:
    @pytest.fixture
    def dwipps(self, client: Any, settings: Settings) -> DwippRepository:
        return DwippRepository(client, settings.dwipps_table, 8)

    @pytest.fixture
    def created(self, dwipps: DwippRepository, author: str) -> Dwipp:
        return dwipps.create(members.make_author(author), "Hm.")

    @pytest.fixture
    def moderation(self, client: Any, settings: Settings) -> Moderation:
        return Moderation.from_tables(client, replace(settings, feed_shards=8))

    def _get_item(self, client: Any, settings: Settings, dwipp_id: str) -> dict[str, Any]:
        key = serialize({"dwipp_id": dwipp_id})
        return deserialize(client.get_item(TableName=settings.dwipps_table, Key=key, ConsistentRead=True)["Item"])

    def test_removed_dwipp_leaves_the_feed_and_stays_with_its_author(
        self, dwipps: DwippRepository, created: Dwipp, moderation: Moderation, author: str
    ) -> None:
        at = now()
        update = moderation.removals.removal_request(created.id, Removal(at, "self-harm"))
        moderation.client.transact_write_items(TransactItems=[{"Update": update}])
        removed = created._replace(removed=Removal(at, "self-harm"))
        assert dwipps.get(created.id) == removed
        assert dwipps.list_by_author(author, 10, None) == [removed]
        assert created.id not in [dwipp.id for dwipp in dwipps.list_recent(100, None)]

    def test_second_removal_replaces_the_first(
        self, dwipps: DwippRepository, created: Dwipp, moderation: Moderation
    ) -> None:
        moderation.remove(created.id, "spam")
        first = dwipps.get(created.id).removed
        moderation.remove(created.id, "hate")
        second = dwipps.get(created.id).removed
        assert first
        assert second
        assert (first.reason, second.reason) == ("spam", "hate")
        assert second.at > first.at

    def test_restored_item_equals_the_item_before(
        self, client: Any, settings: Settings, dwipps: DwippRepository, created: Dwipp, moderation: Moderation
    ) -> None:
        before = self._get_item(client, settings, created.id)
        assert before["feed_shard"] == feed_shard(created.id, 8)
        moderation.remove(created.id)
        assert self._get_item(client, settings, created.id).keys() == before.keys() - {"feed_shard"} | {"removed"}
        moderation.restore(created.id)
        assert self._get_item(client, settings, created.id) == before
        assert created in dwipps.list_recent(100, None)

    def test_missing_dwipp_is_neither_removed_nor_restored(
        self, moderation: Moderation, dwipps: DwippRepository
    ) -> None:
        dwipp_id = new_id()
        for change in (moderation.remove, moderation.restore):
            with pytest.raises(moderation.client.exceptions.TransactionCanceledException):
                change(dwipp_id)
        with pytest.raises(DwippNotFoundError):
            dwipps.get(dwipp_id)

    def test_failed_restoration_has_the_item_if_there_is_one(self, moderation: Moderation, created: Dwipp) -> None:
        found = []
        for dwipp_id in (created.id, new_id()):
            with pytest.raises(moderation.client.exceptions.TransactionCanceledException) as raised:
                moderation.restore(dwipp_id)
            found.append("Item" in raised.value.response["CancellationReasons"][0])
        assert found == [True, False]

    def test_author_can_delete_but_not_edit(
        self, dwipps: DwippRepository, created: Dwipp, moderation: Moderation, author: str
    ) -> None:
        moderation.remove(created.id)
        removed = dwipps.get(created.id)
        for text in ("Hm.", "Hmm."):
            for version in (None, 1, 2):  # The refusal comes before that of a stale version.
                with pytest.raises(RemovedError):
                    dwipps.edit(members.make_author(author), created.id, text, version)
        assert dwipps.get(created.id) == removed
        dwipps.delete(members.make_author(author), created.id)
        assert dwipps.get_many([created.id]) == {}

    def test_other_members_do_not_find_it(
        self, dwipps: DwippRepository, created: Dwipp, moderation: Moderation, author: str
    ) -> None:
        moderation.remove(created.id)
        removed = dwipps.get(created.id)
        with pytest.raises(DwippNotFoundError):
            dwipps.edit(members.make_author(f"{author}_2"), created.id, "Hmm.", None)
        with pytest.raises(DwippNotFoundError):
            dwipps.delete(members.make_author(f"{author}_2"), created.id)
        assert dwipps.get(created.id) == removed

    @pytest.mark.parametrize("version", [None, 1])
    def test_retried_edit_before_a_removal_is_recognised(
        self, client: Any, dwipps: DwippRepository, created: Dwipp, moderation: Moderation, version: int | None
    ) -> None:
        editor = members.make_author(created.author_handle)
        with lose_first_response(client, "UpdateItem", lambda: moderation.remove(created.id)):
            edited, has_changed = dwipps.edit(editor, created.id, "Hmm.", version)
        assert (edited.text, edited.version, has_changed) == ("Hmm.", 2, True)
        assert edited.removed

    def test_restored_dwipp_can_be_edited(
        self, dwipps: DwippRepository, created: Dwipp, moderation: Moderation, author: str
    ) -> None:
        moderation.remove(created.id)
        moderation.restore(created.id)
        edited, has_changed = dwipps.edit(members.make_author(author), created.id, "Hmm.", 1)
        assert (edited.text, edited.version, edited.removed, has_changed) == ("Hmm.", 2, None, True)


@pytest.fixture
def sharded_repositories(embedded: Service) -> tuple[DwippRepository, DwippRepository]:
    """Return two repositories of the same table, with 1 and with 8 feed shards."""
    settings = stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")
    client = dynamodb_client(settings.region)
    return DwippRepository(client, settings.dwipps_table, 1), DwippRepository(client, settings.dwipps_table, 8)


def _walk(dwipps: DwippRepository, limit: int) -> list[Dwipp]:
    """Return all Dwipps of the feed, read page by page."""
    walked: list[Dwipp] = []
    while page := dwipps.list_recent(limit, walked[-1].id if walked else None):
        assert len(page) <= limit
        walked += page
    return walked


class TestFeed:
    def test_raising_the_shard_count_loses_no_dwipp(
        self, sharded_repositories: tuple[DwippRepository, DwippRepository]
    ) -> None:
        one, eight = sharded_repositories
        created = [one.create(members.make_author("kay"), f"{number}") for number in range(7)]
        assert _walk(eight, 3) == _walk(one, 3) == sorted(created, key=lambda dwipp: dwipp.id, reverse=True)

        created += [eight.create(members.make_author("kay"), f"{number}") for number in range(7, 40)]
        newest_first = sorted(created, key=lambda dwipp: dwipp.id, reverse=True)
        for limit in (1, 7, 100):
            assert _walk(eight, limit) == newest_first
        assert eight.list_recent(5, newest_first[10].id) == newest_first[11:16]
        assert eight.list_recent(100, newest_first[10].id, newest_first[20].id) == newest_first[11:21]
        assert eight.list_recent(5, None, newest_first[20].id) == newest_first[:5]
        assert eight.list_recent(5, newest_first[20].id, newest_first[20].id) == []
        assert eight.list_recent(5, newest_first[20].id, newest_first[10].id) == []
        oldest_first = newest_first[::-1]
        assert eight.list_oldest(100, None) == oldest_first
        assert eight.list_oldest(5, oldest_first[10].id) == oldest_first[11:16]
        assert eight.list_by_author("kay", 100, None) == newest_first


class TestConflicts:
    """DynamoDB's responses while other requests write to the same items."""

    @pytest.fixture
    def stubbed(self) -> Iterator[tuple[DwippRepository, Stubber]]:
        client = dynamodb_client("us-east-1")
        with Stubber(client) as stubber:
            yield DwippRepository(client, "dwipps", 1), stubber
            stubber.assert_no_pending_responses()

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.aws.retries._FIRST_PAUSE_SECONDS", 0)

    def test_write_is_retried_on_conflict(self, stubbed: tuple[DwippRepository, Stubber]) -> None:
        dwipps, stubber = stubbed
        dwipp_id = new_id()
        item = serialize({"dwipp_id": dwipp_id, "text": "Hmm.", "author_handle": "kay", "version": 2, "upvotes": 3})
        stubber.add_client_error("update_item", "TransactionConflictException")
        stubber.add_response("update_item", {"Attributes": item})
        dwipp, has_changed = dwipps.edit(members.make_author("kay"), dwipp_id, "Hmm.", None)
        assert (dwipp.upvotes, has_changed) == (3, True)
        stubber.add_client_error("delete_item", "TransactionConflictException")
        stubber.add_client_error("delete_item", "TransactionConflictException")
        stubber.add_response("delete_item", {})
        dwipps.delete(members.make_author("kay"), dwipp_id)

    def test_conditional_write_with_unknown_outcome_is_not_retried(
        self, stubbed: tuple[DwippRepository, Stubber]
    ) -> None:
        dwipps, stubber = stubbed
        for operation in ("update_item", "delete_item"):
            stubber.add_client_error(operation, "TransactionConflictException", response_meta={"RetryAttempts": 1})
        with pytest.raises(UnavailableError):
            dwipps.edit(members.make_author("kay"), new_id(), "Hmm.", 1)
        with pytest.raises(UnavailableError):
            dwipps.delete(members.make_author("kay"), new_id())

    def test_unconditional_edit_with_unknown_outcome_is_retried(self, stubbed: tuple[DwippRepository, Stubber]) -> None:
        dwipps, stubber = stubbed
        dwipp_id = new_id()
        item = {"dwipp_id": dwipp_id, "text": "Hmm.", "author_handle": "kay", "version": 2, "upvotes": 3}
        stubber.add_client_error("update_item", "TransactionConflictException", response_meta={"RetryAttempts": 1})
        stubber.add_response("update_item", {"Attributes": serialize(item)})
        dwipp, has_changed = dwipps.edit(members.make_author("kay"), dwipp_id, "Hmm.", None)
        assert (dwipp.version, has_changed) == (2, True)

    def test_delete_without_sdk_retry_raises_dwipp_not_found(self, stubbed: tuple[DwippRepository, Stubber]) -> None:
        dwipps, stubber = stubbed
        stubber.add_client_error("delete_item", "ConditionalCheckFailedException", response_meta={"RetryAttempts": 0})
        with pytest.raises(DwippNotFoundError):
            dwipps.delete(members.make_author("kay"), new_id())


class TestGetMany:
    def test_get_many_splits_more_than_100_ids(self, dwipps: DwippRepository, author: str) -> None:
        stored = [dwipps.create(members.make_author(author), f"{number}") for number in range(3)]
        ids = [
            stored[0].id,
            *(new_id() for _ in range(99)),
            stored[1].id,
            *(new_id() for _ in range(100)),
            stored[2].id,
        ]
        assert set(dwipps.get_many(ids)) == {dwipp.id for dwipp in stored}
        assert all(is_id(dwipp_id) for dwipp_id in ids)
