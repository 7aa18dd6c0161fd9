"""Registrations: who may confirm which user. Independent of emails and HTTP.

Rows of the members table:

    pk = registration#<random id>   member_id: the user to confirm, absent if there is none
                                    waiting: the key of the pending confirmation (pending_confirmations.py)
                                    expires_at
    pk = replacement#<sub>          marks: one for each request that may remove this unconfirmed user
                                    expires_at

Only the registrant knows the id of the registration. Only the reader of the mailbox knows the code. A confirmation
needs both. So a stranger who registers an address before its owner has the first and lacks the second. (Sudhodanan and
Paverd, "Pre-hijacked accounts", USENIX Security 2022.)
"""

import re
import time
import uuid
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_ID = re.compile(r"[0-9a-f-]{36}")
_REGISTRATION_TTL_SECONDS = 24 * 60 * 60
# The maximum time of a request (24 seconds), plus 36 seconds in which a delete that it sent last may take effect.
_MARK_TTL_SECONDS = 60


class RegistrationRepository:
    """The repository of registrations, which last a day, and of removal marks, which last a minute."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, member_id: str | None, pending_key: str) -> str:
        """Store a registration, and return its id.

        Args:
            member_id: the user to confirm, None if the registration confirms nobody.
            pending_key: the key of the pending confirmation.
        """
        registration = str(uuid.uuid4())
        row = {"pk": f"registration#{registration}", "member_id": member_id, "waiting": pending_key}
        row["expires_at"] = _expires_in(_REGISTRATION_TTL_SECONDS)
        self._client.put_item(TableName=self._table, Item=serialize(row))
        return registration

    def delete(self, registration: str) -> str | None:
        """Delete a registration. Return the key of its pending confirmation, None if there was no registration."""
        key = serialize({"pk": f"registration#{registration}"})
        response = self._client.delete_item(TableName=self._table, Key=key, ReturnValues="ALL_OLD")
        row: dict[str, Any] = deserialize(response.get("Attributes", {}))
        return row.get("waiting")

    def get_member_id(self, registration: str) -> str | None:
        """Return the user that a registration confirms. None if it is unknown, expired or confirms nobody."""
        if not _ID.fullmatch(registration):
            return None
        return (self._get(f"registration#{registration}") or {}).get("member_id")

    def mark_for_removal(self, member_id: str) -> str:
        """Mark an unconfirmed user before its removal, and return the mark. It expires by itself."""
        mark = str(uuid.uuid4())
        self._update_marks(member_id, "ADD", mark)
        return mark

    def unmark(self, member_id: str, mark: str) -> None:
        """Remove a mark, because its request does not delete the user."""
        self._update_marks(member_id, "DELETE", mark)

    def is_marked(self, member_id: str) -> bool:
        """Return True if a request may be removing this user."""
        return "marks" in (self._get(f"replacement#{member_id}") or {})

    def _update_marks(self, member_id: str, verb: str, mark: str) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=serialize({"pk": f"replacement#{member_id}"}),
            UpdateExpression=f"{verb} marks :marks SET expires_at = :expires_at",
            ExpressionAttributeValues=serialize({":marks": {mark}, ":expires_at": _expires_in(_MARK_TTL_SECONDS)}),
        )

    def _get(self, pk: str) -> dict[str, Any] | None:
        """Return the row unless it has expired. DynamoDB may take days to remove it."""
        response = self._client.get_item(TableName=self._table, Key=serialize({"pk": pk}), ConsistentRead=True)
        row = deserialize(response.get("Item", {}))
        return row if row and row["expires_at"] > time.time() else None


def _expires_in(seconds: int) -> Any:
    return int(time.time()) + seconds
