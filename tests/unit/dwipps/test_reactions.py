"""A member's reactions to a Dwipp are one row at most. A Dwipp's count of upvotes equals its rows with an upvote."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from app.aws.clients import dynamodb_client
from app.aws.items import serialize
from app.aws.timestamps import now, to_text
from app.dwipps.ids import new_id
from app.dwipps.models import Reaction
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError, RemovedError, UnavailableError
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit import members
from testkit.lost_responses import lose_first_response
from testkit.moderation import Moderation


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of Dwipps and of reactions in the embedded AWS."""

    client: Any
    settings: Settings
    dwipps: DwippRepository
    reactions: ReactionRepository

    @property
    def name(self) -> str:
        return self.settings.reactions_table

    def list_rows(self, member: str) -> list[dict[str, Any]]:
        response = self.client.query(
            TableName=self.name,
            KeyConditionExpression="member_id = :member",
            ExpressionAttributeValues=serialize({":member": member}),
            ConsistentRead=True,
        )
        rows: list[dict[str, Any]] = response["Items"]
        return rows

    def put_favorites(self, member: str, dwipp_ids: list[str]) -> None:
        for dwipp_id in dwipp_ids:
            row = {"member_id": member, "dwipp_id": dwipp_id, "favorited_at": to_text(now())}
            self.client.put_item(TableName=self.name, Item=serialize(row))


@pytest.fixture(scope="module")
def tables(embedded: Service) -> Tables:
    settings = stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")
    client = dynamodb_client(settings.region)
    dwipps = DwippRepository(client, settings.dwipps_table, 1)
    return Tables(client, settings, dwipps, ReactionRepository(client, settings.reactions_table, settings.dwipps_table))


@pytest.fixture
def member() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def dwipp_id(tables: Tables) -> str:
    return tables.dwipps.create(members.make_author("kay"), "Hm.").id


class TestChange:
    @pytest.mark.parametrize(
        ("change", "is_present", "expected"),
        [
            (Change.TOGGLE, True, False),
            (Change.TOGGLE, False, True),
            (Change.SET, True, True),
            (Change.SET, False, True),
            (Change.CLEAR, True, False),
            (Change.CLEAR, False, False),
        ],
    )
    def test_change_sets_or_clears(self, change: Change, is_present: bool, expected: bool) -> None:
        assert change.apply(is_present=is_present) is expected


