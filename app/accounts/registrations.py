"""Registrations: who may confirm which user; knows neither emails nor HTTP.

Rows of the table of members:

    pk = registration#<random id>   member_id: the user to confirm, absent where there is none; waiting: who waits for
                                    that, as app/accounts/pending_confirmations.py knows them; expires_at
    pk = replacement#<sub>          marks: of each who may be about to remove this unconfirmed user; expires_at

The id of a registration is known to the one who registered and to nobody else. Whoever reads the mailbox knows the
code. Only both together confirm, so a stranger who registers somebody's address first has the one and lacks the other.
(Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022.)
"""

import re
import time
import uuid
from typing import TYPE_CHECKING, Any

from app.aws.items import from_item, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_ID = re.compile(r"[0-9a-f-]{36}")
_KEPT_SECONDS = 24 * 60 * 60
# As long as a request may take, and half a minute in which a removal that was asked for at its end may still come.
_MARKED_SECONDS = 60


class RegistrationRepository:
    """Keeps registrations for a day."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def open(self, member_id: str | None, waiting: str) -> str:
        """Begin a registration that leads to this user, or nowhere; returns its id."""
        registration = str(uuid.uuid4())
        row = {"pk": f"registration#{registration}", "member_id": member_id, "waiting": waiting}
        self._client.put_item(TableName=self._table, Item=to_item(row | {"expires_at": _in(_KEPT_SECONDS)}))
        return registration

    def end(self, registration: str) -> str | None:
        """Have a registration lead nowhere any more; returns who waited, if it was there."""
        key = to_item({"pk": f"registration#{registration}"})
        answer = self._client.delete_item(TableName=self._table, Key=key, ReturnValues="ALL_OLD")
        row: dict[str, Any] = from_item(answer.get("Attributes", {}))
        return row.get("waiting")

    def member_of(self, registration: str) -> str | None:
        """The user that a registration leads to; none for what is expired or was never begun."""
        if not _ID.fullmatch(registration):
            return None
        return (self._get(f"registration#{registration}") or {}).get("member_id")

    def mark(self, member_id: str) -> str:
        """Say that this user may be about to be removed for being unconfirmed; returns the mark.

        It ends by itself: who removes the user, or fails to, has nothing to take back.
        """
        mark = str(uuid.uuid4())
        self._update_marks(member_id, "ADD", mark)
        return mark

    def unmark(self, member_id: str, mark: str) -> None:
        """Say that whoever made this mark leaves the user alone."""
        self._update_marks(member_id, "DELETE", mark)

    def is_marked(self, member_id: str) -> bool:
        """Whether somebody may be about to remove this user."""
        return "marks" in (self._get(f"replacement#{member_id}") or {})

    def _update_marks(self, member_id: str, verb: str, mark: str) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=to_item({"pk": f"replacement#{member_id}"}),
            UpdateExpression=f"{verb} marks :marks SET expires_at = :expires_at",
            ExpressionAttributeValues=to_item({":marks": {mark}, ":expires_at": _in(_MARKED_SECONDS)}),
        )

    def _get(self, pk: str) -> dict[str, Any] | None:
        """The row, unless its time is over: DynamoDB may take days to remove it."""
        answer = self._client.get_item(TableName=self._table, Key=to_item({"pk": pk}), ConsistentRead=True)
        row = from_item(answer.get("Item", {}))
        return row if row and row["expires_at"] > time.time() else None


def _in(seconds: int) -> int:
    return int(time.time()) + seconds
