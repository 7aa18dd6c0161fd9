"""A member has one handle and a handle one member, whoever comes first and however many come at once."""

import dataclasses
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from app.aws.clients import dynamodb_client
from app.aws.items import deserialize, serialize
from app.cognito.user_pool import User, UserPool
from app.errors import MemberNotFoundError, UnauthenticatedError, UnavailableError
from app.members.directory import Directory, Profile
from app.members.handles import is_handle, is_reserved
from app.members.models import Member
from devstack import stack
from devstack.process import Service
from testkit.lost_responses import lose_first_response

JOINED = datetime(2026, 7, 1, 12, 30, 15, 250000, tzinfo=UTC)


def _user(wish: str | None = None) -> User:
    return User(str(uuid.uuid4()), "kay@example.org", wish, JOINED, confirmed=True)


def _wish() -> str:
    return f"kay_{uuid.uuid4().hex[:12]}"


def _pool(*users: User) -> Any:
    """A user pool that knows these alone."""
    known = {user.id: user for user in users}
    pool = Mock(spec=UserPool)
    pool.get_user.side_effect = known.get
    return pool


@dataclass(frozen=True, slots=True)
class Table:
    """The table of members in the embedded AWS."""

    client: Any
    name: str

    def directory(self, *users: User) -> Directory:
        return Directory(self.client, self.name, _pool(*users))

    def row(self, pk: str) -> dict[str, Any]:
        answer = self.client.get_item(TableName=self.name, Key=serialize({"pk": pk}), ConsistentRead=True)
        return deserialize(answer.get("Item", {}))


@pytest.fixture(scope="module")
def table(embedded: Service) -> Table:
    settings = stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")
    return Table(dynamodb_client(settings.region), settings.members_table)


class TestJoining:
    def test_the_first_call_makes_the_member_and_its_handle(self, table: Table) -> None:
        user = _user(_wish())
        directory = table.directory(user)
        member = directory.get_or_create(user.id)
        assert member == Member(user.id, str(user.wished_handle), JOINED, 0.0)
        assert directory.get_profile(member.handle) == Profile(member.handle, JOINED)
        assert directory.is_taken(member.handle)
        assert table.row(f"handle#{member.handle}")["member_id"] == user.id

    def test_no_later_call_asks_cognito(self, table: Table) -> None:
        user = _user(_wish())
        first = table.directory(user).get_or_create(user.id)
        assert table.directory().get_or_create(user.id) == first

    def test_whom_cognito_does_not_know_is_nobody(self, table: Table) -> None:
        member_id = str(uuid.uuid4())
        with pytest.raises(UnauthenticatedError):
            table.directory().get_or_create(member_id)
        assert table.row(f"member#{member_id}") == {}

    def test_who_has_not_confirmed_is_nobody_either(self, table: Table) -> None:
        user = dataclasses.replace(_user(_wish()), confirmed=False)
        with pytest.raises(UnauthenticatedError):
            table.directory(user).get_or_create(user.id)
        assert table.row(f"member#{user.id}") == {}

    def test_a_wish_that_was_taken_meanwhile_becomes_a_made_up_one(self, table: Table) -> None:
        first, second = _user(_wish()), _user()
        second = User(second.id, second.email, first.wished_handle, JOINED, confirmed=True)
        directory = table.directory(first, second)
        taken = directory.get_or_create(first.id).handle
        made_up = directory.get_or_create(second.id).handle
        assert made_up != taken
        assert is_handle(made_up)
        assert table.row(f"handle#{taken}")["member_id"] == first.id

    @pytest.mark.parametrize(
        "wish",
        [
            None,
            "",
            "admin",
            "a_d_m_i_n",
            "dwipper_team",
            "Kay",
            "k y",
            "ka",
            "k" * 21,
            "kay\n",
            "member#x",
            "käy",
            "\x00\x00\x00",
        ],
        ids=ascii,
    )
    def test_a_wish_that_cognito_took_and_we_would_not_is_passed_over(self, wish: str | None, table: Table) -> None:
        user = _user(wish)
        handle = table.directory(user).get_or_create(user.id).handle
        assert handle != wish
        assert is_handle(handle)
        assert not is_reserved(handle)

    def test_no_email_is_in_the_table(self, table: Table) -> None:
        user = _user(_wish())
        table.directory(user).get_or_create(user.id)
        rows = [table.row(f"member#{user.id}"), table.row(f"handle#{user.wished_handle}")]
        assert [sorted(row) for row in rows] == [["handle", "joined_at", "pk"], ["joined_at", "member_id", "pk"]]
        assert "@" not in str(rows)

    def test_the_sdks_second_try_is_the_same_member(self, table: Table) -> None:
        user = _user(_wish())
        with lose_first_response(table.client, "TransactWriteItems") as sent:
            member = table.directory(user).get_or_create(user.id)
        assert len(sent) == 2
        assert member.handle == user.wished_handle
        assert table.directory().get_or_create(user.id) == member


