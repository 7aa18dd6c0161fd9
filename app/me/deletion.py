"""The deletion of an account and of all that it holds; knows no HTTP.

It is asked for again and again until nothing is left, and each time goes on where it stood, which it knows from what is
still there. Rows of the table of members meanwhile:

    pk = member#<id>      deleting_since from the first moment on; expires_at, and no handle, once only the user is
                          left; is_over when the user is gone too
    pk = handle#<handle>  nothing else, for ever: the handle is never given again
"""

import math
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from app.aws.clients import all_at_once
from app.aws.items import from_item, to_item
from app.aws.retries import WRITE_SECONDS, ContendedError, conditions_held, deadline, until_settled
from app.aws.timestamps import from_text, now, to_text
from app.cognito.user_pool import UserPool
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.errors import DwippNotFoundError, LoginAgainError, UnauthenticatedError
from app.members.models import Member

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

FRESH_LOGIN = timedelta(minutes=10)

# How long a write may still come in after `deleting_since`: twelve seconds, which a call can take
# (app/aws/clients.py), until that is written and nobody is found to be a member any more; eight
# seconds in which the last try of a write may begin; two calls in that try; and some for an index to hear of it.
OUTLAST = timedelta(seconds=WRITE_SECONDS + 3 * 12 + 8)

# How long one request works, and how much longer the writes of its last batch may be tried; with the longest call after
# them it ends before API Gateway's 29 seconds.
WORK_SECONDS = 10.0
_LAST_BATCH_SECONDS = 5.0
_BATCH = 10
_ASK_AGAIN_SECONDS = 1

# Longer than any access token of the member's can live: Cognito gives them a day at most.
_TOMBSTONE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far it is with an account."""

    handle: str | None
    deleting_since: datetime | None
    is_over: bool

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        since = row.get("deleting_since")
        return cls(row.get("handle"), from_text(since) if since else None, "is_over" in row)


class Deletion:
    """Deletes accounts: Dwipps, upvotes with their counts, favorites, the profile, and the user last."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        pool: UserPool,
        dwipps: DwippRepository,
        reactions: ReactionRepository,
    ) -> None:
        self._client = client
        self._table = table
        self._pool = pool
        self._dwipps = dwipps
        self._reactions = reactions

    def go_on(self, member_id: str, authenticated_at: datetime | None) -> int:
        """Begin, or go on, and return after how many seconds to ask again; 0 when nothing is left.

        Args:
            member_id: whose account.
            authenticated_at: when they last gave their password.

        Raises:
            LoginAgainError: if that is too long ago to begin.
            UnauthenticatedError: if there is no such account.
        """
        standing = until_settled(partial(self._begin, member_id, authenticated_at), deadline())
        return 0 if standing.is_over else self._work(member_id, standing)

    def _begin(self, member_id: str, authenticated_at: datetime | None) -> _Standing:
        """How far it is; from here on it has begun, and nobody finds a member of this id or handle any more."""
        standing = self._standing(member_id)
        if standing.deleting_since:
            return standing
        if authenticated_at is None or now() - authenticated_at > FRESH_LOGIN:
            raise LoginAgainError
        if standing.handle is None and self._pool.find(member_id) is None:
            raise UnauthenticatedError
        since = now()
        try:
            self._client.transact_write_items(TransactItems=self._beginning(member_id, standing.handle, since))
        except self._client.exceptions.TransactionCanceledException as error:
            conditions_held(error)
            raise ContendedError from error  # Somebody else began, or made the member, in between: look again.
        return replace(standing, deleting_since=since)

    def _beginning(self, member_id: str, handle: str | None, since: datetime) -> Any:
        mark = {
            "TableName": self._table,
            "Key": _key(member_id),
            "UpdateExpression": "SET deleting_since = :since",
            "ConditionExpression": "attribute_not_exists(deleting_since) AND "
            + ("handle = :handle" if handle else "attribute_not_exists(handle)"),
            "ExpressionAttributeValues": to_item({":since": to_text(since), ":handle": handle}),
        }
        if handle is None:
            return [{"Update": mark}]
        disown = {
            "TableName": self._table,
            "Key": to_item({"pk": f"handle#{handle}"}),
            "UpdateExpression": "REMOVE member_id, joined_at",
        }
        return [{"Update": mark}, {"Update": disown}]

    def _work(self, member_id: str, standing: _Standing) -> int:
        """Remove what there is, as far as the time allows, and finish when no write can be on its way any more."""
        stop = time.monotonic() + WORK_SECONDS
        while time.monotonic() < stop:
            looked_at = now()
            if not self._sweep(member_id, standing.handle, stop + _LAST_BATCH_SECONDS):
                wait = (standing.deleting_since or looked_at) + OUTLAST - looked_at
                if wait > timedelta(0):
                    return math.ceil(wait.total_seconds())
                self._finish(member_id)
                return 0
        return _ASK_AGAIN_SECONDS

    def _sweep(self, member_id: str, handle: str | None, write_by: float) -> bool:
        """Remove some of what is there; False where nothing was."""
        if handle is None:
            return False
        member = Member(member_id, handle, joined_at=now(), write_by=write_by)
        dwipps = self._dwipps.newest_of(handle, _BATCH, None)
        reactions = self._reactions.rows(member_id, _BATCH, after="0")
        all_at_once(
            [
                *(partial(self._remove, member, dwipp.id) for dwipp in dwipps),
                *(partial(self._reactions.withdraw, member, dwipp_id) for dwipp_id, _ in reactions),
            ]
        )
        return bool(dwipps or reactions)

    def _remove(self, member: Member, dwipp_id: str) -> None:
        # Gone already, where somebody else asked for the same at the same time, or the index lags.
        with suppress(DwippNotFoundError):
            self._dwipps.delete(member, dwipp_id)

    def _finish(self, member_id: str) -> None:
        """Remove the user; before that make sure that the row goes by itself, since nobody can ask again after it."""
        expires_at = int((now() + _TOMBSTONE).timestamp())
        self._update(member_id, "SET expires_at = :value REMOVE handle, joined_at", expires_at)
        self._pool.delete(member_id)
        self._update(member_id, "SET is_over = :value", True)

    def _update(self, member_id: str, expression: str, value: int | bool) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=_key(member_id),
            UpdateExpression=expression,
            ExpressionAttributeValues=to_item({":value": value}),
        )

    def _standing(self, member_id: str) -> _Standing:
        answer = self._client.get_item(TableName=self._table, Key=_key(member_id), ConsistentRead=True)
        return _Standing.of(from_item(answer.get("Item", {})))


def _key(member_id: str) -> Any:
    return to_item({"pk": f"member#{member_id}"})
