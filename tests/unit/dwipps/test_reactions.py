"""The table of reactions: a row per member and Dwipp, and a count that equals the rows whatever happens."""

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
from app.dwipps.reactions import Change, Reaction, ReactionRepository
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError, UnavailableError
from app.settings import Settings
from devstack import stack
from devstack.process import Service
from testkit import members
from testkit.lost_responses import lose_first_response


@dataclass(frozen=True, slots=True)
class Tables:
    """Both tables in the embedded AWS."""

    client: Any
    settings: Settings
    dwipps: DwippRepository
    reactions: ReactionRepository

    @property
    def name(self) -> str:
        return self.settings.reactions_table

    def rows(self, member: str) -> list[dict[str, Any]]:
        answer = self.client.query(
            TableName=self.name,
            KeyConditionExpression="member_id = :member",
            ExpressionAttributeValues=serialize({":member": member}),
            ConsistentRead=True,
        )
        rows: list[dict[str, Any]] = answer["Items"]
        return rows

    def favorite_many(self, member: str, dwipp_ids: list[str]) -> None:
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


def _rows(client: Any, shared: Settings, member: str) -> list[dict[str, Any]]:
    answer = client.query(
        TableName=shared.reactions_table,
        KeyConditionExpression="member_id = :member",
        ExpressionAttributeValues=serialize({":member": member}),
        ConsistentRead=True,
    )
    rows: list[dict[str, Any]] = answer["Items"]
    return rows


class TestWishes:
    @pytest.mark.parametrize(
        ("wish", "there", "wished"),
        [
            (Change.TOGGLE, True, False),
            (Change.TOGGLE, False, True),
            (Change.SET, True, True),
            (Change.SET, False, True),
            (Change.CLEAR, True, False),
            (Change.CLEAR, False, False),
        ],
    )
    def test_a_wish_says_what_should_be(self, wish: Change, there: bool, wished: bool) -> None:
        assert wish.apply(present=there) is wished


class TestRows:
    def test_an_upvote_is_a_row_and_a_count(self, member: str, dwipp_id: str, tables: Tables) -> None:
        for wish, count in (
            (Change.SET, 1),
            (Change.SET, 1),
            (Change.TOGGLE, 0),
            (Change.CLEAR, 0),
            (Change.TOGGLE, 1),
            (Change.CLEAR, 0),
        ):
            reaction = tables.reactions.upvote(members.make_member(member), dwipp_id, wish)
            assert (reaction.upvoted_at is not None) is (count == 1)
            assert tables.reactions.get(member, dwipp_id) == reaction
            assert tables.dwipps.get(dwipp_id).upvotes == count

    def test_a_favorite_keeps_its_place(self, member: str, dwipp_id: str, tables: Tables) -> None:
        first = tables.reactions.favorite(members.make_member(member), dwipp_id, Change.SET)
        assert tables.reactions.favorite(members.make_member(member), dwipp_id, Change.SET) == first
        assert (
            tables.reactions.upvote(members.make_member(member), dwipp_id, Change.SET).favorited_at
            == first.favorited_at
        )

    @pytest.mark.parametrize("last", ["upvote", "favorite"])
    def test_a_row_of_neither_is_removed(self, last: str, member: str, dwipp_id: str, tables: Tables) -> None:
        tables.reactions.upvote(members.make_member(member), dwipp_id, Change.SET)
        tables.reactions.favorite(members.make_member(member), dwipp_id, Change.SET)
        first, second = tables.reactions.upvote, tables.reactions.favorite
        if last == "upvote":
            first, second = second, first
        first(members.make_member(member), dwipp_id, Change.CLEAR)
        (row,) = tables.rows(member)
        assert ("upvoted_at" in row) is (last == "upvote")
        second(members.make_member(member), dwipp_id, Change.CLEAR)
        assert tables.rows(member) == []

    def test_a_dwipp_that_is_gone_gets_neither_row_nor_item(self, member: str, dwipp_id: str, tables: Tables) -> None:
        tables.dwipps.delete(members.make_author("kay"), dwipp_id)
        with pytest.raises(DwippNotFoundError):
            tables.reactions.upvote(members.make_member(member), dwipp_id, Change.SET)
        assert tables.rows(member) == []
        with pytest.raises(DwippNotFoundError):
            tables.dwipps.get(dwipp_id)

    def test_nobody_elses_row_is_touched(self, member: str, dwipp_id: str, tables: Tables) -> None:
        another = str(uuid.uuid4())
        tables.reactions.upvote(members.make_member(another), dwipp_id, Change.SET)
        tables.reactions.upvote(members.make_member(member), dwipp_id, Change.SET)
        tables.reactions.upvote(members.make_member(member), dwipp_id, Change.CLEAR)
        assert tables.reactions.get(another, dwipp_id).upvoted_at is not None
        assert tables.dwipps.get(dwipp_id).upvotes == 1


