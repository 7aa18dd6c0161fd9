"""The directory: members by id and by handle; knows no HTTP.

Rows of the table of members:

    pk = member#<id>      handle, joined_at
    pk = handle#<handle>  member_id, joined_at

Both are written in one transaction and never changed but by the deletion of the account (deletion.py), so a handle has
one member and a member one handle. No email is in here, and an id leaves it towards its own member only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from app.aws.items import from_item, to_item
from app.aws.retries import conditions_held, deadline, until_settled
from app.aws.timestamps import from_text, to_text
from app.cognito.user_pool import User, UserPool
from app.errors import MemberNotFoundError, UnauthenticatedError, UnavailableError
from app.members.handles import is_handle, is_reserved, made_up
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_MADE_UP_TRIES = 8
_LEFT = "This account is being deleted, or was: send `DELETE /v1/me` again until it answers 204."


@dataclass(frozen=True, slots=True)
class Profile:
    """What everybody may know of a member."""

    handle: str
    joined_at: datetime


class Directory:
    """Finds members, and makes a member of who comes for the first time."""

    def __init__(self, client: "DynamoDBClient", table: str, pool: UserPool) -> None:
        self._client = client
        self._table = table
        self._pool = pool

    def member(self, member_id: str) -> Member:
        """The member of this id, whose first call this may be.

        Raises:
            UnauthenticatedError: if Cognito knows no such user, or one who has not confirmed, or the account is deleted
                or being deleted.
        """
        return self._read(member_id) or self._join(member_id)

    def profile(self, handle: str) -> Profile:
        """The member of this handle.

        Raises:
            MemberNotFoundError: also for what could be nobody's handle.
        """
        row = self._row(f"handle#{handle}", consistent=False) if is_handle(handle) else None
        if row is None or "member_id" not in row:
            raise MemberNotFoundError
        return Profile(handle, from_text(row["joined_at"]))

    def is_taken(self, handle: str) -> bool:
        """Whether nobody else can have this handle any more."""
        return is_reserved(handle) or self._row(f"handle#{handle}", consistent=True) is not None

    def _join(self, member_id: str) -> Member:
        user = self._pool.find(member_id)
        if user is None or not user.confirmed:
            raise UnauthenticatedError
        write_by = deadline()
        for handle in _candidates(user):
            member = until_settled(partial(self._claim, user, handle, write_by), write_by)
            if member:
                return member
        raise UnavailableError

    def _claim(self, user: User, handle: str, write_by: float) -> Member | None:
        """Write a member's two rows; None if somebody else has the handle. A member who is there already stays."""
        joined_at = to_text(user.created_at)
        rows = [
            {"pk": f"member#{user.id}", "handle": handle, "joined_at": joined_at},
            {"pk": f"handle#{handle}", "member_id": user.id, "joined_at": joined_at},
        ]
        try:
            self._client.transact_write_items(TransactItems=[{"Put": self._if_new(row)} for row in rows])
        except self._client.exceptions.TransactionCanceledException as error:
            conditions_held(error)
            return self._read(user.id)
        return Member(user.id, handle, from_text(joined_at), write_by)

    def _if_new(self, row: dict[str, Any]) -> Any:
        return {
            "TableName": self._table,
            "Item": to_item(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }

    def _read(self, member_id: str) -> Member | None:
        write_by = deadline()  # Before the row is read: from then on a deletion may begin.
        row = self._row(f"member#{member_id}", consistent=True)
        if row and "deleting_since" in row:
            raise UnauthenticatedError(_LEFT)
        return Member(member_id, row["handle"], from_text(row["joined_at"]), write_by) if row else None

    def _row(self, pk: str, *, consistent: bool) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key=to_item({"pk": pk}), ConsistentRead=consistent)
        return from_item(answer["Item"]) if "Item" in answer else None


def _candidates(user: User) -> Iterator[str]:
    """The handle that was wished for, then made-up ones.

    The wish is looked at again: whoever has an access token can write it by Cognito's own API.
    """
    wish = user.wished_handle
    if wish and is_handle(wish) and not is_reserved(wish):
        yield wish
    for _ in range(_MADE_UP_TRIES):
        yield made_up()
