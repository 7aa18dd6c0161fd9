"""Idempotent creation: one Dwipp for each Idempotency-Key.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

Rows of the members table:

    pk = idempotency#<hash of member and key>  dwipp_id, text_hash, expires_at

One transaction writes the row and the Dwipp, so no row ever waits for its Dwipp. The row discloses neither the key nor
the text: a repeated request brings both, and without them the hashes match nothing.
"""

import hashlib
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize
from app.aws.retries import condition_results, retry_on_conflict
from app.dwipps.ids import new_id
from app.dwipps.models import Dwipp, new_dwipp
from app.dwipps.repository import DwippRepository
from app.errors import IdempotencyKeyReusedError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_KEY_TTL_SECONDS = 24 * 60 * 60


class IdempotentWriter:
    """The creator of Dwipps under idempotency keys."""

    def __init__(self, client: "DynamoDBClient", table: str, dwipps: DwippRepository) -> None:
        self._client = client
        self._table = table
        self._dwipps = dwipps

    def create(self, author: Member, key: str | None, text: str) -> tuple[Dwipp, bool]:
        """Return the created Dwipp in its initial state, and whether an earlier request with the key created it.

        Args:
            author: the author.
            key: the idempotency key. None to create a Dwipp without one.
            text: the text of the Dwipp.

        Raises:
            IdempotencyKeyReusedError: if the key belongs to another text.
            UnavailableError: if other writes interfere until the deadline.
        """
        if key is None:
            return self._dwipps.create(author, text), False
        attempt = partial(self._create, author, key, new_dwipp(new_id(), author, text))
        return retry_on_conflict(attempt, author.write_deadline)

    def get_replay(self, author: Member, key: str | None, text: str) -> Dwipp | None:
        """Return the Dwipp that an earlier request with the key created, in its initial state. None if there is none.

        Raises:
            IdempotencyKeyReusedError: if the key belongs to another text.
        """
        if key is None:
            return None
        response = self._client.get_item(
            TableName=self._table, Key=serialize({"pk": _pk(author, key)}), ConsistentRead=True
        )
        row = deserialize(response.get("Item", {}))
        if not row or row["expires_at"] <= int(time.time()):
            return None
        return _first_response(row, author, key, text)

    def _create(self, author: Member, key: str, dwipp: Dwipp) -> tuple[Dwipp, bool]:
        writes: Any = [{"Put": self._key_row(author, key, dwipp)}, {"Put": self._dwipps.put_request(dwipp)}]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            row = deserialize(error.response["CancellationReasons"][0]["Item"])
            # The row may come from an earlier attempt of this request whose response was lost.
            return _first_response(row, author, key, dwipp.text), row["dwipp_id"] != dwipp.id
        return dwipp, False

    def _key_row(self, author: Member, key: str, dwipp: Dwipp) -> Any:
        now = int(time.time())
        row = {
            "pk": _pk(author, key),
            "dwipp_id": dwipp.id,
            "text_hash": _hash(author.id, key, dwipp.text),
            "expires_at": now + _KEY_TTL_SECONDS,
        }
        return {
            "TableName": self._table,
            "Item": serialize(row),
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now",
            "ExpressionAttributeValues": serialize({":now": now}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _first_response(row: Mapping[str, Any], author: Member, key: str, text: str) -> Dwipp:
    """Return the Dwipp of a row, in its initial state.

    Raises:
        IdempotencyKeyReusedError: if the row belongs to another text.
    """
    if row["text_hash"] != _hash(author.id, key, text):
        raise IdempotencyKeyReusedError
    return new_dwipp(row["dwipp_id"], author, text)


def _pk(author: Member, key: str) -> str:
    return f"idempotency#{_hash(author.id, key)}"


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