class TestOwnEffect:
    """Of a call that took effect, and that the SDK made again since nobody heard the answer."""

    @pytest.mark.parametrize("also_favorite", [False, True], ids=["alone", "a favorite too"])
    def test_an_upvote_is_counted_once_and_taken_back_once(
        self, also_favorite: bool, member: str, dwipp_id: str, tables: Tables
    ) -> None:
        if also_favorite:
            tables.reactions.favorite(members.make_member(member), dwipp_id, Change.SET)
        for count in (1, 0, 1):
            with lose_first_response(tables.client, "TransactWriteItems") as sent:
                reaction = tables.reactions.upvote(members.make_member(member), dwipp_id, Change.TOGGLE)
            assert len(sent) == 2
            assert (reaction.upvoted_at is not None) is (count == 1)
            assert tables.dwipps.get(dwipp_id).upvotes == count
            assert tables.reactions.get(member, dwipp_id) == reaction

    @pytest.mark.parametrize("also_upvoted", [False, True], ids=["alone", "upvoted too"])
    def test_a_favorite_is_toggled_once(self, also_upvoted: bool, member: str, dwipp_id: str, tables: Tables) -> None:
        if also_upvoted:
            tables.reactions.upvote(members.make_member(member), dwipp_id, Change.SET)
        for there in (True, False, True):
            operation = "UpdateItem" if there or also_upvoted else "DeleteItem"
            with lose_first_response(tables.client, operation) as sent:
                reaction = tables.reactions.favorite(members.make_member(member), dwipp_id, Change.TOGGLE)
            assert len(sent) == 2
            assert (reaction.favorited_at is not None) is there
            assert tables.reactions.get(member, dwipp_id) == reaction

    def test_a_favorite_that_is_cleared_meanwhile_by_its_member_stays_a_wish(
        self, member: str, dwipp_id: str, tables: Tables
    ) -> None:
        def clear_elsewhere() -> None:
            tables.client.delete_item(TableName=tables.name, Key=serialize({"member_id": member, "dwipp_id": dwipp_id}))

        with lose_first_response(tables.client, "UpdateItem", clear_elsewhere):
            reaction = tables.reactions.favorite(members.make_member(member), dwipp_id, Change.SET)
        assert tables.reactions.get(member, dwipp_id) == reaction


class Asked:
    """What a client was asked for, by operation."""

    def __init__(self, client: Any) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        client.meta.events.register("provide-client-params.dynamodb.*", self._note)
        self._client = client

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls.append((model.name, params))

    def close(self) -> None:
        self._client.meta.events.unregister("provide-client-params.dynamodb.*", self._note)


@pytest.fixture
def asked(tables: Tables) -> Iterator[Asked]:
    asked = Asked(tables.client)
    yield asked
    asked.close()


