"""The log of the moderators' decisions. It shows an entry for one year.

Rows of the safety table:

    pk = log#all                   logged_at, moderator, action, handle, dwipp, until, reason, note, expires_at
    sk = <logged_at>#<random text>

An entry names members by their handles, and never by an email or an id of Cognito. Decisions are rare, so one partition
holds all entries.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from app.aws.items import deserialize, query, serialize
from app.aws.timestamps import from_text, is_timestamp, now, to_text
from app.openapi.formats import ModerationReason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_PK = "log#all"
_ABOVE_ALL_KEYS = "~"
_TOKEN = re.compile("[0-9a-f]{8}")
_SHOWN_FOR = timedelta(days=365)

LogAction = Literal["remove", "dismiss", "suspend", "lift"]


class LogEntry(NamedTuple):
    """A decision of a moderator.

    Attributes:
        at: the time.
        moderator: the handle of the moderator.
        action: what the moderator decided.
        handle: the member whom it concerns.
        dwipp_id: the Dwipp. None for a decision on a member.
        until: the end of a suspension. None without an end.
        reason: the reason. None for the end of a suspension.
        note: the words of the moderator, which only moderators read.
    """

    at: datetime
    moderator: str
    action: LogAction
    handle: str
    dwipp_id: str | None = None
    until: datetime | None = None
    reason: ModerationReason | None = None
    note: str | None = None

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Return the entry in an item."""
        values = deserialize(item)
        until = values.get("until")
        return cls(
            at=from_text(values["logged_at"]),
            moderator=values["moderator"],
            action=values["action"],
            handle=values["handle"],
            dwipp_id=values.get("dwipp"),
            until=from_text(until) if until else None,
            reason=values.get("reason"),
            note=values.get("note"),
        )


class ModerationLog:
    """The repository of the log."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put_request(self, entry: LogEntry) -> Any:
        """Return the put of an entry, for the transaction of its decision."""
        # `at` is a key of the index of the reports, so an entry has another name.
        item = {
            "pk": _PK,
            "sk": f"{to_text(entry.at)}#{secrets.token_hex(4)}",
            "logged_at": to_text(entry.at),
            "moderator": entry.moderator,
            "action": entry.action,
            "handle": entry.handle,
            "dwipp": entry.dwipp_id,
            "until": to_text(entry.until) if entry.until else None,
            "reason": entry.reason,
            "note": entry.note,
            "expires_at": int((entry.at + _SHOWN_FOR).timestamp()),
        }
        return {"Put": {"TableName": self._table, "Item": serialize(item)}}

    def list_latest(self, limit: int, before: str | None) -> list[tuple[str, LogEntry]]:
        """Return entries with their sort keys, newest first.

        Args:
            limit: the maximum number of entries.
            before: the sort key below which the entries begin. None for the newest entries.
        """
        oldest = to_text(now() - _SHOWN_FOR)
        if before is not None and before < oldest:
            return []
        items = query(
            self._client,
            limit + 1,  # BETWEEN includes the entry at `before`.
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :oldest AND :newest",
            ExpressionAttributeValues=serialize({":pk": _PK, ":oldest": oldest, ":newest": before or _ABOVE_ALL_KEYS}),
            ScanIndexForward=False,
        )
        entries = [(deserialize(item)["sk"], LogEntry.from_item(item)) for item in items]
        return [entry for entry in entries if entry[0] != before][:limit]


def is_log_key(text: str) -> bool:
    """Return True if the text is the sort key of an entry."""
    moment, separator, token = text.partition("#")
    return bool(separator) and is_timestamp(moment) and _TOKEN.fullmatch(token) is not None
