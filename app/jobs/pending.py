"""Pending rows: one for each stored state that needs a job, such as a deletion mark.

If the message of a job is lost, the row becomes stale. Then the sweep finds it and sends another message.

Rows of the safety table:

    pk = pending#<kind>   touched_at: the time of the last work on the job, or of the sweep's last message for it;
    sk = <subject>        the values that some kinds of jobs need

The transaction that writes the state also writes the row. For a kind of job that a schedule starts, the sweep writes
the row instead. The transaction that ends the state deletes the row. All rows of one kind have one partition key, so a
query finds them.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.aws.errors import was_sdk_retry
from app.aws.items import deserialize, serialize
from app.aws.timestamps import now, to_text
from app.jobs.messages import JobKind

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A row that was not touched for this time is stale. The worker touches the row at the start of each message, and a
# message takes less than a minute.
STALE_AFTER = timedelta(minutes=10)


class PendingJobRepository:
    """The repository of pending rows."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put_request(self, kind: JobKind, subject: str, **values: str) -> Any:
        """Return the put request of a row with these values, for the transaction that writes the state."""
        item = _key(kind, subject) | serialize({"touched_at": to_text(now()), **values})
        return {"TableName": self._table, "Item": item}

    def delete_request(self, kind: JobKind, subject: str) -> Any:
        """Return the delete request of a row, for the transaction that ends the state."""
        return {"TableName": self._table, "Key": _key(kind, subject)}

    def touch_request(self, kind: JobKind, subject: str, **seen: str) -> Any:
        """Return an update of `touched_at`, for a transaction of the job.

        Its condition fails if the row is gone, or if it no longer has the values that were read.
        """
        return {
            "TableName": self._table,
            "Key": _key(kind, subject),
            "UpdateExpression": "SET touched_at = :now",
            **_condition(seen, {":now": to_text(now())}),
        }

    def get(self, kind: JobKind, subject: str) -> dict[str, Any] | None:
        """Return the attributes of a row, None if there is no row. The read is consistent."""
        response = self._client.get_item(TableName=self._table, Key=_key(kind, subject), ConsistentRead=True)
        return deserialize(response["Item"]) if "Item" in response else None

    def add_if_absent(self, kind: JobKind, subject: str) -> bool:
        """Add a row if it is missing. Return True if it was added.

        If the SDK retried the call, its first attempt may have added the row. Then the result is True too, because a
        second message does no harm.
        """
        try:
            self._client.put_item(**self.put_request(kind, subject), ConditionExpression="attribute_not_exists(pk)")
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return was_sdk_retry(error)
        return True

    def delete(self, kind: JobKind, subject: str, **seen: str) -> None:
        """Delete a row whose state has ended, unless it no longer has the values that were read."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(**self.delete_request(kind, subject), **_condition(seen, {}))

    def touch(self, kind: JobKind, subject: str) -> None:
        """Set `touched_at` to the current time. Do nothing if there is no row, because the state has ended."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(**self.touch_request(kind, subject))

    def iter_stale(self, kind: JobKind) -> Iterator[str]:
        """Yield the subjects of the stale rows."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="touched_at < :stale",
            ExpressionAttributeValues=serialize({":pk": _pk(kind), ":stale": to_text(now() - STALE_AFTER)}),
        )
        for page in pages:
            for item in page["Items"]:
                yield deserialize(item)["sk"]


def _condition(seen: dict[str, str], others: dict[str, str]) -> Any:
    """Return the condition that a row exists and has these values, for a request with other values."""
    terms = ["attribute_exists(pk)", *(f"#{name} = :{name}" for name in seen)]
    values = {f":{name}": value for name, value in seen.items()} | others
    return {
        "ConditionExpression": " AND ".join(terms),
        **({"ExpressionAttributeNames": {f"#{name}": name for name in seen}} if seen else {}),
        **({"ExpressionAttributeValues": serialize(values)} if values else {}),
    }


def _pk(kind: JobKind) -> str:
    return f"pending#{kind}"


def _key(kind: JobKind, subject: str) -> Any:
    return serialize({"pk": _pk(kind), "sk": subject})
