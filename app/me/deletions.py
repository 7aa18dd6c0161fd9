"""The stored state of the deletion of an account.

Rows of the members table:

    pk = member#<id>      deleting_since from the mark on; later only with is_over and expires_at
    pk = handle#<handle>  no other attributes from the mark on; the row stays, so that nobody gets the handle again

A pending row (app/jobs/pending.py) exists from the mark until nothing is left.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from app.aws.items import deserialize, serialize
from app.aws.retries import (
    WRITE_DRAIN_PERIOD,
    WriteConflictError,
    condition_results,
    new_write_deadline,
    retry_on_conflict,
)
from app.aws.timestamps import from_text, now, to_text
from app.jobs.messages import DELETE_ACCOUNT
from app.jobs.pending import PendingJobRepository
from app.members.models import Suspension
from app.members.suspensions import from_map

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Longer than the lifetime of any access token of the member: Cognito allows at most a day.
_TOMBSTONE_TTL = timedelta(days=2)


class DeletionState(NamedTuple):
    """The state of a deletion.

    Attributes:
        handle: the member's handle. None before their first request.
        marked_at: the time of the mark. None if there is no mark.
        is_over: True once nothing is left.
        suspension: the member's suspension, None if there is none or if it has ended.
    """

    handle: str | None
    marked_at: datetime | None
    is_over: bool
    suspension: Suspension | None = None

    @property
    def has_started(self) -> bool:
        """Return True if the deletion is running or over."""
        return self.is_over or self.marked_at is not None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Return the state in the member's row, which may be empty."""
        marked_at = row.get("deleting_since")
        return cls(
            handle=row.get("handle"),
            marked_at=from_text(marked_at) if marked_at else None,
            is_over="is_over" in row,
            suspension=from_map(row.get("suspension")),
        )

    def remaining_drain(self, moment: datetime) -> timedelta:
        """Return the time from this moment to the end of the drain period. Zero or negative after its end."""
        return (self.marked_at or moment) + WRITE_DRAIN_PERIOD - moment


class DeletionRepository:
    """The repository of deletions."""

    def __init__(self, client: "DynamoDBClient", members_table: str, pending: PendingJobRepository) -> None:
        self._client = client
        self._table = members_table
        self._pending = pending

    def get(self, member_id: str) -> DeletionState:
        """Return the current state of an account's deletion."""
        response = self._client.get_item(TableName=self._table, Key=_key(member_id), ConsistentRead=True)
        return DeletionState.from_row(deserialize(response.get("Item", {})))

    def mark(self, member_id: str, state: DeletionState) -> DeletionState:
        """Mark the account, and add the pending row. From the mark on, nobody finds the member by id or by handle.

        Raises:
            WriteConflictError: if the state is no longer current. Another request marked the account or created the
                member.
        """
        marked_at = now()
        writes: Any = [
            {"Update": self._mark_request(member_id, state.handle, marked_at)},
            {"Put": self._pending.put_request(DELETE_ACCOUNT, member_id)},
        ]
        if state.handle is not None:
            writes.append({"Update": self._reserve_request(state.handle)})
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            raise WriteConflictError from error
        return DeletionState(state.handle, marked_at, is_over=False)

    def restore_job(self, member_id: str) -> bool:
        """Add the pending row of a marked account if it is missing. Return True if it was added.

        It is missing if an earlier release set the mark, or if the tables were restored to different times.
        """
        return self._pending.add_if_absent(DELETE_ACCOUNT, member_id)

    def forget_job(self, member_id: str) -> None:
        """Delete the pending row of an account whose deletion is over."""
        self._pending.delete(DELETE_ACCOUNT, member_id)

    def finish(self, member_id: str) -> bool:
        """Record that nothing is left, and delete the pending row. Return False if another worker did so before.

        The member's row expires by itself. Until then, the holder of a token can learn that the deletion is over.
        """
        return retry_on_conflict(partial(self._finish, member_id), new_write_deadline())

    def _finish(self, member_id: str) -> bool:
        end = {
            "TableName": self._table,
            "Key": _key(member_id),
            "UpdateExpression": "SET is_over = :true, expires_at = :expires_at REMOVE handle, joined_at, suspension",
            "ConditionExpression": "attribute_exists(deleting_since) AND attribute_not_exists(is_over)",
            "ExpressionAttributeValues": serialize(
                {":true": True, ":expires_at": int((now() + _TOMBSTONE_TTL).timestamp())}
            ),
        }
        writes: Any = [{"Update": end}, {"Delete": self._pending.delete_request(DELETE_ACCOUNT, member_id)}]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            return False
        return True

    def _mark_request(self, member_id: str, handle: str | None, marked_at: datetime) -> Any:
        return {
            "TableName": self._table,
            "Key": _key(member_id),
            "UpdateExpression": "SET deleting_since = :since",
            "ConditionExpression": "attribute_not_exists(deleting_since) AND "
            + ("handle = :handle" if handle else "attribute_not_exists(handle)"),
            "ExpressionAttributeValues": serialize({":since": to_text(marked_at), ":handle": handle}),
        }

    def _reserve_request(self, handle: str) -> Any:
        return {
            "TableName": self._table,
            "Key": serialize({"pk": f"handle#{handle}"}),
            "UpdateExpression": "REMOVE member_id, joined_at",
        }


def _key(member_id: str) -> Any:
    return serialize({"pk": f"member#{member_id}"})
