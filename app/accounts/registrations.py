"""Registrations: each id permits the confirmation of one user.

Each registration has a row in the members table:

    pk = registration#<random id>   member_id: the user to confirm, absent if there is none
                                    waiting: the key of the pending confirmation (pending_confirmations.py)
                                    attempts: confirmations whose outcome is unknown, each a hash of its code and an id
                                    confirmed_by: the hash of the code that confirmed the user
                                    expires_at

Only the registrant knows the id of the registration. Only the reader of the mailbox knows the code. A confirmation
needs both. So a stranger who registers an address before its owner has the first and lacks the second. (Sudhodanan and
Paverd, "Pre-hijacked accounts", USENIX Security 2022.)
"""

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from botocore.exceptions import ClientError

from app.accounts import expiring_rows
from app.accounts.expiring_rows import expires_in
from app.aws.errors import CONDITION_FAILED, error_code
from app.aws.items import deserialize, serialize

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_ID = re.compile(r"[0-9a-f-]{36}")
_REGISTRATION_TTL_SECONDS = 24 * 60 * 60
# How long the successful confirmation can be repeated.
_CONFIRMED_TTL_SECONDS = 10 * 60


class Registration(NamedTuple):
    """A stored registration.

    Attributes:
        id: the id that the registrant knows.
        user_id: the user to confirm. None if the registration can confirm no user.
        pending_key: the key of the pending confirmation, None once the confirmation is recorded.
        attempts: the confirmations whose outcome is unknown.
        confirmed_by: the hash of the code that confirmed the user, None until that is recorded.
    """

    id: str
    user_id: str | None
    pending_key: str | None
    attempts: frozenset[str] = frozenset()
    confirmed_by: str | None = None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Return the registration in a row."""
        return cls(
            id=row["pk"].removeprefix("registration#"),
            user_id=row.get("member_id"),
            pending_key=row.get("waiting"),
            attempts=frozenset(row.get("attempts", ())),
            confirmed_by=row.get("confirmed_by"),
        )

    def hash_code(self, code: str) -> str:
        """Return the hash of a code. The row stores the hash instead of the code."""
        # A code from JSON can contain lone surrogates, which UTF-8 cannot express.
        return hashlib.sha256(f"{self.id}\n{code}".encode(errors="surrogatepass")).hexdigest()

    def new_attempt(self, code: str) -> str:
        """Return the name of a new confirmation with this code."""
        return f"{self.hash_code(code)}#{uuid.uuid4()}"

    def may_have_been_confirmed_by(self, code: str) -> bool:
        """Return True if a confirmation with this code succeeded, or if its outcome is unknown."""
        if self.confirmed_by is not None:
            return self.confirmed_by == self.hash_code(code)
        return any(attempt.startswith(f"{self.hash_code(code)}#") for attempt in self.attempts)


class RegistrationRepository:
    """The repository of registrations."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, user_id: str | None, pending_key: str) -> str:
        """Store a registration, and return its id.

        Args:
            user_id: the user to confirm. None if the registration can confirm no user.
            pending_key: the key of the pending confirmation.
        """
        registration_id = str(uuid.uuid4())
        row = {
            "pk": _registration_key(registration_id),
            "member_id": user_id,
            "waiting": pending_key,
            "expires_at": expires_in(_REGISTRATION_TTL_SECONDS),
        }
        self._client.put_item(TableName=self._table, Item=serialize(row))
        return registration_id

    def get(self, registration_id: str) -> Registration | None:
        """Return a registration. None if it is unknown or expired."""
        if not _ID.fullmatch(registration_id):
            return None
        row = expiring_rows.get(self._client, self._table, _registration_key(registration_id))
        return Registration.from_row(row) if row else None

    def begin_attempt(self, registration: Registration, code: str) -> str:
        """Record that a confirmation with this code starts, and return the attempt."""
        attempt = registration.new_attempt(code)
        self._update(registration, "ADD attempts :attempts", {":attempts": {attempt}})
        return attempt

    def end_attempt(self, registration: Registration, attempt: str) -> Registration | None:
        """Forget an attempt that Cognito refused. Return the registration as it is then, None if its row is gone."""
        return self._update(registration, "DELETE attempts :attempts", {":attempts": {attempt}})

    def complete(self, registration: Registration, code: str, *, is_certain: bool) -> None:
        """Record that this code confirmed the user. The registration then expires in ten minutes.

        Args:
            registration: the registration of the user.
            code: the code.
            is_certain: False if Cognito refused the code, and the user is confirmed nevertheless. The code may be wrong
                then, so it does not replace a recorded code.
        """
        self._update(
            registration,
            "SET confirmed_by = :code, expires_at = :expires_at REMOVE attempts, waiting",
            {":code": registration.hash_code(code), ":expires_at": expires_in(_CONFIRMED_TTL_SECONDS)},
            "attribute_exists(pk)" if is_certain else "attribute_exists(pk) AND attribute_not_exists(confirmed_by)",
        )

    def _update(
        self,
        registration: Registration,
        expression: str,
        values: dict[str, Any],
        condition: str = "attribute_exists(pk)",
    ) -> Registration | None:
        """Update a registration. Return it as it is then. Do nothing and return None if the condition is false."""
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=serialize({"pk": _registration_key(registration.id)}),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=serialize(values),
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if error_code(error) != CONDITION_FAILED:
                raise
            return None
        return Registration.from_row(deserialize(response["Attributes"]))


def _registration_key(registration_id: str) -> str:
    return f"registration#{registration_id}"
