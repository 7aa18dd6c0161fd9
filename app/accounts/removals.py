"""Removals of unconfirmed users: the records that coordinate concurrent registrations and confirmations of an email.

Rows of the members table:

    pk = replacement#<sub>    marks: one for each request that may remove this unconfirmed user
                              expires_at
    pk = registrant#<hash>    ticket: the ticket of the latest registration of the email with this hash
                              expires_at
"""

import hashlib
import uuid
from typing import TYPE_CHECKING

from app.accounts import expiring_rows
from app.aws.items import serialize

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# The maximum time of a request (24 seconds), plus 36 seconds in which its last delete may still take effect.
_MARK_TTL_SECONDS = 60
# Longer than any request.
_TICKET_TTL_SECONDS = 10 * 60


class RemovalRepository:
    """The repository of removal marks and of the tickets of registrations."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take_ticket(self, email: str) -> str:
        """Make this registration the latest one of the email, and return its ticket."""
        ticket = str(uuid.uuid4())
        expires_at = expiring_rows.expires_in(_TICKET_TTL_SECONDS)
        row = {"pk": _ticket_key(email), "ticket": ticket, "expires_at": expires_at}
        self._client.put_item(TableName=self._table, Item=serialize(row))
        return ticket

    def is_latest(self, email: str, ticket: str) -> bool:
        """Return True if no other registration of the email has taken a ticket since."""
        row = expiring_rows.get(self._client, self._table, _ticket_key(email))
        return row is not None and row["ticket"] == ticket

    def mark(self, user_id: str) -> str:
        """Mark an unconfirmed user before its removal, and return the mark. It expires by itself."""
        mark = str(uuid.uuid4())
        self._update_marks(user_id, "ADD", mark)
        return mark

    def unmark(self, user_id: str, mark: str) -> None:
        """Remove the mark of a request that will not delete the user."""
        self._update_marks(user_id, "DELETE", mark)

    def is_marked(self, user_id: str) -> bool:
        """Return True if a request may be removing this user."""
        row = expiring_rows.get(self._client, self._table, _mark_key(user_id))
        return row is not None and "marks" in row

    def _update_marks(self, user_id: str, verb: str, mark: str) -> None:
        expires_at = expiring_rows.expires_in(_MARK_TTL_SECONDS)
        self._client.update_item(
            TableName=self._table,
            Key=serialize({"pk": _mark_key(user_id)}),
            UpdateExpression=f"{verb} marks :marks SET expires_at = :expires_at",
            ExpressionAttributeValues=serialize({":marks": {mark}, ":expires_at": expires_at}),
        )


def _mark_key(user_id: str) -> str:
    return f"replacement#{user_id}"


def _ticket_key(email: str) -> str:
    return f"registrant#{hashlib.sha256(email.encode()).hexdigest()}"