class TestWrites:
    def test_upvote_writes_row_and_count(self, member: str, dwipp_id: str, tables: Tables) -> None:
        before = 0
        for change, count in (
            (Change.SET, 1),
            (Change.SET, 1),
            (Change.TOGGLE, 0),
            (Change.CLEAR, 0),
            (Change.TOGGLE, 1),
            (Change.CLEAR, 0),
        ):
            reaction, has_changed = tables.reactions.change_upvote(members.make_member(member), dwipp_id, change)
            assert has_changed is (count != before)
            before = count
            assert (reaction.upvoted_at is not None) is (count == 1)
            assert tables.reactions.get(member, dwipp_id) == reaction
            assert tables.dwipps.get(dwipp_id).upvotes == count

    def test_repeated_favorite_keeps_its_time(self, member: str, dwipp_id: str, tables: Tables) -> None:
        first, _ = tables.reactions.change_favorite(members.make_member(member), dwipp_id, Change.SET)
        assert tables.reactions.change_favorite(members.make_member(member), dwipp_id, Change.SET) == (first, False)
        upvoted, _ = tables.reactions.change_upvote(members.make_member(member), dwipp_id, Change.SET)
        assert upvoted.favorited_at == first.favorited_at

    @pytest.mark.parametrize("last", ["upvote", "favorite"])
    def test_row_without_reactions_is_deleted(self, last: str, member: str, dwipp_id: str, tables: Tables) -> None:
        tables.reactions.change_upvote(members.make_member(member), dwipp_id, Change.SET)
        tables.reactions.change_favorite(members.make_member(member), dwipp_id, Change.SET)
        first, second = tables.reactions.change_upvote, tables.reactions.change_favorite
        if last == "upvote":
            first, second = second, first
        first(members.make_member(member), dwipp_id, Change.CLEAR)
        (row,) = tables.list_rows(member)
        assert ("upvoted_at" in row) is (last == "upvote")
        second(members.make_member(member), dwipp_id, Change.CLEAR)
        assert tables.list_rows(member) == []

    def test_upvoting_a_deleted_dwipp_writes_nothing(self, member: str, dwipp_id: str, tables: Tables) -> None:
        tables.dwipps.delete(members.make_author("kay"), dwipp_id)
        with pytest.raises(DwippNotFoundError):
            tables.reactions.change_upvote(members.make_member(member), dwipp_id, Change.SET)
        assert tables.list_rows(member) == []
        with pytest.raises(DwippNotFoundError):
            tables.dwipps.get(dwipp_id)

    @pytest.mark.parametrize(
        ("change", "is_present"), [(Change.SET, False), (Change.TOGGLE, False), (Change.TOGGLE, True)]
    )
    def test_upvote_of_a_removed_dwipp_stays(
        self, change: Change, is_present: bool, member: str, dwipp_id: str, tables: Tables
    ) -> None:
        reader = members.make_member(member)
        if is_present:
            tables.reactions.change_upvote(reader, dwipp_id, Change.SET)
        rows = tables.list_rows(member)
        Moderation.from_tables(tables.client, tables.settings).remove(dwipp_id)
        with pytest.raises(RemovedError):
            tables.reactions.change_upvote(reader, dwipp_id, change)
        assert tables.list_rows(member) == rows
        assert tables.dwipps.get(dwipp_id).upvotes == len(rows) == int(is_present)

    def test_upvote_of_a_removed_dwipp_can_be_cleared(self, member: str, dwipp_id: str, tables: Tables) -> None:
        reader = members.make_member(member)
        tables.reactions.change_upvote(reader, dwipp_id, Change.SET)
        Moderation.from_tables(tables.client, tables.settings).remove(dwipp_id)
        for has_changed in (True, False):
            assert tables.reactions.change_upvote(reader, dwipp_id, Change.CLEAR) == (Reaction(), has_changed)
        assert tables.list_rows(member) == []
        assert tables.dwipps.get(dwipp_id).upvotes == 0

    def test_clear_returns_whether_there_was_a_reaction(self, member: str, dwipp_id: str, tables: Tables) -> None:
        author, reader = members.make_author("kay"), members.make_member(member)
        assert not tables.reactions.clear(reader, dwipp_id)
        tables.reactions.change_favorite(reader, dwipp_id, Change.SET)
        assert tables.reactions.clear(reader, dwipp_id)
        tables.reactions.change_upvote(reader, dwipp_id, Change.SET)
        tables.dwipps.delete(author, dwipp_id)
        assert tables.reactions.clear(reader, dwipp_id)
        assert not tables.reactions.clear(reader, dwipp_id)

    def test_upvote_leaves_other_members_rows(self, member: str, dwipp_id: str, tables: Tables) -> None:
        other_member = str(uuid.uuid4())
        tables.reactions.change_upvote(members.make_member(other_member), dwipp_id, Change.SET)
        tables.reactions.change_upvote(members.make_member(member), dwipp_id, Change.SET)
        tables.reactions.change_upvote(members.make_member(member), dwipp_id, Change.CLEAR)
        assert tables.reactions.get(other_member, dwipp_id).upvoted_at is not None
        assert tables.dwipps.get(dwipp_id).upvotes == 1


class TestLostResponses:
    """The SDK repeats a call that took effect, because the response was lost."""

    @pytest.mark.parametrize("is_favorite", [False, True], ids=["not a favorite", "also a favorite"])
    def test_upvote_toggles_once(self, is_favorite: bool, member: str, dwipp_id: str, tables: Tables) -> None:
        if is_favorite:
            tables.reactions.change_favorite(members.make_member(member), dwipp_id, Change.SET)
        for count in (1, 0, 1):
            with lose_first_response(tables.client, "TransactWriteItems") as sent:
                reaction, has_changed = tables.reactions.change_upvote(
                    members.make_member(member), dwipp_id, Change.TOGGLE
                )
            assert len(sent) == 2
            assert has_changed
            assert (reaction.upvoted_at is not None) is (count == 1)
            assert tables.dwipps.get(dwipp_id).upvotes == count
            assert tables.reactions.get(member, dwipp_id) == reaction

    @pytest.mark.parametrize("is_upvoted", [False, True], ids=["not upvoted", "also upvoted"])
    def test_favorite_toggles_once(self, is_upvoted: bool, member: str, dwipp_id: str, tables: Tables) -> None:
        if is_upvoted:
            tables.reactions.change_upvote(members.make_member(member), dwipp_id, Change.SET)
        for is_present in (True, False, True):
            operation = "UpdateItem" if is_present or is_upvoted else "DeleteItem"
            with lose_first_response(tables.client, operation) as sent:
                reaction, has_changed = tables.reactions.change_favorite(
                    members.make_member(member), dwipp_id, Change.TOGGLE
                )
            assert len(sent) == 2
            assert has_changed
            assert (reaction.favorited_at is not None) is is_present
            assert tables.reactions.get(member, dwipp_id) == reaction

    def test_favorite_cleared_before_the_retry_is_set_again(self, member: str, dwipp_id: str, tables: Tables) -> None:
        def clear_in_between() -> None:
            tables.client.delete_item(TableName=tables.name, Key=serialize({"member_id": member, "dwipp_id": dwipp_id}))

        with lose_first_response(tables.client, "UpdateItem", clear_in_between):
            reaction, _ = tables.reactions.change_favorite(members.make_member(member), dwipp_id, Change.SET)
        assert tables.reactions.get(member, dwipp_id) == reaction


