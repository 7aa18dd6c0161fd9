"""The deletion of an account.

A client repeats its request until nothing is left. Each request resumes the deletion from its stored state, which is in
these rows of the members table:

    pk = member#<id>      deleting_since from the mark on; expires_at instead of handle once only the user is left;
                          is_over once the user is gone too
    pk = handle#<handle>  no attributes from the mark on; the row stays, so that nobody gets the handle again
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from app.aws.concurrency import gather
from app.aws.items import deserialize, serialize
from app.aws.retries import (
    WRITE_WINDOW_SECONDS,
    WriteConflictError,
    condition_results,
    new_write_deadline,
    retry_on_conflict,
)
from app.aws.timestamps import from_text, now, to_text
from app.cognito.user_pool import UserPool
from app.errors import LoginAgainError, UnauthenticatedError
from app.members.models import Member
from app.members.personal_data import PersonalData

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MAX_LOGIN_AGE = timedelta(minutes=10)

# How long a write that was let through before the mark may still take effect. A call takes at most 12 seconds
# (app/aws/clients.py). Three calls count: the mark itself, and two in the last attempt of the write, which starts
# within the write window. The rest is for the lag of an index.
WRITE_DRAIN_PERIOD = timedelta(seconds=WRITE_WINDOW_SECONDS + 3 * 12 + 8)

# How long one request erases, and how much longer the writes of its last batch may be retried. The deadline of the
# request (app/aws/deadline.py) bounds the calls after them.
MAX_WORK_SECONDS = 10.0
_LAST_BATCH_SECONDS = 5.0
_BATCH_SIZE = 10
_RETRY_AFTER_SECONDS = 1

# Longer than the lifetime of any access token of the member: Cognito allows at most a day.
_TOMBSTONE_TTL = timedelta(days=2)


class _Phase(Enum):
    """The phases of a deletion, in order."""

    NOT_STARTED = auto()
    ERASING = auto()
    ONLY_USER_LEFT = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class _DeletionState:
    """The stored state of a deletion. `marked_at` is the time of the mark."""

    phase: _Phase
    handle: str | None
    marked_at: datetime | None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        handle, marked_at = row.get("handle"), row.get("deleting_since")
        if "is_over" in row:
            phase = _Phase.DONE
        elif marked_at is None:
            phase = _Phase.NOT_STARTED
        else:
            phase = _Phase.ERASING if handle else _Phase.ONLY_USER_LEFT
        return cls(phase, handle, from_text(marked_at) if marked_at else None)


class Deletion:
    """The deletion of accounts: all personal data first, then the profile, and the Cognito user last."""

    def __init__(self, client: "DynamoDBClient", table: str, pool: UserPool, stores: Sequence[PersonalData]) -> None:
        self._client = client
        self._table = table
        self._pool = pool
        self._stores = stores

    def resume(self, member_id: str, authenticated_at: datetime | None) -> int:
        """Start or continue a deletion. Return the seconds to wait before the next request, 0 when nothing is left.

        Args:
            member_id: the account.
            authenticated_at: the time of the login. None if it is unknown, or if its session was revoked.

        Raises:
            LoginAgainError: if the login is too old to start a deletion.
            UnauthenticatedError: if there is no such account.
        """
        state = retry_on_conflict(partial(self._start, member_id, authenticated_at), new_write_deadline())
        return 0 if state.phase is _Phase.DONE else self._erase_until_timeout(member_id, state)

    def _start(self, member_id: str, authenticated_at: datetime | None) -> _DeletionState:
        """Mark the account unless it is marked. From the mark on, nobody finds the member by id or by handle."""
        state = self._get_state(member_id)
        if state.phase is not _Phase.NOT_STARTED:
            return state
        if authenticated_at is None or now() - authenticated_at > MAX_LOGIN_AGE:
            raise LoginAgainError
        if state.handle is None and self._pool.get_user(member_id) is None:
            raise UnauthenticatedError
        marked_at = now()
        try:
            self._client.transact_write_items(TransactItems=self._mark_writes(member_id, state.handle, marked_at))
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            raise WriteConflictError from error  # Another request marked the account or created the member. Read again.
        return _DeletionState(_Phase.ERASING if state.handle else _Phase.ONLY_USER_LEFT, state.handle, marked_at)

    def _mark_writes(self, member_id: str, handle: str | None, marked_at: datetime) -> Any:
        mark = {
            "TableName": self._table,
            "Key": _key(member_id),
            "UpdateExpression": "SET deleting_since = :since",
            "ConditionExpression": "attribute_not_exists(deleting_since) AND "
            + ("handle = :handle" if handle else "attribute_not_exists(handle)"),
            "ExpressionAttributeValues": serialize({":since": to_text(marked_at), ":handle": handle}),
        }
        if handle is None:
            return [{"Update": mark}]
        reserve_handle = {
            "TableName": self._table,
            "Key": serialize({"pk": f"handle#{handle}"}),
            "UpdateExpression": "REMOVE member_id, joined_at",
        }
        return [{"Update": mark}, {"Update": reserve_handle}]

    def _erase_until_timeout(self, member_id: str, state: _DeletionState) -> int:
        """Erase until the time is up. Delete the user once no earlier write can still take effect."""
        stop = time.monotonic() + MAX_WORK_SECONDS
        while time.monotonic() < stop:
            checked_at = now()
            if not self._erase_batch(member_id, state.handle, stop + _LAST_BATCH_SECONDS):
                wait = (state.marked_at or checked_at) + WRITE_DRAIN_PERIOD - checked_at
                if wait > timedelta(0):
                    return math.ceil(wait.total_seconds())
                self._finish(member_id)
                return 0
        return _RETRY_AFTER_SECONDS

    def _erase_batch(self, member_id: str, handle: str | None, write_deadline: float) -> bool:
        """Erase some of the personal data. Return False if there was none."""
        if handle is None:
            return False
        member = Member(member_id, handle, joined_at=now(), write_deadline=write_deadline)
        calls = [call for store in self._stores for call in store.erase(member, _BATCH_SIZE)]
        gather(calls)
        return bool(calls)

    def _finish(self, member_id: str) -> None:
        """Delete the user. The row expires by itself, because nobody can log in afterwards to repeat the request."""
        expires_at = int((now() + _TOMBSTONE_TTL).timestamp())
        self._update(member_id, "SET expires_at = :value REMOVE handle, joined_at", expires_at)
        self._pool.delete(member_id)
        self._update(member_id, "SET is_over = :value", value=True)

    def _update(self, member_id: str, expression: str, value: int | bool) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=_key(member_id),
            UpdateExpression=expression,
            ExpressionAttributeValues=serialize({":value": value}),
        )

    def _get_state(self, member_id: str) -> _DeletionState:
        response = self._client.get_item(TableName=self._table, Key=_key(member_id), ConsistentRead=True)
        return _DeletionState.from_row(deserialize(response.get("Item", {})))


def _key(member_id: str) -> Any:
    return serialize({"pk": f"member#{member_id}"})
