"""Pending rows: one for each stored state that needs a job, such as a deletion mark.

If the message of a job is lost, the row becomes stale. Then the sweep finds it and sends another message.

Rows of the safety table:

    pk = pending#<kind>   touched_at: the time of the last work on the job, or of the sweep's last message for it
    sk = <subject>

The transaction that writes the state also writes the row. The transaction that ends the state deletes the row. All rows
of one kind have one partition key, so a query finds them.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

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

    def put_request(self, kind: JobKind, subject: str) -> Any:
        """Return the put request of a row, for the transaction that writes the state."""
        item = _key(kind, subject) | serialize({"touched_at": to_text(now())})
        return {"TableName": self._table, "Item": item}

    def delete_request(self, kind: JobKind, subject: str) -> Any:
        """Return the delete request of a row, for the transaction that ends the state."""
        return {"TableName": self._table, "Key": _key(kind, subject)}

    def add_if_absent(self, kind: JobKind, subject: str) -> bool:
        """Add a row if it is missing. Return True if it was added."""
        try:
            self._client.put_item(**self.put_request(kind, subject), ConditionExpression="attribute_not_exists(pk)")
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def delete(self, kind: JobKind, subject: str) -> None:
        """Delete a row whose state has ended."""
        self._client.delete_item(**self.delete_request(kind, subject))

    def touch(self, kind: JobKind, subject: str) -> None:
        """Set `touched_at` to the current time. Do nothing if there is no row, because the state has ended."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(kind, subject),
                UpdateExpression="SET touched_at = :now",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=serialize({":now": to_text(now())}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

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


def _pk(kind: JobKind) -> str:
    return f"pending#{kind}"


def _key(kind: JobKind, subject: str) -> Any:
    return serialize({"pk": _pk(kind), "sk": subject})
