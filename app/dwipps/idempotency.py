"""Writing a Dwipp once, however often it is asked for; knows no HTTP.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ Rows of the table of members:

    pk = idempotency#<hash of member and key>  dwipp_id, text_hash, expires_at

The row is written in one transaction with the Dwipp, so there is none that waits for its Dwipp. It says neither under
which key nor what was written: whoever repeats a request brings both, and without them the hashes match nothing.
"""

import hashlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from app.aws.items import from_item, to_item
from app.aws.retries import conditions_held, until_settled
from app.dwipps.ids import new_id
from app.dwipps.repository import Dwipp, DwippRepository, draft
from app.errors import IdempotencyKeyReusedError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 24 * 60 * 60


class IdempotentWriter:
    """Writes a Dwipp under a key, or finds the one that was written under it."""

    def __init__(self, client: "DynamoDBClient", table: str, dwipps: DwippRepository) -> None:
        self._client = client
        self._table = table
        self._dwipps = dwipps

    def create(self, author: Member, key: str, text: str) -> tuple[Dwipp, bool]:
        """The Dwipp of this key as it was when it was written, and whether that was before.

        Raises:
            IdempotencyKeyReusedError: if it was written with another text.
            UnavailableError: if others write under the same key at this moment, again and again.
        """
        return until_settled(partial(self._create, author, key, draft(new_id(), author, text)), author.write_by)

    def _create(self, author: Member, key: str, dwipp: Dwipp) -> tuple[Dwipp, bool]:
        writes: Any = [{"Put": self._row(author, key, dwipp)}, {"Put": self._dwipps.new_item(dwipp)}]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            conditions_held(error)
            row = from_item(error.response["CancellationReasons"][0]["Item"])
            if row["text_hash"] != _hash(author.id, key, dwipp.text):
                raise IdempotencyKeyReusedError from error
            # An earlier try of this very request may have written it unheard.
            return draft(row["dwipp_id"], author, dwipp.text), row["dwipp_id"] != dwipp.id
        return dwipp, False

    def _row(self, author: Member, key: str, dwipp: Dwipp) -> Any:
        now = int(time.time())
        row = {
            "pk": f"idempotency#{_hash(author.id, key)}",
            "dwipp_id": dwipp.id,
            "text_hash": _hash(author.id, key, dwipp.text),
            "expires_at": now + _KEPT_SECONDS,
        }
        return {
            "TableName": self._table,
            "Item": to_item(row),
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now",
            "ExpressionAttributeValues": to_item({":now": now}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
