"""Each member has one handle and each handle has one member, even with concurrent first requests."""

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
from app.cognito.models import User
from app.cognito.user_pool import UserPool
from app.errors import MemberNotFoundError, UnauthenticatedError, UnavailableError
from app.members.directory import Directory, Profile
from app.members.handles import is_handle, is_reserved
from app.members.models import Member, Suspension
from app.members.suspensions import SuspensionRepository
from devstack import stack
from devstack.process import Service
from testkit.lost_responses import lose_first_response

JOINED_AT = datetime(2026, 7, 1, 12, 30, 15, 250000, tzinfo=UTC)


def _make_user(requested_handle: str | None = None) -> User:
    return User(str(uuid.uuid4()), "kay@example.org", requested_handle, JOINED_AT, is_confirmed=True)


def _make_handle() -> str:
    return f"kay_{uuid.uuid4().hex[:12]}"


def _make_pool(*users: User) -> Any:
    """Return a mock of a user pool with only these users."""
    users_by_id = {user.id: user for user in users}
    pool = Mock(spec=UserPool)
    pool.get_user.side_effect = users_by_id.get
    return pool


def _make_directory(client: Any, *users: User) -> Directory:
    return Directory(client, "members", _make_pool(*users), SuspensionRepository(client, "members"))


@dataclass(frozen=True, slots=True)
class Table:
    """The members table in the embedded AWS."""

    client: Any
    name: str

    def make_directory(self, *users: User) -> Directory:
        return Directory(self.client, self.name, _make_pool(*users), SuspensionRepository(self.client, self.name))

    def get_row(self, pk: str) -> dict[str, Any]:
        response = self.client.get_item(TableName=self.name, Key=serialize({"pk": pk}), ConsistentRead=True)
        return deserialize(response.get("Item", {}))


@pytest.fixture(scope="module")
def table(embedded: Service) -> Table:
    settings = stack.deploy(embedded.endpoint, "us-east-1", name=f"test-{uuid.uuid4().hex}")
    return Table(dynamodb_client(settings.region), settings.members_table)