class TestPages:
    """The caller's reactions to the Dwipps of a page."""

    def test_no_dwipps_cost_no_call(self, member: str, asked: Asked, tables: Tables) -> None:
        assert tables.reactions.get_many(member, []) == {}
        assert asked.calls == []

    def test_a_page_is_one_query(self, member: str, asked: Asked, tables: Tables) -> None:
        ids = sorted(new_id() for _ in range(20))
        tables.favorite_many(member, ids[::2])
        asked.calls.clear()
        found = tables.reactions.get_many(member, ids[::-1])
        assert sorted(found) == ids[::2]
        assert [name for name, _ in asked.calls] == ["Query"]

    @pytest.mark.parametrize("others", [15, 60, 150])
    def test_where_it_is_sparse_the_query_is_limited_and_the_rest_is_looked_up(
        self, others: int, member: str, asked: Asked, tables: Tables
    ) -> None:
        ids = sorted(new_id() for _ in range(others))
        page = [ids[0], ids[others // 2], ids[-1], new_id()]
        tables.favorite_many(member, ids)
        asked.calls.clear()
        found = tables.reactions.get_many(member, page)
        assert set(page).intersection(found) == set(page[:3])
        query, *lookups = asked.calls
        assert query[1]["Limit"] < 60
        assert [name for name, _ in lookups] == (["BatchGetItem"] if others > query[1]["Limit"] else [])
        for _, params in lookups:
            assert len(params["RequestItems"][tables.name]["Keys"]) < len(page)

    def test_nobody_elses_rows_are_seen(self, member: str, dwipp_id: str, tables: Tables) -> None:
        tables.reactions.upvote(members.make_author(), dwipp_id, Change.SET)
        assert tables.reactions.get_many(member, [dwipp_id]) == {}

    def test_favorites_come_latest_first_a_page_at_a_time(self, member: str, tables: Tables) -> None:
        ids = [new_id() for _ in range(7)]
        tables.favorite_many(member, ids)
        seen: list[str] = []
        after = None
        while page := tables.reactions.list_favorites(member, 3, after):
            seen += [row.dwipp_id for row in page]
            after = (page[-1].favorited_at, page[-1].dwipp_id)
        assert seen == ids[::-1]


Stubbed = tuple[ReactionRepository, Stubber]


class TestContention:
    """What DynamoDB says while others write, by its own words."""

    @pytest.fixture
    def stubbed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubbed]:
        monkeypatch.setattr("app.aws.retries._FIRST_PAUSE_SECONDS", 0)
        client = dynamodb_client("us-east-1")
        with Stubber(client) as stubber:
            yield ReactionRepository(client, "reactions", "dwipps"), stubber
            stubber.assert_no_pending_responses()

    def _cancel(self, stubber: Stubber, row: str, dwipp: str, **metadata: int) -> None:
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
    def test_who_is_in_the_way_is_waited_for(self, row: str, dwipp: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        for _ in range(3):
            stubber.add_response("get_item", {})
            self._cancel(stubber, row, dwipp)
        stubber.add_response("get_item", {})
        stubber.add_response("transact_write_items", {})
        assert reactions.upvote(members.make_member(member), new_id(), Change.SET).upvoted_at is not None

    def test_every_try_looks_again_at_what_is_there(self, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        upvoted_at = now()
        dwipp_id = new_id()
        row = {"member_id": member, "dwipp_id": dwipp_id, "upvoted_at": to_text(upvoted_at)}
        stubber.add_response("get_item", {})
        self._cancel(stubber, "ConditionalCheckFailed", "None")
        stubber.add_response("get_item", {"Item": serialize(row)})
        assert reactions.upvote(members.make_member(member), dwipp_id, Change.SET) == Reaction(upvoted_at)

    @pytest.mark.parametrize("row", ["None", "ConditionalCheckFailed", "TransactionConflict"])
    def test_a_dwipp_that_is_gone_is_not_found(self, row: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        stubber.add_response("get_item", {})
        self._cancel(stubber, row, "ConditionalCheckFailed")
        with pytest.raises(DwippNotFoundError):
            reactions.upvote(members.make_member(member), new_id(), Change.SET)

    @pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_a_throttle_is_waited_for(self, reason: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        stubber.add_response("get_item", {})
        self._cancel(stubber, "None", reason)
        stubber.add_response("get_item", {})
        stubber.add_response("transact_write_items", {})
        assert reactions.upvote(members.make_member(member), new_id(), Change.SET).upvoted_at is not None

    @pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
    def test_a_mistake_of_ours_is_not(self, reason: str, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        stubber.add_response("get_item", {})
        self._cancel(stubber, "None", reason)
        with pytest.raises(ClientError):
            reactions.upvote(members.make_member(member), new_id(), Change.SET)

    def test_any_other_error_is_left_to_who_knows_it(self, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        for operation, react in (("transact_write_items", reactions.upvote), ("update_item", reactions.favorite)):
            stubber.add_response("get_item", {})
            stubber.add_client_error(operation, "ThrottlingException")
            with pytest.raises(ClientError):
                react(members.make_member(member), new_id(), Change.SET)

    @pytest.mark.parametrize("retries", [0, 1])
    @pytest.mark.parametrize(
        ("row", "wish", "operation"),
        [
            pytest.param({}, Change.SET, "update_item", id="set"),
            pytest.param({"favorited_at": 1}, Change.CLEAR, "delete_item", id="clear"),
            pytest.param({"favorited_at": 1, "upvoted_at": 1}, Change.CLEAR, "update_item", id="clear an upvoted one"),
        ],
    )
    def test_a_conflict_over_a_favorite_is_no_effect_of_ones_own(
        self, row: dict[str, int], wish: Change, operation: str, retries: int, stubbed: Stubbed
    ) -> None:
        reactions, stubber = stubbed
        item = {"Item": serialize({name: to_text(now()) for name in row})} if row else {}
        stubber.add_response("get_item", item)
        stubber.add_client_error(operation, "TransactionConflictException", response_meta={"RetryAttempts": retries})
        stubber.add_response("get_item", item)
        stubber.add_response(operation, {})
        reactions.favorite(members.make_author(), new_id(), wish)

    @pytest.mark.parametrize("there", [True, False])
    def test_a_toggle_that_may_be_done_already_is_not_taken_back(self, there: bool, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        row = {"Item": serialize({"favorited_at": to_text(now()), "upvoted_at": to_text(now())})} if there else {}
        stubber.add_response("get_item", row)
        self._cancel(stubber, "None", "TransactionConflict", RetryAttempts=1)
        with pytest.raises(UnavailableError):
            reactions.upvote(members.make_author(), new_id(), Change.TOGGLE)
        stubber.add_response("get_item", row)
        stubber.add_client_error("update_item", "TransactionConflictException", response_meta={"RetryAttempts": 1})
        with pytest.raises(UnavailableError):
            reactions.favorite(members.make_author(), new_id(), Change.TOGGLE)

    def test_a_condition_that_fails_at_the_first_try_was_failed_by_another(self, member: str, stubbed: Stubbed) -> None:
        reactions, stubber = stubbed
        there = {"Item": serialize({"favorited_at": to_text(now())})}
        stubber.add_response("get_item", there)
        stubber.add_client_error("delete_item", "ConditionalCheckFailedException", response_meta={"RetryAttempts": 0})
        stubber.add_response("get_item", {})
        assert reactions.favorite(members.make_member(member), new_id(), Change.CLEAR) == Reaction()
