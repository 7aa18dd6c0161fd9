"""Registrations: who may confirm which user; knows neither emails nor HTTP.

Rows of the table of members:

    pk = registration#<random id>   member_id: the user to confirm, absent where there is none; expires_at
    pk = replacement#<sub>          expires_at: somebody registers the email of this unconfirmed user anew

The id of a registration is known to the one who registered and to nobody else. Whoever reads the mailbox knows the
code. Only both together confirm, so a stranger who registers somebody's address first has the one and lacks the other.
(Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022.)
"""

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from app.aws import refused_item
from app.contention import ContendedError
from app.items import from_item, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_ID = re.compile(r"[0-9a-f-]{36}")
_KEPT_SECONDS = 24 * 60 * 60
# Longer than it takes to look at a user and remove it, so a row that is older was left behind by a crash.
_REPLACEMENT_SECONDS = 60


class RegistrationRepository:
    """Keeps registrations for a day."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def open(self, member_id: str | None) -> str:
        """Begin a registration that leads to this user, or nowhere; returns its id."""
        registration = str(uuid.uuid4())
        with suppress(self._client.exceptions.ConditionalCheckFailedException):  # A retry of the SDK meets its own row.
            self._put(f"registration#{registration}", _KEPT_SECONDS, member_id=member_id)
        return registration

    def member_of(self, registration: str) -> str | None:
        """The user that a registration leads to; none for what is expired or was never begun."""
        if not _ID.fullmatch(registration):
            return None
        return (self._get(f"registration#{registration}") or {}).get("member_id")

    @contextmanager
    def replacing(self, member_id: str) -> Iterator[None]:
        """Say that this user may be about to be removed for being unconfirmed; one at a time says so.

        Raises:
            ContendedError: if somebody else says so at this moment.
        """
        pk, holder = f"replacement#{member_id}", str(uuid.uuid4())
        try:
            self._put(pk, _REPLACEMENT_SECONDS, holder=holder)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # A retry of the SDK meets what its first try wrote.
            if from_item(refused_item(error) or {}).get("holder") != holder:
                raise ContendedError from error
        except Exception:
            self._end(pk, holder)  # It may be there all the same, and would be in the way of the next try.
            raise
        try:
            yield
        finally:
            self._end(pk, holder)

    def _end(self, pk: str, holder: str) -> None:
        """Remove what `replacing` wrote, but nothing that somebody else wrote when its time was over."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table,
                Key=to_item({"pk": pk}),
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues=to_item({":holder": holder}),
            )

    def is_being_replaced(self, member_id: str) -> bool:
        """Whether somebody is within `replacing` at this moment."""
        return self._get(f"replacement#{member_id}") is not None

    def _put(self, pk: str, seconds: int, **values: Any) -> None:
        """Write a row, unless there is one whose time is not over."""
        now = int(time.time())
        self._client.put_item(
            TableName=self._table,
            Item=to_item({"pk": pk, "expires_at": now + seconds, **values}),
            ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
            ExpressionAttributeValues=to_item({":now": now}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    def _get(self, pk: str) -> dict[str, Any] | None:
        """The row, unless its time is over: DynamoDB may take days to remove it."""
        answer = self._client.get_item(TableName=self._table, Key=to_item({"pk": pk}), ConsistentRead=True)
        row = from_item(answer.get("Item", {}))
        return row if row and row["expires_at"] > time.time() else None