class TestCreation:
    def test_first_request_creates_member_and_handle(self, table: Table) -> None:
        user = _make_user(_make_handle())
        directory = table.make_directory(user)
        member = directory.get_or_create(user.id)
        assert member == Member(user.id, str(user.requested_handle), JOINED_AT, 0.0)
        assert directory.get_profile(member.handle) == Profile(member.handle, JOINED_AT)
        assert directory.is_taken(member.handle)
        assert table.get_row(f"handle#{member.handle}")["member_id"] == user.id

    def test_later_requests_do_not_call_cognito(self, table: Table) -> None:
        user = _make_user(_make_handle())
        first = table.make_directory(user).get_or_create(user.id)
        assert table.make_directory().get_or_create(user.id) == first

    def test_unknown_user_is_unauthenticated(self, table: Table) -> None:
        member_id = str(uuid.uuid4())
        with pytest.raises(UnauthenticatedError):
            table.make_directory().get_or_create(member_id)
        assert table.get_row(f"member#{member_id}") == {}

    def test_unconfirmed_user_is_unauthenticated(self, table: Table) -> None:
        user = _make_user(_make_handle())._replace(is_confirmed=False)
        with pytest.raises(UnauthenticatedError):
            table.make_directory(user).get_or_create(user.id)
        assert table.get_row(f"member#{user.id}") == {}

    def test_taken_requested_handle_becomes_a_generated_one(self, table: Table) -> None:
        first, second = _make_user(_make_handle()), _make_user()
        second = User(second.id, second.email, first.requested_handle, JOINED_AT, is_confirmed=True)
        directory = table.make_directory(first, second)
        taken_handle = directory.get_or_create(first.id).handle
        generated = directory.get_or_create(second.id).handle
        assert generated != taken_handle
        assert is_handle(generated)
        assert table.get_row(f"handle#{taken_handle}")["member_id"] == first.id

    @pytest.mark.parametrize(
        "requested_handle",
        [
            None,
            "",
            "admin",
            "a_d_m_i_n",
            "dwipper_team",
            "dwipp_support",
            "admin_team",
            "kay_adm1n",
            "___",
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
    def test_unusable_requested_handle_becomes_a_generated_one(
        self, requested_handle: str | None, table: Table
    ) -> None:
        user = _make_user(requested_handle)
        handle = table.make_directory(user).get_or_create(user.id).handle
        assert handle != requested_handle
        assert is_handle(handle)
        assert not is_reserved(handle)

    def test_rows_contain_no_email(self, table: Table) -> None:
        user = _make_user(_make_handle())
        table.make_directory(user).get_or_create(user.id)
        rows = [table.get_row(f"member#{user.id}"), table.get_row(f"handle#{user.requested_handle}")]
        assert [sorted(row) for row in rows] == [["handle", "joined_at", "pk"], ["joined_at", "member_id", "pk"]]
        assert "@" not in str(rows)

    def test_sdk_retry_creates_the_same_member(self, table: Table) -> None:
        user = _make_user(_make_handle())
        with lose_first_response(table.client, "TransactWriteItems") as sent:
            member = table.make_directory(user).get_or_create(user.id)
        assert len(sent) == 2
        assert member.handle == user.requested_handle
        assert table.make_directory().get_or_create(user.id) == member


class TestSuspensions:
    """The first request reads the suspension of the email. Later ones find it in the member's row."""

    SUSPENSION = Suspension("id", JOINED_AT, datetime(2099, 1, 1, tzinfo=UTC), "spam", "hash")

    def _make_directory(self, table: Table, user: User, suspension: Suspension | None) -> tuple[Directory, Mock]:
        suspensions = Mock(spec=SuspensionRepository, **{"get_for_email.return_value": suspension})
        return Directory(table.client, table.name, _make_pool(user), suspensions), suspensions

    def test_first_request_copies_the_suspension(self, table: Table) -> None:
        user = _make_user(_make_handle())
        directory, suspensions = self._make_directory(table, user, self.SUSPENSION)
        members = [directory.get_or_create(user.id) for _ in range(2)]
        assert [member.suspension for member in members] == [self.SUSPENSION] * 2
        suspensions.get_for_email.assert_called_once_with(user.email)
        stored = members[1].suspension
        assert stored is not None
        assert stored.email_hash == "hash"

    def test_row_of_another_member_has_no_suspension(self, table: Table) -> None:
        user = _make_user(_make_handle())
        directory, _ = self._make_directory(table, user, None)
        assert directory.get_or_create(user.id).suspension is None
        assert "suspension" not in table.get_row(f"member#{user.id}")


class TestHandle:
    def test_handle_is_that_of_the_row(self, table: Table) -> None:
        user = _make_user(_make_handle())
        directory = table.make_directory(user)
        assert directory.get_handle(user.id) is None  # Before the first request, there is no row.
        directory.get_or_create(user.id)
        assert directory.get_handle(user.id) == user.requested_handle

    def test_row_of_a_deleted_account_has_no_handle(self, table: Table) -> None:
        member_id = str(uuid.uuid4())
        table.client.put_item(TableName=table.name, Item=serialize({"pk": f"member#{member_id}", "is_over": True}))
        assert table.make_directory().get_handle(member_id) is None


class TestLeaving:
    def test_member_without_a_mark_stays(self, table: Table) -> None:
        user = _make_user(_make_handle())
        directory = table.make_directory(user)
        assert not directory.is_leaving(user.id)  # Before the first request, there is no row.
        directory.get_or_create(user.id)
        assert not directory.is_leaving(user.id)

    def test_marked_account_leaves_with_or_without_a_handle(self, table: Table) -> None:
        user = _make_user(_make_handle())
        directory = table.make_directory(user)
        directory.get_or_create(user.id)
        for member_id in (user.id, str(uuid.uuid4())):
            table.client.update_item(
                TableName=table.name,
                Key=serialize({"pk": f"member#{member_id}"}),
                UpdateExpression="SET deleting_since = :since",
                ExpressionAttributeValues=serialize({":since": "2026-07-01T12:30:15.250000Z"}),
            )
            assert directory.is_leaving(member_id)


class TestConcurrentCreation:
    def test_concurrent_first_requests_create_one_handle(self, table: Table) -> None:
        for requested_handle in (_make_handle(), None):
            user = _make_user(requested_handle)
            barrier = threading.Barrier(8)
            directory = table.make_directory(user)

            def call(
                user: User = user, barrier: threading.Barrier = barrier, directory: Directory = directory
            ) -> Member:
                barrier.wait(5)
                return directory.get_or_create(user.id)

            with ThreadPoolExecutor(8) as threads:
                members = {future.result() for future in [threads.submit(call) for _ in range(8)]}
            (member,) = members
            assert table.get_row(f"member#{user.id}")["handle"] == member.handle
            assert table.get_row(f"handle#{member.handle}")["member_id"] == user.id

    def test_concurrent_wishes_give_the_handle_to_one_member(self, table: Table) -> None:
        requested_handle = _make_handle()
        users = [_make_user(requested_handle) for _ in range(8)]
        barrier = threading.Barrier(8)
        directory = table.make_directory(*users)

        def call(user: User) -> Member:
            barrier.wait(5)
            return directory.get_or_create(user.id)

        with ThreadPoolExecutor(8) as threads:
            members = list(threads.map(call, users))
        assert [member.id for member in members] == [user.id for user in users]
        assert len({member.handle for member in members}) == 8
        assert sum(member.handle == requested_handle for member in members) == 1


class TestProfiles:
    @pytest.mark.parametrize(
        "handle",
        ["", "ka", "Kay", "a" * 5000, "member#x", "\ud800", "unknown_handle"],
        ids=lambda text: ascii(text)[:12],
    )
    def test_unknown_handle_is_not_found(self, handle: str, table: Table) -> None:
        with pytest.raises(MemberNotFoundError):
            table.make_directory().get_profile(handle)

    def test_user_without_a_request_has_no_profile(self, table: Table) -> None:
        user = _make_user(_make_handle())
        with pytest.raises(MemberNotFoundError):
            table.make_directory(user).get_profile(str(user.requested_handle))
        assert not table.make_directory(user).is_taken(str(user.requested_handle))

    @pytest.mark.parametrize("handle", ["admin", "dwipper_team", "l_o_g_i_n", "dwipp_support", "admin_team", "dw1pp"])
    def test_reserved_handle_is_taken(self, handle: str, table: Table) -> None:
        assert table.make_directory().is_taken(handle)


class TestConflicts:
    """DynamoDB refuses the transaction."""

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.aws.retries._FIRST_PAUSE_SECONDS", 0)

    def _begin(self, stubber: Stubber) -> None:
        """Stub the reads of a first request: neither a row nor a suspension of the email."""
        stubber.add_response("get_item", {})
        stubber.add_response("get_item", {})

    def _cancel(self, stubber: Stubber, member: str, handle: str) -> None:
        """Stub a cancelled transaction, with the reasons for the member's row and for the handle's row."""
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
    def test_conflict_or_throttle_keeps_the_requested_handle(self, member: str, handle: str) -> None:
        client = dynamodb_client("us-east-1")
        user = _make_user("kay_the_first")
        with Stubber(client) as stubber:
            self._begin(stubber)
            self._cancel(stubber, member, handle)
            stubber.add_response("transact_write_items", {})
            assert _make_directory(client, user).get_or_create(user.id).handle == "kay_the_first"
            stubber.assert_no_pending_responses()

    def test_concurrently_created_member_is_returned(self) -> None:
        client = dynamodb_client("us-east-1")
        user = _make_user("kay_the_first")
        row = {"pk": f"member#{user.id}", "handle": "kay_before", "joined_at": "2026-07-01T12:30:15.250000Z"}
        with Stubber(client) as stubber:
            self._begin(stubber)
            self._cancel(stubber, "ConditionalCheckFailed", "None")
            stubber.add_response("get_item", {"Item": serialize(row)})
            assert _make_directory(client, user).get_or_create(user.id) == Member(user.id, "kay_before", JOINED_AT, 0.0)

    def test_eight_taken_generated_handles_raise_unavailable(self) -> None:
        client = dynamodb_client("us-east-1")
        user = _make_user("kay_the_first")
        with Stubber(client) as stubber:
            self._begin(stubber)
            for _ in range(9):
                self._cancel(stubber, "None", "ConditionalCheckFailed")
                stubber.add_response("get_item", {})
            with pytest.raises(UnavailableError):
                _make_directory(client, user).get_or_create(user.id)

    def test_other_errors_are_raised(self) -> None:
        client = dynamodb_client("us-east-1")
        user = _make_user()
        with Stubber(client) as stubber:
            self._begin(stubber)
            stubber.add_client_error("transact_write_items", "ThrottlingException")
            with pytest.raises(ClientError):
                _make_directory(client, user).get_or_create(user.id)
