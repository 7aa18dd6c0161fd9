"""The directory of members, by id and by handle.

Rows of the members table:

    pk = member#<id>      handle, joined_at; suspension if the member is suspended (app/members/suspensions.py)
    pk = handle#<handle>  member_id, joined_at

One transaction writes both rows, and only the deletion of the account (`app/me/deletions.py`) changes the handle. So
each handle has one member, and each member one handle. The rows hold no email, and a member's id is disclosed to that
member only.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from app.aws.items import deserialize, serialize
from app.aws.retries import condition_results, new_write_deadline, retry_on_conflict
from app.aws.timestamps import from_text, to_text
from app.cognito.models import User
from app.cognito.user_pool import UserPool
from app.errors import MemberNotFoundError, UnauthenticatedError, UnavailableError
from app.members.handles import generate_handle, is_handle, is_reserved
from app.members.models import Member, Suspension
from app.members.suspensions import SuspensionRepository, last_from_map, select_in_force, to_map

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_MAX_GENERATED_HANDLES = 8
_DELETED = "This account is deleted, or its deletion is running."


class Profile(NamedTuple):
    """The public part of a member's data."""

    handle: str
    joined_at: datetime


class Directory:
    """The members by id and by handle. A member's first request creates their rows."""

    def __init__(self, client: "DynamoDBClient", table: str, pool: UserPool, suspensions: SuspensionRepository) -> None:
        self._client = client
        self._table = table
        self._pool = pool
        self._suspensions = suspensions

    def get_or_create(self, member_id: str) -> Member:
        """Return the member with this id. Create the row if this is their first request.

        Raises:
            UnauthenticatedError: if Cognito has no confirmed user with this id, or if the account is deleted or being
                deleted.
            UnavailableError: if no free handle was found, or if other writes interfere until the deadline.
        """
        return self._get(member_id) or self._create_on_first_use(member_id)

    def get_profile(self, handle: str) -> Profile:
        """Return the public profile of the member with this handle.

        Raises:
            MemberNotFoundError: if there is none, or if the handle is malformed.
        """
        row = self._get_row(f"handle#{handle}", consistent=False) if is_handle(handle) else None
        if row is None or "member_id" not in row:
            raise MemberNotFoundError
        return Profile(handle, from_text(row["joined_at"]))

    def find(self, handle: str) -> Member:
        """Return the member with this handle. The reads are consistent.

        Raises:
            MemberNotFoundError: if there is none, if the account is being deleted, or if the handle is malformed.
        """
        row = self._get_row(f"handle#{handle}", consistent=True) if is_handle(handle) else None
        try:
            member = self._get(row["member_id"]) if row and "member_id" in row else None
        except UnauthenticatedError as error:
            raise MemberNotFoundError from error
        if member is None:
            raise MemberNotFoundError
        return member

    def get_handle(self, member_id: str) -> str | None:
        """Return the handle of a member, eventually consistent. None if the user has no profile."""
        row = self._get_row(f"member#{member_id}", consistent=False)
        return row.get("handle") if row else None

    def has_member(self, member_id: str) -> bool:
        """Return True if this user has a row. The member's first request creates it, or a deletion mark does."""
        return self._get_row(f"member#{member_id}", consistent=True) is not None

    def is_leaving(self, member_id: str) -> bool:
        """Return True if the account is deleted or being deleted."""
        row = self._get_row(f"member#{member_id}", consistent=True)
        return row is not None and "deleting_since" in row

    def is_taken(self, handle: str) -> bool:
        """Return True if a new member cannot have this handle."""
        return is_reserved(handle) or self._get_row(f"handle#{handle}", consistent=True) is not None

    def _create_on_first_use(self, member_id: str) -> Member:
        user = self._pool.get_user(member_id)
        if user is None or not user.is_confirmed:
            raise UnauthenticatedError
        # From an earlier account with this email. That account is deleted, so nobody can suspend it after this read.
        suspension = self._suspensions.get_for_email(user.email)
        write_deadline = new_write_deadline()
        for handle in _candidate_handles(user):
            member = retry_on_conflict(
                partial(self._claim_handle, user, handle, suspension, write_deadline), write_deadline
            )
            if member:
                return member
        raise UnavailableError

    def _claim_handle(
        self, user: User, handle: str, suspension: Suspension | None, write_deadline: float
    ) -> Member | None:
        """Write both rows of a member. Return None if the handle is taken, or the member if the rows exist."""
        joined_at = to_text(user.created_at)
        rows: list[dict[str, Any]] = [
            {
                "pk": f"member#{user.id}",
                "handle": handle,
                "joined_at": joined_at,
                "suspension": to_map(suspension) if suspension else None,
            },
            {"pk": f"handle#{handle}", "member_id": user.id, "joined_at": joined_at},
        ]
        try:
            self._client.transact_write_items(TransactItems=[{"Put": self._put_if_absent(row)} for row in rows])
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            return self._get(user.id)
        return Member(user.id, handle, from_text(joined_at), write_deadline, suspension)

    def _put_if_absent(self, row: dict[str, Any]) -> Any:
        return {
            "TableName": self._table,
            "Item": serialize(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }

    def _get(self, member_id: str) -> Member | None:
        # Taken before the row is read, because a deletion may start right after the read.
        write_deadline = new_write_deadline()
        row = self._get_row(f"member#{member_id}", consistent=True)
        if row and "deleting_since" in row:
            raise UnauthenticatedError(_DELETED)
        if row is None:
            return None
        last = last_from_map(row.get("suspension"))
        joined_at = from_text(row["joined_at"])
        return Member(member_id, row["handle"], joined_at, write_deadline, select_in_force(last), last)

    def _get_row(self, pk: str, *, consistent: bool) -> dict[str, Any] | None:
        response = self._client.get_item(TableName=self._table, Key=serialize({"pk": pk}), ConsistentRead=consistent)
        return deserialize(response["Item"]) if "Item" in response else None


def _candidate_handles(user: User) -> Iterator[str]:
    """Yield the requested handle, then generated ones.

    The requested handle is validated again, because an access token can change it through Cognito's own API.
    """
    requested = user.requested_handle
    if requested and is_handle(requested) and not is_reserved(requested):
        yield requested
    for _ in range(_MAX_GENERATED_HANDLES):
        yield generate_handle()