class TestAtTheSameTime:
    def test_first_calls_of_one_member_make_one_handle(self, table: Table) -> None:
        for wish in (_wish(), None):
            user = _user(wish)
            start = threading.Barrier(8)
            directory = table.directory(user)

            def call(user: User = user, start: threading.Barrier = start, directory: Directory = directory) -> Member:
                start.wait(5)
                return directory.get_or_create(user.id)

            with ThreadPoolExecutor(8) as threads:
                members = {future.result() for future in [threads.submit(call) for _ in range(8)]}
            (member,) = members
            assert table.row(f"member#{user.id}")["handle"] == member.handle
            assert table.row(f"handle#{member.handle}")["member_id"] == user.id

    def test_first_calls_of_many_with_one_wish_give_it_to_one(self, table: Table) -> None:
        wish = _wish()
        users = [_user(wish) for _ in range(8)]
        start = threading.Barrier(8)
        directory = table.directory(*users)

        def call(user: User) -> Member:
            start.wait(5)
            return directory.get_or_create(user.id)

        with ThreadPoolExecutor(8) as threads:
            members = list(threads.map(call, users))
        assert [member.id for member in members] == [user.id for user in users]
        assert len({member.handle for member in members}) == 8
        assert sum(member.handle == wish for member in members) == 1


class TestProfiles:
    @pytest.mark.parametrize(
        "handle",
        ["", "ka", "Kay", "a" * 5000, "member#x", "\ud800", "nobody_has_this_one"],
        ids=lambda h: ascii(h)[:12],
    )
    def test_what_nobody_has_is_not_found(self, handle: str, table: Table) -> None:
        with pytest.raises(MemberNotFoundError):
            table.directory().get_profile(handle)

    def test_a_user_who_never_called_is_not_found(self, table: Table) -> None:
        user = _user(_wish())
        with pytest.raises(MemberNotFoundError):
            table.directory(user).get_profile(str(user.wished_handle))
        assert not table.directory(user).is_taken(str(user.wished_handle))

    @pytest.mark.parametrize("handle", ["admin", "dwipper_team", "l_o_g_i_n"])
    def test_a_reserved_handle_is_taken(self, handle: str, table: Table) -> None:
        assert table.directory().is_taken(handle)


class TestContention:
    """What DynamoDB says of a transaction that it cancels."""

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.aws.retries._FIRST_PAUSE_SECONDS", 0)

    def _cancel(self, stubber: Stubber, member: str, handle: str) -> None:
        stubber.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": [{"Code": member}, {"Code": handle}]},
        )

    @pytest.mark.parametrize(
        ("member", "handle"),
        [
            ("TransactionConflict", "None"),
            ("None", "TransactionConflict"),
            ("ThrottlingError", "None"),
            ("None", "ProvisionedThroughputExceeded"),
        ],
    )
    def test_a_wish_is_not_given_up_for_a_conflict_or_a_throttle(self, member: str, handle: str) -> None:
        client = dynamodb_client("us-east-1")
        user = _user("kay_the_first")
        with Stubber(client) as stubber:
            stubber.add_response("get_item", {})
            self._cancel(stubber, member, handle)
            stubber.add_response("transact_write_items", {})
            assert Directory(client, "members", _pool(user)).get_or_create(user.id).handle == "kay_the_first"
            stubber.assert_no_pending_responses()

    def test_a_member_who_was_made_meanwhile_stays(self) -> None:
        client = dynamodb_client("us-east-1")
        user = _user("kay_the_first")
        row = {"pk": f"member#{user.id}", "handle": "kay_before", "joined_at": "2026-07-01T12:30:15.250000Z"}
        with Stubber(client) as stubber:
            stubber.add_response("get_item", {})
            self._cancel(stubber, "ConditionalCheckFailed", "None")
            stubber.add_response("get_item", {"Item": serialize(row)})
            assert Directory(client, "members", _pool(user)).get_or_create(user.id) == Member(
                user.id, "kay_before", JOINED, 0.0
            )

    def test_handles_that_are_all_taken_are_an_outage(self) -> None:
        client = dynamodb_client("us-east-1")
        user = _user("kay_the_first")
        with Stubber(client) as stubber:
            stubber.add_response("get_item", {})
            for _ in range(9):
                self._cancel(stubber, "None", "ConditionalCheckFailed")
                stubber.add_response("get_item", {})
            with pytest.raises(UnavailableError):
                Directory(client, "members", _pool(user)).get_or_create(user.id)

    def test_any_other_error_is_left_to_who_knows_it(self) -> None:
        client = dynamodb_client("us-east-1")
        user = _user()
        with Stubber(client) as stubber:
            stubber.add_response("get_item", {})
            stubber.add_client_error("transact_write_items", "ThrottlingException")
            with pytest.raises(ClientError):
                Directory(client, "members", _pool(user)).get_or_create(user.id)
