"""A suspension is stored in the member's row, and under a hash of the email. It ends at its time in both."""

import hashlib
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from app.aws.items import deserialize, serialize
from app.aws.timestamps import to_text
from app.errors import InvalidCursorError
from app.members import suspensions
from app.members.models import Suspension
from app.members.suspension_data import SuspensionData
from app.members.suspensions import LAST_PERIOD, SuspensionRepository, hash_email
from app.settings import Settings
from testkit.lost_responses import lose_first_response
from testkit.members import load_suspended_member, make_author

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
UNTIL = datetime(2026, 12, 3, 12, 0, 0, 250000, tzinfo=UTC)
YEAR_LATER = NOW + LAST_PERIOD


def _make_suspension(until: datetime | None = None) -> Suspension:
    return Suspension(str(uuid.uuid4()), NOW, until, "spam")


class Table:
    """The members table in the embedded AWS, and the clock of suspensions.

    Attributes:
        now: the current time. A test can change it.
    """

    def __init__(self, client: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.repository = SuspensionRepository(client, name)
        self._client = client
        self._name = name
        monkeypatch.setattr(suspensions, "now", lambda: self.now)

    @property
    def client(self) -> Any:
        return self._client

    def put(self, pk: str, **attributes: Any) -> None:
        self._client.put_item(TableName=self._name, Item=serialize({"pk": pk, **attributes}))

    def get(self, pk: str) -> dict[str, Any]:
        response = self._client.get_item(TableName=self._name, Key=serialize({"pk": pk}), ConsistentRead=True)
        return deserialize(response.get("Item", {}))

    def create_member(self) -> tuple[str, str]:
        """Return the id and the email of a new member."""
        member_id = str(uuid.uuid4())
        self.put(f"member#{member_id}", handle="kay", joined_at=to_text(NOW))
        return member_id, f"{member_id}@example.org"

    def suspend(self, member_id: str, email: str, suspension: Suspension) -> None:
        member = load_suspended_member(self._client, self._name, member_id)
        self._client.transact_write_items(TransactItems=self.repository.suspend_requests(member, email, suspension))

    def lift(self, member_id: str, suspension: Suspension | None = None) -> Suspension:
        """Lift a suspension, the current one by default. Return it."""
        suspension = suspension or load_suspended_member(self._client, self._name, member_id).suspension
        assert suspension
        self._client.transact_write_items(TransactItems=self.repository.lift_requests(member_id, suspension))
        return suspension

    def get_member_suspension(self, member_id: str) -> Suspension | None:
        return suspensions.from_map(self.get(f"member#{member_id}").get("suspension"))

    def end_account(self, member_id: str) -> None:
        """Do what the deletion of an account does with the suspension."""
        suspension = self.get_member_suspension(member_id)
        assert suspension is not None
        self.repository.end_with_account(suspension)


@pytest.fixture
def table(client: Any, shared_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Table:
    return Table(client, shared_settings.members_table, monkeypatch)


def test_email_is_hashed_with_a_prefix_and_without_case() -> None:
    email = "Kay@Example.org"
    assert hash_email(email) == hash_email("kay@example.org")
    assert hash_email(email) != hash_email("kay@example.com")
    # Otherwise the row could be compared with those of other hashes of the email.
    assert hash_email(email) != hashlib.sha256(email.lower().encode()).hexdigest()


class TestStorage:
    @pytest.mark.parametrize("until", [UNTIL, None], ids=["with an end", "without an end"])
    def test_suspension_is_in_both_rows(self, until: datetime | None, table: Table) -> None:
        member_id, email = table.create_member()
        suspension = _make_suspension(until)
        table.suspend(member_id, email, suspension)
        assert table.get_member_suspension(member_id) == suspension
        assert table.repository.get_for_email(email.upper()) == suspension
        assert table.get(f"member#{member_id}")["handle"] == "kay"

    def test_rows_hold_no_email_and_the_email_row_no_id_of_the_member(self, table: Table) -> None:
        member_id, email = table.create_member()
        table.suspend(member_id, email, _make_suspension(UNTIL))
        row = table.get(f"suspension#{hash_email(email)}")
        assert sorted(row) == ["at", "expires_at", "id", "pk", "reason", "until"]
        assert member_id not in json.dumps(row, default=str)
        assert "@" not in json.dumps([row, table.get(f"member#{member_id}")], default=str)

    def test_email_row_expires_at_the_end_or_never(self, table: Table) -> None:
        member_id, email = table.create_member()
        pk = f"suspension#{hash_email(email)}"
        table.suspend(member_id, email, _make_suspension(UNTIL))
        assert table.get(pk)["expires_at"] == int(UNTIL.timestamp()) + 1
        table.suspend(member_id, email, _make_suspension())
        assert not table.get(pk).keys() & {"expires_at", "until"}
        assert "expires_at" not in table.get(f"member#{member_id}")

    @pytest.mark.parametrize("attributes", [None, {"deleting_since": to_text(NOW)}], ids=["unknown", "being deleted"])
    def test_other_accounts_cannot_be_suspended(self, attributes: dict[str, str] | None, table: Table) -> None:
        member_id, email = str(uuid.uuid4()), f"{uuid.uuid4()}@example.org"
        if attributes:
            table.put(f"member#{member_id}", **attributes)
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            table.suspend(member_id, email, _make_suspension())
        assert table.get_member_suspension(member_id) is None
        assert table.repository.get_for_email(email) is None

    def test_suspension_ends_at_its_time(self, table: Table) -> None:
        member_id, email = table.create_member()
        table.suspend(member_id, email, _make_suspension(UNTIL))
        table.now = UNTIL - timedelta(microseconds=1)
        assert table.get_member_suspension(member_id)
        assert table.repository.get_for_email(email)
        table.now = UNTIL
        assert table.get_member_suspension(member_id) is None
        assert table.repository.get_for_email(email) is None

    def test_lifted_suspension_leaves_no_row(self, table: Table) -> None:
        member_id, email = table.create_member()
        table.suspend(member_id, email, _make_suspension())
        former = table.lift(member_id)
        assert table.get(f"suspension#{hash_email(email)}") == {}
        assert sorted(table.get(f"member#{member_id}")) == ["handle", "joined_at", "pk"]
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            table.lift(member_id, former)

    def test_lift_creates_no_member(self, table: Table) -> None:
        member_id = str(uuid.uuid4())
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            table.lift(member_id, replace(_make_suspension(), email_hash=hash_email("nobody@example.org")))
        assert table.get(f"member#{member_id}") == {}


class TestEndOfAnAccount:
    def test_suspension_without_an_end_ends_a_year_later(self, table: Table) -> None:
        member_id, email = table.create_member()
        suspension = _make_suspension()
        table.suspend(member_id, email, suspension)
        table.end_account(member_id)
        row = table.get(f"suspension#{hash_email(email)}")
        assert (row["until"], row["expires_at"]) == (to_text(YEAR_LATER), int(YEAR_LATER.timestamp()))
        left = table.repository.get_for_email(email)
        assert left == Suspension(suspension.id, NOW, YEAR_LATER, "spam")
        table.now = YEAR_LATER
        assert table.repository.get_for_email(email) is None

    def test_year_counts_from_the_last_attempt(self, table: Table) -> None:
        """The worker repeats this step until the account is gone."""
        member_id, email = table.create_member()
        table.suspend(member_id, email, _make_suspension())
        table.end_account(member_id)
        table.now += timedelta(hours=1)
        table.end_account(member_id)
        left = table.repository.get_for_email(email)
        assert left is not None
        assert left.until == YEAR_LATER + timedelta(hours=1)

    def test_sdk_retry_changes_nothing(self, table: Table) -> None:
        member_id, email = table.create_member()
        table.suspend(member_id, email, _make_suspension())
        with lose_first_response(table.client, "UpdateItem") as sent:
            table.end_account(member_id)
        assert len(sent) == 2
        left = table.repository.get_for_email(email)
        assert left is not None
        assert left.until == YEAR_LATER

    def test_suspension_with_an_end_keeps_it(self, table: Table) -> None:
        member_id, email = table.create_member()
        suspension = _make_suspension(UNTIL)
        table.suspend(member_id, email, suspension)
        table.end_account(member_id)
        assert table.repository.get_for_email(email) == suspension

    def test_lifted_or_replaced_suspension_is_left_alone(self, table: Table) -> None:
        member_id, email = table.create_member()
        table.suspend(member_id, email, _make_suspension())
        former = table.get_member_suspension(member_id)
        assert former is not None
        replacement = _make_suspension()
        table.suspend(member_id, email, replacement)
        table.repository.end_with_account(former)
        assert table.repository.get_for_email(email) == replacement
        table.lift(member_id)
        table.repository.end_with_account(former)
        assert table.get(f"suspension#{hash_email(email)}") == {}


def test_position_of_another_store_is_invalid() -> None:
    with pytest.raises(InvalidCursorError):
        SuspensionData().export(make_author(), 1, "x")