class CallRecorder:
    """A recorder of the operations and parameters that a client sends."""

    def __init__(self, client: Any) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        client.meta.events.register("provide-client-params.dynamodb.*", self._record)
        self._client = client

    def _record(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls.append((model.name, params))

    def close(self) -> None:
        self._client.meta.events.unregister("provide-client-params.dynamodb.*", self._record)


@pytest.fixture
def recorder(tables: Tables) -> Iterator[CallRecorder]:
    recorder = CallRecorder(tables.client)
    yield recorder
    recorder.close()


class TestPages:
    """The member's reactions to the Dwipps of a page, and the list of favorites."""

    def test_empty_page_makes_no_call(self, member: str, recorder: CallRecorder, tables: Tables) -> None:
        assert tables.reactions.get_many(member, []) == {}
        assert recorder.calls == []

    def test_page_takes_one_query(self, member: str, recorder: CallRecorder, tables: Tables) -> None:
        ids = sorted(new_id() for _ in range(20))
        tables.put_favorites(member, ids[::2])
        recorder.calls.clear()
        reactions = tables.reactions.get_many(member, ids[::-1])
        assert sorted(reactions) == ids[::2]
        assert [name for name, _ in recorder.calls] == ["Query"]

    @pytest.mark.parametrize("total", [15, 60, 150])
    def test_sparse_page_limits_the_query_and_reads_the_rest_by_key(
        self, total: int, member: str, recorder: CallRecorder, tables: Tables
    ) -> None:
        ids = sorted(new_id() for _ in range(total))
        page = [ids[0], ids[total // 2], ids[-1], new_id()]
        tables.put_favorites(member, ids)
        recorder.calls.clear()
        reactions = tables.reactions.get_many(member, page)
        assert set(page).intersection(reactions) == set(page[:3])
        query, *lookups = recorder.calls
        assert query[1]["Limit"] < 60
        assert [name for name, _ in lookups] == (["BatchGetItem"] if total > query[1]["Limit"] else [])
        for _, params in lookups:
            assert len(params["RequestItems"][tables.name]["Keys"]) < len(page)

    def test_page_excludes_other_members_reactions(self, member: str, dwipp_id: str, tables: Tables) -> None:
        tables.reactions.change_upvote(members.make_author(), dwipp_id, Change.SET)
        assert tables.reactions.get_many(member, [dwipp_id]) == {}

    def test_favorites_are_paged_newest_first(self, member: str, tables: Tables) -> None:
        ids = [new_id() for _ in range(7)]
        tables.put_favorites(member, ids)
        listed: list[str] = []
        after = None
        while page := tables.reactions.list_favorites(member, 3, after):
            listed += [row.dwipp_id for row in page]
            after = (page[-1].favorited_at, page[-1].dwipp_id)
        assert listed == ids[::-1]


Stubbed = tuple[ReactionRepository, Stubber]


class TestConflicts:
    """DynamoDB's responses while other requests write to the same items."""

    @pytest.fixture
    def stubbed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubbed]:
        monkeypatch.setattr("app.aws.retries._FIRST_PAUSE_SECONDS", 0)
        client = dynamodb_client("us-east-1")
        with Stubber(client) as stubber:
            yield ReactionRepository(client, "reactions", "dwipps"), stubber
            stubber.assert_no_pending_responses()

    def _cancel(self, stubber: Stubber, row: str, dwipp: str, **metadata: int) -> None:
        """Stub a cancelled transaction, with the reasons for the row and for the Dwipp."""
        stubber.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            response_meta=metadata,
            modeled_fields={"CancellationReasons": [{"Code": row}, {"Code": dwipp}]},
        )

    @pytest.mark.parametrize(
        ("row", "dwipp"),
        [
            ("TransactionConflict", "None"),
            ("None", "TransactionConflict"),
            ("TransactionConflict", "TransactionConflict"),
            ("ConditionalCheckFailed", "None"),
            ("ConditionalCheckFailed", "TransactionConflict"),
        ],
    )
    def test_upvote_is_retried_on_conflict(self, row: str, dwipp: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        for _ in range(3):
            stubber.add_response("get_item", {})
            self._cancel(stubber, row, dwipp)
        stubber.add_response("get_item", {})
        stubber.add_response("transact_write_items", {})
        reaction, has_changed = reactions.change_upvote(members.make_member(member), new_id(), Change.SET)
        assert reaction.upvoted_at is not None
        assert has_changed

    def test_each_attempt_reads_the_row_again(self, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        upvoted_at = now()
        dwipp_id = new_id()
        row = {"member_id": member, "dwipp_id": dwipp_id, "upvoted_at": to_text(upvoted_at)}
        stubber.add_response("get_item", {})
        self._cancel(stubber, "ConditionalCheckFailed", "None")
        stubber.add_response("get_item", {"Item": serialize(row)})
        result = reactions.change_upvote(members.make_member(member), dwipp_id, Change.SET)
        assert result == (Reaction(upvoted_at), False)

    @pytest.mark.parametrize("row", ["None", "ConditionalCheckFailed", "TransactionConflict"])
    def test_missing_dwipp_raises_dwipp_not_found(self, row: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        stubber.add_response("get_item", {})
        self._cancel(stubber, row, "ConditionalCheckFailed")
        with pytest.raises(DwippNotFoundError):
            reactions.change_upvote(members.make_member(member), new_id(), Change.SET)

    @pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_throttled_transaction_is_retried(self, reason: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        stubber.add_response("get_item", {})
        self._cancel(stubber, "None", reason)
        stubber.add_response("get_item", {})
        stubber.add_response("transact_write_items", {})
        reaction, has_changed = reactions.change_upvote(members.make_member(member), new_id(), Change.SET)
        assert reaction.upvoted_at is not None
        assert has_changed

    @pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
    def test_invalid_transaction_is_not_retried(self, reason: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        stubber.add_response("get_item", {})
        self._cancel(stubber, "None", reason)
        with pytest.raises(ClientError):
            reactions.change_upvote(members.make_member(member), new_id(), Change.SET)

    def test_other_errors_are_raised(self, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        for operation, write in (
            ("transact_write_items", reactions.change_upvote),
            ("update_item", reactions.change_favorite),
        ):
            stubber.add_response("get_item", {})
            stubber.add_client_error(operation, "ThrottlingException")
            with pytest.raises(ClientError):
                write(members.make_member(member), new_id(), Change.SET)

    @pytest.mark.parametrize("retries", [0, 1], ids=["without an SDK retry", "after an SDK retry"])
    @pytest.mark.parametrize(
        ("row", "change", "operation"),
        [
            pytest.param({}, Change.SET, "update_item", id="set"),
            pytest.param({"favorited_at": 1}, Change.CLEAR, "delete_item", id="clear"),
            pytest.param({"favorited_at": 1, "upvoted_at": 1}, Change.CLEAR, "update_item", id="clear with an upvote"),
        ],
    )
    def test_favorite_is_retried_on_conflict(
        self, row: dict[str, int], change: Change, operation: str, retries: int, stubbed: Stubbed
    ) -> None:
        reactions, stubber = stubbed
        item = {"Item": serialize({name: to_text(now()) for name in row})} if row else {}
        stubber.add_response("get_item", item)
        stubber.add_client_error(operation, "TransactionConflictException", response_meta={"RetryAttempts": retries})
        stubber.add_response("get_item", item)
        stubber.add_response(operation, {})
        reactions.change_favorite(members.make_author(), new_id(), change)

    @pytest.mark.parametrize("is_present", [True, False], ids=["clear", "set"])
    def test_toggle_with_unknown_outcome_is_not_retried(self, is_present: bool, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        row = {"Item": serialize({"favorited_at": to_text(now()), "upvoted_at": to_text(now())})} if is_present else {}
        stubber.add_response("get_item", row)
        self._cancel(stubber, "None", "TransactionConflict", RetryAttempts=1)
        with pytest.raises(UnavailableError):
            reactions.change_upvote(members.make_author(), new_id(), Change.TOGGLE)
        stubber.add_response("get_item", row)
        stubber.add_client_error("update_item", "TransactionConflictException", response_meta={"RetryAttempts": 1})
        with pytest.raises(UnavailableError):
            reactions.change_favorite(members.make_author(), new_id(), Change.TOGGLE)

    def test_failed_condition_without_sdk_retry_is_retried(self, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        item = {"Item": serialize({"favorited_at": to_text(now())})}
        stubber.add_response("get_item", item)
        stubber.add_client_error("delete_item", "ConditionalCheckFailedException", response_meta={"RetryAttempts": 0})
        stubber.add_response("get_item", {})
        assert reactions.change_favorite(members.make_member(member), new_id(), Change.CLEAR) == (Reaction(), False)
